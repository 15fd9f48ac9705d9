using Gantry.Clusters.Model;
using Gantry.Maas;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudAccounts;

/// <summary>
/// Has the gateway check a new key of an account that clusters use: the key of another MAAS user would not see or not give back
/// what they hold. A gateway that is away finds out by itself later, and stops for those clusters.
/// </summary>
public sealed class KeyCheck(ConsoleDb db, GatewayPresence presence, PendingRequests requests)
{
    /// <exception cref="ApiException">409: the clusters cannot go on with it. The gateway or MAAS may not answer either.</exception>
    public async Task CheckAsync(string accountUid, MaasCloudAccount? spec, CancellationToken cancellationToken)
    {
        var row = await db.GetAccountAsync(accountUid, cancellationToken);
        var pem = spec?.CaCert ?? row.CaPem;
        MaasCa? ca = null;
        if (
            !MaasApiKey.TryParse(spec?.ApiKey, out var key, out _)
            || !MaasEndpoint.TryParse(spec?.ApiEndpoint ?? row.Endpoint, out var endpoint, out _)
            || (!string.IsNullOrWhiteSpace(pem) && !MaasCa.TryParse(pem, out ca, out _))
            || !await db
                .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
                .AnyAsync(cluster => cluster.AccountUid == accountUid && cluster.DeletedAt == null, cancellationToken)
        )
        {
            return;
        }

        var gateway = await db.GetGatewayAsync(row.GatewayUid, cancellationToken);
        if (!presence.IsOnline(gateway))
        {
            return;
        }

        var destination = MaasKeys.Destination(endpoint, ca);
        var sealedKey = destination.Seal(key.Reveal(), gateway.SealingKey);
        await requests.SendAsync<AccountFacts>(
            gateway,
            id => new GatewayRequest.ValidateAccount(
                id,
                new SealedAccount(new AccountId(accountUid), row.Name, destination.Endpoint, sealedKey, destination.CaPem)
            ),
            cancellationToken
        );
    }
}
