using System.Text;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>Downloads of the calling person's kubeconfig. All three operations give the same one.</summary>
public static class KubeconfigEndpoints
{
    private const int LeastSeconds = 60;
    private const int MostSeconds = 366 * 24 * 3600;

    public static void MapKubeconfigs(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetKubeconfig, DownloadAsync);
        routes.Map(Operations.Clusters.GetKubeconfigClient, DownloadAsync);
        routes.Map(Operations.Clusters.GetAdminKubeconfig, DownloadAsync);
    }

    private static TimeSpan Validity(int seconds) =>
        seconds is >= LeastSeconds and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw ApiError.Invalid("duration", $"{seconds} is not a duration; write {LeastSeconds} to {MostSeconds} seconds");

    private static async Task<IResult> DownloadAsync(
        string uid,
        RequestQuery query,
        ClusterScope scope,
        Kubeconfigs kubeconfigs,
        CancellationToken cancellationToken
    )
    {
        var via = query.Text(QueryParameters.Via);
        var row = await scope.GetAsync(uid, cancellationToken);
        if (row.DeletionRequestedAt is not null || ClusterViews.Status(row) is not { Endpoint: { } endpoint } status)
        {
            throw ApiError.Gone(
                $"Cluster '{row.Name}' has no API server to connect to yet, or no longer; its state is {ClusterViews.State(row)}."
            );
        }

        var kubeconfig = query.Value(QueryParameters.Duration) is { } seconds
            ? await kubeconfigs.IssueAsync(row, endpoint, Validity(seconds), cancellationToken)
            : await kubeconfigs.OfAsync(row, endpoint, cancellationToken);
        var written = via is KubeconfigVia.ControlPlane ? ControlPlaneKubeconfig.Redirect(kubeconfig, status) : kubeconfig;
        return Results.File(Encoding.UTF8.GetBytes(written.ToYaml()), "application/octet-stream", $"{row.Name}.kubeconfig");
    }
}
