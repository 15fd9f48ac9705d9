using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Clusters;

/// <summary>Expiry of the control planes' certificates.</summary>
public static class CertificateEndpoints
{
    public static void MapCertificates(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetCertificates, GetAsync);
        routes.Map(Operations.Clusters.RenewCertificates, RenewAsync);
    }

    private static async Task<Ok<CertificatesAnswer>> GetAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var machines = ClusterViews.Status(await scope.GetAsync(uid, cancellationToken))?.Machines ?? [];
        return TypedResults.Ok(
            new CertificatesAnswer([
                .. machines
                    .Where(machine => machine.CertificatesUntil is not null)
                    .OrderBy(machine => machine.Hostname, StringComparer.Ordinal)
                    .Select(View),
            ])
        );
    }

    private static async Task<NoContent> RenewAsync(
        string uid,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        await store.ApplySpecAsync(
            write,
            row,
            spec => spec with { RenewCertificatesOlderThan = time.NowInMilliseconds() },
            cancellationToken
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // kubeadm creates all of a machine's certificates at once, so one date stands for all of them.
    private static MachineCertificateView View(MachineStatus machine) =>
        new(
            machine.Hostname,
            [
                new CertificateAuthorityView(
                    "kubernetes",
                    Expiry: null,
                    [new CertificateView("kubeadm", machine.CertificatesUntil!.Value)]
                ),
            ]
        );
}
