using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Gateway.Accounts;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Sync;
using Gantry.Maas;
using Gantry.Protocol;

namespace Gantry.Gateway.Requests;

/// <summary>Answers each kind of request. A <see cref="GatewayError"/> goes back to the caller.</summary>
internal sealed class RequestAnswers(
    AccountKeys accounts,
    AccountOpener opener,
    KnownRegions regions,
    DesiredClusters desired,
    ClusterEngine engine,
    GatewayLimits limits
)
{
    private const int MostFurtherClusters = 1000;
    private const int LongestUser = 256;

    public async Task<object> AnswerAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        if (ProblemOf(request) is { } problem)
        {
            return new GatewayError("Invalid", problem);
        }

        try
        {
            return request switch
            {
                GatewayRequest.ValidateAccount validate => await ValidateAsync(validate.Account, cancellationToken),
                GatewayRequest.ListProperties list => await ListPropertiesAsync(list, cancellationToken),
                GatewayRequest.IssueKubeconfig issue => await IssueAsync(issue, cancellationToken),
                GatewayRequest.PlanCluster plan => await engine.PlanAsync(plan.Cluster, cancellationToken),
                GatewayRequest.WhyNot why => await engine.WhyNotAsync(why.Cluster, cancellationToken),
                GatewayRequest.WhatIf more => await engine.WhatIfAsync(more.Cluster, more.Count, cancellationToken),
                GatewayRequest.ListQuarantine => await engine.ListQuarantineAsync(cancellationToken),
                GatewayRequest.AddQuarantine add => await AddAsync(add, cancellationToken),
                GatewayRequest.ClearQuarantine clear => await ClearAsync(clear, cancellationToken),
                GatewayRequest.DismissResidue dismiss => await engine.DismissResidueAsync(dismiss.Cluster, cancellationToken)
                    ? true
                    : new GatewayError("NotFound", $"Nothing is left of the cluster {dismiss.Cluster}."),
                GatewayRequest.AdoptCluster adopt => await AdoptAsync(adopt.Cluster, cancellationToken),
                GatewayRequest.AbandonMachine abandon => await AbandonAsync(abandon, cancellationToken),
                _ => new GatewayError(
                    "Invalid",
                    "This gateway does not know such a question; its version may be older than the console's."
                ),
            };
        }
        catch (RegionException failure)
        {
            return new GatewayError(CodeOf(failure.Failure), failure.Message);
        }
        catch (MaasException failure)
        {
            return Explain(failure);
        }
    }

    // What a console checks before it asks: a console that was taken over does not.
    private static string? ProblemOf(GatewayRequest request)
    {
        if (request is GatewayRequest.WhatIf { Count: < 1 or > MostFurtherClusters })
        {
            return $"count: a number of further clusters is 1 to {MostFurtherClusters}.";
        }

        var spec = request switch
        {
            GatewayRequest.PlanCluster plan => plan.Cluster,
            GatewayRequest.WhyNot why => why.Cluster,
            GatewayRequest.WhatIf more => more.Cluster,
            _ => null,
        };
        return spec is not null && SpecRules.ProblemOf(spec) is { } broken
            ? $"The cluster cannot be asked about: {broken}."
            : null;
    }

    private async Task<object> ValidateAsync(SealedAccount account, CancellationToken cancellationToken)
    {
        if (await regions.RefuseUnknownAsync(account, cancellationToken) is { } refused)
        {
            return refused;
        }

        using var maas = opener.Open(account, KnownRegions.OneAttempt);

        // MAAS returns its version without a key, so the version is read first: a failure after it is about the key, not
        // the connection.
        var version = await maas.Version.GetAsync(cancellationToken);
        if (version.Refusal is { } tooOld)
        {
            return new GatewayError("Invalid", tooOld);
        }

        var user = await maas.Users.WhoAmIAsync(cancellationToken);
        var mismatch = await engine.FindKeyMismatchAsync(account.Id, accounts.OpenRegion(maas), cancellationToken);
        return mismatch is null
            ? new AccountFacts(version.Version, user.Username, user.IsSuperuser) { Warning = version.Warning }
            : new GatewayError("OtherMaasUser", mismatch);
    }

    private async Task<object> ListPropertiesAsync(GatewayRequest.ListProperties request, CancellationToken cancellationToken)
    {
        var account = request.Account;
        if (accounts.FindSealed(account) is not { } known || accounts.FindClient(account) is not { } maas)
        {
            return new GatewayError("NotFound", $"Account {account} has not reached this gateway yet; try again in a moment.");
        }

        if (await regions.RefuseUnknownAsync(known, cancellationToken) is { } refused)
        {
            return refused;
        }

        var zones = maas.Zones.ListAsync(cancellationToken);
        var pools = maas.ResourcePools.ListAsync(cancellationToken);
        var domains = maas.Domains.ListAsync(cancellationToken);
        var subnets = maas.Subnets.ListAsync(cancellationToken);
        var tags = maas.Tags.ListAsync(cancellationToken);
        var region = accounts.Find(account)!;
        var images = region.ListImagesAsync(cancellationToken);
        var machines = request.WithSizes
            ? region.ListMachinesAsync(cancellationToken)
            : Task.FromResult<IReadOnlyList<RegionMachine>>([]);
        await Task.WhenAll(zones, pools, domains, subnets, tags, images, machines);
        return new AccountProperties(
            [.. (await zones).Select(zone => new NamedId($"{zone.Id}", zone.Name))],
            [.. (await pools).Select(pool => new NamedId($"{pool.Id}", pool.Name))],
            [.. (await domains).Select(domain => new NamedId($"{domain.Id}", domain.Name))],
            [
                .. (await subnets).Select(subnet => new SubnetChoice(
                    $"{subnet.Id}",
                    subnet.Name,
                    subnet.Cidr,
                    subnet.Vlan?.Name ?? "",
                    subnet.Vlan?.Fabric ?? ""
                )),
            ],
            [.. (await tags).Select(tag => tag.Name)],
            [
                .. (await images)
                    .Where(image => image.Unreadable is null)
                    .Select(image => image.Name)
                    .Distinct(StringComparer.Ordinal),
            ]
        )
        {
            Sizes = request.WithSizes ? Sizes(await machines) : null,
        };
    }

    private async Task<object> AddAsync(GatewayRequest.AddQuarantine request, CancellationToken cancellationToken) =>
        await engine.AddQuarantineAsync(request.Account, request.Machine, request.Reason, cancellationToken) is { } entry
            ? entry
            : new GatewayError("NotFound", $"MAAS shows this account no machine {request.Machine}.");

    private static MachineSize[] Sizes(IReadOnlyList<RegionMachine> machines) =>
        [
            .. machines
                .Where(machine => machine.Unreadable is null)
                .Select(machine => new MachineSize(
                    machine.CpuCount,
                    machine.MemoryMiB,
                    (int)(machine.Disks.DefaultIfEmpty().Max() / 1_000_000_000)
                ))
                .Distinct()
                .OrderByDescending(size => size.Cpu)
                .ThenByDescending(size => size.MemoryMiB)
                .ThenByDescending(size => size.DiskGB),
        ];

    private async Task<object> ClearAsync(GatewayRequest.ClearQuarantine request, CancellationToken cancellationToken) =>
        await engine.ClearQuarantineAsync(request.Account, request.Machine, request.Commission, cancellationToken)
            ? true
            : new GatewayError("NotFound", $"The machine {request.Machine} is not in quarantine.");

    private async Task<object> AdoptAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        desired.Find(cluster) is { } spec
            ? await engine.AdoptAsync(spec, cancellationToken)
            : new GatewayError("NotFound", $"Cluster {cluster} is not known to this gateway.");

    private async Task<object> AbandonAsync(GatewayRequest.AbandonMachine request, CancellationToken cancellationToken)
    {
        await engine.AbandonAsync(request.Cluster, request.Machine, cancellationToken);
        return true;
    }

    private async Task<object> IssueAsync(GatewayRequest.IssueKubeconfig request, CancellationToken cancellationToken)
    {
        // Kubernetes reserves names that begin with system:, and the name becomes part of a certificate and a file.
        if (
            string.IsNullOrWhiteSpace(request.User)
            || request.User.Length > LongestUser
            || request.User.Any(char.IsControl)
            || request.User.StartsWith("system:", StringComparison.OrdinalIgnoreCase)
        )
        {
            return new GatewayError(
                "Invalid",
                "user: this cannot be the name in a kubeconfig; write a person's or a robot's name."
            );
        }

        var longest = TimeSpan.FromHours(limits.KubeconfigHours);
        var validity = request.Validity > longest || request.Validity <= TimeSpan.Zero ? longest : request.Validity;
        if (await engine.IssueKubeconfigAsync(request.Cluster, request.User, validity, cancellationToken) is { } issued)
        {
            return new IssuedKubeconfig(issued.Kubeconfig, issued.ExpiresAt);
        }

        return desired.Find(request.Cluster) is { } cluster
            ? new GatewayError("NotReady", $"Cluster '{cluster.Name}' has no API server yet; wait until its control plane is up.")
            : new GatewayError("NotFound", $"Cluster {request.Cluster} is not known to this gateway.");
    }

    private static string CodeOf(RegionFailure failure) =>
        failure switch
        {
            RegionFailure.CredentialsRejected => "CredentialsRejected",
            RegionFailure.Unreachable => "Unreachable",
            RegionFailure.NotFound => "NotFound",
            _ => "Invalid",
        };

    private static GatewayError Explain(MaasException failure) =>
        failure switch
        {
            MaasCredentialsRejectedException => new GatewayError("CredentialsRejected", failure.Message),
            MaasForbiddenException => new GatewayError("Invalid", $"MAAS does not let this key's user do it: {failure.Message}"),
            MaasGoneException => new GatewayError(
                "Unreachable",
                "No MAAS API 2.0 answers at this address: write it as http://maas.example:5240/MAAS."
            ),
            _ => new GatewayError("Unreachable", failure.Message),
        };
}
