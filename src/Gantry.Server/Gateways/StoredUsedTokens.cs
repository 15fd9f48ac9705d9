using Gantry.Protocol;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>
/// Stores used tokens in rows, for all consoles on one store and for the next start. Housekeeping deletes them once their age
/// alone gets them refused.
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

/// <summary>As <see cref="StoredUsedTokens"/>, in the queue of the store's writers.</summary>
public sealed class QueuedUsedTokens(ConsoleDb db, IWriteGate gate) : IUsedTokens
{
    private readonly StoredUsedTokens _stored = new(db);

    public async ValueTask<bool> TryUseAsync(
        string id,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await gate.BeginAsync(db, cancellationToken);
        var isNew = await _stored.TryUseAsync(id, until, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return isNew;
    }
}
