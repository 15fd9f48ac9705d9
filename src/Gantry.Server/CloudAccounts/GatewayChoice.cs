using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudAccounts;

/// <summary>The gateway of a request that may omit it.</summary>
public static class GatewayChoice
{
    /// <param name="uid">Null or empty: the only gateway.</param>
    public static async Task<GatewayRow> ForAsync(ConsoleDb db, string? uid, string field, CancellationToken cancellationToken)
    {
        var gateways = await db.Gateways.AsNoTracking().Where(row => row.RevokedAt == null).ToListAsync(cancellationToken);
        if (!string.IsNullOrEmpty(uid))
        {
            return gateways.Find(row => row.Uid == uid)
                ?? throw ApiError.Invalid(field, $"there is no gateway '{ApiError.Shown(uid)}'; GET /v1/overlords lists them");
        }

        return gateways switch
        {
            [var only] => only,
            [] => throw ApiError.Invalid(field, "no gateway is paired yet; pair one first"),
            _ => throw ApiError.Invalid(field, $"is missing, and there are {gateways.Count} gateways; write the uid of one"),
        };
    }
}
