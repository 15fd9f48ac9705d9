using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Clusters;

public sealed record CertificateView(string Name, DateTimeOffset Expiry);

/// <param name="Expiry">Of the authority itself; absent: its gateway does not tell.</param>
public sealed record CertificateAuthorityView(string Name, DateTimeOffset? Expiry, IReadOnlyList<CertificateView> Certificates);

/// <param name="Name">Host name.</param>
public sealed record MachineCertificateView(string Name, IReadOnlyList<CertificateAuthorityView> CertificateAuthorities);

public sealed record CertificatesAnswer(IReadOnlyList<MachineCertificateView> MachineCertificates);

/// <summary>When the certificates of control planes end.</summary>
public static class CertificateEndpoints
{
    public static void MapCertificates(this IEndpointRouteBuilder routes)
    {
        var certificates = routes.MapGroup("/v1/spectroclusters/{uid}/k8certificates").WithTags("Clusters");
        certificates.MapGet("", GetAsync).WithName("v1SpectroClustersK8Certificate");
        certificates.MapPatch("/renew", RenewAsync).WithName("v1SpectroClustersCertificatesRenew");
    }

    private static async Task<Ok<CertificatesAnswer>> GetAsync(string uid, ClusterScope scope, CancellationToken cancellationToken)
    {
        var machines = ClusterViews.Status(await scope.GetAsync(uid, cancellationToken))?.Machines ?? [];
        return TypedResults.Ok(new CertificatesAnswer(
            [.. machines.Where(machine => machine.CertificatesUntil is not null).OrderBy(machine => machine.Hostname, StringComparer.Ordinal).Select(View)]));
    }

    private static async Task<NoContent> RenewAsync(
        string uid, ClusterScope scope, ClusterStore store, Changes changes, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, cancellationToken);
        await store.ApplySpecAsync(write, row, spec => spec with { RenewCertificatesOlderThan = time.NowInMilliseconds() }, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // kubeadm makes all of a machine's certificates at once, so one date stands for all of them.
    private static MachineCertificateView View(MachineStatus machine) => new(
        machine.Hostname,
        [new CertificateAuthorityView("kubernetes", Expiry: null, [new CertificateView("kubeadm", machine.CertificatesUntil!.Value)])]);
}
