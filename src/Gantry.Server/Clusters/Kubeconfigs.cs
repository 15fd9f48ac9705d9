using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// The kubeconfig of a cluster for the calling person. Its gateway issues it; the console keeps it, sealed, and gives the same one
/// until half of its life is over: clients that read it at every run see no change, and the audit has one entry for all of them.
/// While the gateway is away, it is given until it expires.
/// </summary>
public sealed class Kubeconfigs(
    ConsoleDb db,
    Caller caller,
    PendingRequests requests,
    Changes changes,
    KubeconfigSeal seal,
    TimeProvider time
)
{
    private static readonly TimeSpan Validity = TimeSpan.FromHours(24);

    /// <exception cref="ApiException">
    /// 404: the gateway is away, and no kept one is valid. Clients read this as "not there now", and read the cluster's other parts.
    /// </exception>
    public async Task<Kubeconfig> OfAsync(ClusterRow cluster, ApiEndpoint endpoint, CancellationToken cancellationToken)
    {
        var gateway = await db.GetGatewayAsync(cluster.GatewayUid, cancellationToken);
        var kept = await FindAsync(cluster, endpoint, cancellationToken);
        if (kept is { IsRecent: true })
        {
            return kept.Kubeconfig;
        }

        if (requests.FindAbsence(gateway) is { } absence)
        {
            return kept?.Kubeconfig
                ?? throw ApiError.Gone(
                    $"There is no valid kubeconfig of cluster '{cluster.Name}' for {caller.Name}, and none can be issued: {absence}"
                );
        }

        try
        {
            var issued = await requests.SendAsync<IssuedKubeconfig>(
                gateway,
                id => new GatewayRequest.IssueKubeconfig(id, new ClusterId(cluster.Uid), caller.Name, Validity),
                cancellationToken
            );
            return await KeepAsync(cluster, endpoint, issued, cancellationToken);
        }
        catch (ApiException unanswered) when (kept is not null && unanswered.Status is StatusCodes.Status424FailedDependency)
        {
            return kept.Kubeconfig;
        }
    }

    /// <summary>A kubeconfig of its own for a given time, which is not kept.</summary>
    public async Task<Kubeconfig> IssueAsync(
        ClusterRow cluster,
        ApiEndpoint endpoint,
        TimeSpan validity,
        CancellationToken cancellationToken
    )
    {
        var issued = await requests.SendAsync<IssuedKubeconfig>(
            await db.GetGatewayAsync(cluster.GatewayUid, cancellationToken),
            id => new GatewayRequest.IssueKubeconfig(id, new ClusterId(cluster.Uid), caller.Name, validity),
            cancellationToken
        );
        var fresh = Fresh(issued, cluster, endpoint);
        await using var write = await changes.BeginAsync(cancellationToken);
        Record(write, cluster, issued);
        await write.CommitAsync(cancellationToken);
        return fresh;
    }

    private static void Record(AuditedWrite write, ClusterRow cluster, IssuedKubeconfig issued) =>
        write.Record(AuditAction.Action, ClusterStore.About(cluster), after: new { kubeconfig = "issued", issued.ExpiresAt });

    private Kubeconfig Fresh(IssuedKubeconfig issued, ClusterRow cluster, ApiEndpoint endpoint) =>
        Read(issued.Yaml, cluster, endpoint)
        ?? throw ApiError.GatewayAway(
            $"The gateway of cluster '{cluster.Name}' answered something else than a kubeconfig for {caller.Name} at the "
                + "cluster's endpoint; it is withheld. Check the gateway: its version may not fit, or somebody else runs it."
        );

    private async Task<Kubeconfig> KeepAsync(
        ClusterRow cluster,
        ApiEndpoint endpoint,
        IssuedKubeconfig issued,
        CancellationToken cancellationToken
    )
    {
        var fresh = Fresh(issued, cluster, endpoint);
        await using var write = await changes.BeginAsync(cancellationToken);
        if (await FindAsync(cluster, endpoint, cancellationToken) is { IsRecent: true } first)
        {
            // Another request of the same person was answered meanwhile.
            return first.Kubeconfig;
        }

        var now = time.GetUtcNow();
        var ends = issued.ExpiresAt < now + Validity ? issued.ExpiresAt : now + Validity;
        await Kept(cluster).ExecuteDeleteAsync(cancellationToken);
        db.Kubeconfigs.Add(
            new KubeconfigRow
            {
                ClusterUid = cluster.Uid,
                UserUid = caller.Uid,
                Sealed = seal.Close(fresh.ToYaml(), (cluster.Uid, caller.Uid)),
                GivenUntil = now + ((ends - now) / 2),
                ExpiresAt = ends,
            }
        );
        Record(write, cluster, issued);
        await write.CommitAsync(cancellationToken);
        return fresh;
    }

    private async Task<KeptKubeconfig?> FindAsync(ClusterRow cluster, ApiEndpoint endpoint, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return
            await Kept(cluster).AsNoTracking().SingleOrDefaultAsync(row => row.ExpiresAt > now, cancellationToken) is { } row
            && Read(seal.Open(row.Sealed, (cluster.Uid, caller.Uid)), cluster, endpoint) is { } kubeconfig
            ? new KeptKubeconfig(kubeconfig, row.GivenUntil > now)
            : null;
    }

    private IQueryable<KubeconfigRow> Kept(ClusterRow cluster) =>
        db.Kubeconfigs.Where(row => row.ClusterUid == cluster.Uid && row.UserUid == caller.Uid);

    // A kubeconfig can name programs that kubectl runs. What a gateway answers is read and written anew, so that nothing else
    // of it reaches the caller.
    private Kubeconfig? Read(string? yaml, ClusterRow cluster, ApiEndpoint endpoint) =>
        Kubeconfig.TryParse(yaml, out var kubeconfig)
        && kubeconfig.Cluster == cluster.Name
        && kubeconfig.User == caller.Name
        && kubeconfig.TlsServerName is null
        && kubeconfig.IsFor(endpoint.Host, endpoint.Port)
            ? kubeconfig
            : null;

    private sealed record KeptKubeconfig(Kubeconfig Kubeconfig, bool IsRecent);
}
