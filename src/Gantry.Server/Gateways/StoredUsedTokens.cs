using Gantry.Protocol;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>
/// Stores used tokens in rows, for all consoles on one store. Housekeeping deletes them once their age alone gets them
/// refused.
/// </summary>
public sealed class StoredUsedTokens(ConsoleDb db) : IUsedTokens
{
    public async ValueTask<bool> TryUseAsync(
        string id,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var milliseconds = until.ToUnixTimeMilliseconds();
        return await db.Database.ExecuteSqlAsync(
            $"""insert into "UsedTokens" ("Id", "Until") values ({id}, {milliseconds}) on conflict do nothing""",
            cancellationToken
        )
            is 1;
    }
}
