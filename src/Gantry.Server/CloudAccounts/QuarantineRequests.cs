using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Gateways;
using Gantry.Server.Store;

namespace Gantry.Server.CloudAccounts;

/// <summary>Has a gateway put machines into quarantine: what it acknowledges is in its ledger.</summary>
public sealed class QuarantineRequests(ConsoleDb db, PendingRequests requests, Changes changes, Caller caller)
{
    /// <param name="machine">System id or host name.</param>
    /// <exception cref="ApiException">The gateway is away, or MAAS shows the account no such machine.</exception>
    public async Task<QuarantineEntry> AddAsync(
        AccountRow account,
        string machine,
        string reason,
        CancellationToken cancellationToken
    )
    {
        var gateway = await db.GetGatewayAsync(account.GatewayUid, cancellationToken);
        var entry = await requests.SendAsync<QuarantineEntry>(
            gateway,
            id => new GatewayRequest.AddQuarantine(id, new AccountId(account.Uid), machine, reason),
            cancellationToken
        );
        await using var write = await changes.BeginAsync(cancellationToken);
        write.Record(
            AuditAction.Action,
            new Subject("cloudaccount", account.Uid, account.Name, account.ProjectUid),
            after: new { quarantined = entry.Machine.Value, entry.Reason },
            request: $"machine {entry.Hostname} put into quarantine"
        );
        await write.CommitAsync(cancellationToken);
        return entry;
    }

    /// <summary>Puts machines of a cluster into quarantine before they are replaced.</summary>
    public async Task AddReplacedAsync(ClusterRow cluster, IEnumerable<string> machines, CancellationToken cancellationToken)
    {
        var account = await db.GetAccountAsync(cluster.AccountUid, cancellationToken);
        foreach (var machine in machines)
        {
            await AddAsync(account, machine, $"{caller.Name} had it replaced in {cluster.Name}", cancellationToken);
        }
    }
}
