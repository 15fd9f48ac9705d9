using System.Text;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// Kubeconfigs: issued by the gateway for the calling user, passed through, never stored, expired after a day.
/// </summary>
public static class KubeconfigEndpoints
{
    private static readonly TimeSpan Validity = TimeSpan.FromHours(24);

    public static void MapKubeconfigs(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetKubeconfig, DownloadAsync);
        routes.Map(Operations.Clusters.GetKubeconfigClient, DownloadAsync);
        routes.Map(Operations.Clusters.GetAdminKubeconfig, DownloadAsync);
    }

    private static async Task<IResult> DownloadAsync(
        string uid,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        Caller caller,
        PendingRequests requests,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var via = query.Text(QueryParameters.Via);
        var row = await scope.GetAsync(uid, cancellationToken);
        if (row.DeletionRequestedAt is not null || ClusterViews.Status(row) is not { Endpoint: not null } status)
        {
            throw ApiError.Gone(
                $"Cluster '{row.Name}' has no API server to connect to yet, or no longer; its state is {ClusterViews.State(row)}."
            );
        }

        var gateway = await db.GetGatewayAsync(row.GatewayUid, cancellationToken);
        var issued = await requests.SendAsync<IssuedKubeconfig>(
            gateway,
            id => new GatewayRequest.IssueKubeconfig(id, new ClusterId(uid), caller.Name, Validity),
            cancellationToken
        );
        var kubeconfig = Known(issued.Yaml, row.Name, caller.Name, status.Endpoint);
        await using (var write = await changes.BeginAsync(cancellationToken))
        {
            write.Record(AuditAction.Action, ClusterStore.About(row), after: new { kubeconfig = "issued", issued.ExpiresAt });
            await write.CommitAsync(cancellationToken);
        }

        var written = via is KubeconfigVia.ControlPlane ? ControlPlaneKubeconfig.Redirect(kubeconfig, status) : kubeconfig;
        return Results.File(Encoding.UTF8.GetBytes(written.ToYaml()), "application/octet-stream", $"{row.Name}.kubeconfig");
    }

    // A kubeconfig can name programs that kubectl runs. What a gateway answers is read and written anew, so that nothing else
    // of it reaches the caller.
    private static Kubeconfig Known(string yaml, string cluster, string user, ApiEndpoint endpoint) =>
        Kubeconfig.TryParse(yaml, out var kubeconfig)
        && kubeconfig.Cluster == cluster
        && kubeconfig.User == user
        && kubeconfig.TlsServerName is null
        && kubeconfig.IsFor(endpoint.Host, endpoint.Port)
            ? kubeconfig
            : throw ApiError.GatewayAway(
                $"The gateway of cluster '{cluster}' answered something else than a kubeconfig for {user} at the cluster's "
                    + "endpoint; it is withheld. Check the gateway: its version may not fit, or somebody else runs it."
            );
}
