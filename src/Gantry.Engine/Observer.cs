using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>Observes MAAS and the cluster's API server, and records in the ledger what the observation changes.</summary>
internal static class Observer
{
    /// <summary>How long a look at an endpoint counts.</summary>
    public static readonly TimeSpan ReachHolds = TimeSpan.FromMinutes(3);

    // Bounds the calls of one observation when a region has lost many machines.
    private const int UnlistedAtOnce = 5;

    /// <param name="lists">Whether MAAS is asked for its machines, unless the list is new enough for the cluster's state.</param>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public static async Task<ClusterObservation> ObserveAsync(RunScope run, bool lists, CancellationToken cancellationToken)
    {
        var options = run.State.Options;
        var settled =
            run.Record is { Formed: true, Failures: 0 }
            && run.Spec.Deletion is null
            && run.Record.Members.All(member => member.State is MachineState.Ready);
        if (lists)
        {
            await (
                settled
                    ? run.View.RefreshForRunAsync(options.WhileStuck, [], cancellationToken)
                    : run.View.RefreshForRunAsync(
                        options.WhileInProgress,
                        [.. run.Record.Members.Select(member => member.Machine)],
                        cancellationToken
                    )
            );
        }

        await Ownership.CheckAsync(run, cancellationToken);
        await TakeGivenEndpointAsync(run, cancellationToken);
        await ObserveUnlistedAsync(run, cancellationToken);
        await ObserveScriptsAsync(run, cancellationToken);

        await ObserveEndpointAsync(run, settled, cancellationToken);
        var nodes = run.Spec.Deletion is null or { Drain: true, Force: false }
            ? await ObserveNodesAsync(run, cancellationToken)
            : new Observation<IReadOnlyList<WorkloadNode>>.Unknown("the cluster is deleted");
        var api = await ObserveApiAsync(run, nodes, cancellationToken);
        var lease = ObserveVirtualIpAsync(run, cancellationToken);
        var etcd = await ObserveEtcdAsync(run, cancellationToken);
        var virtualIp = await lease;
        var image = await ObserveImageAsync(run, etcd, cancellationToken);
        await ObserveHoldingsAsync(run, cancellationToken);
        await ObserveAddonsAsync(run, nodes, cancellationToken);
        var site = await ObserveEndpointSiteAsync(run, cancellationToken);
        var before = Observations.Describe(run, nodes, api, etcd, virtualIp, image) with { EndpointSite = site };
        var now = run.Now;
        foreach (var seen in before.Members)
        {
            var member = Adopt(run, seen, MachineLife.Observe(seen, before, options.Limits, now));
            if (member != seen.Member)
            {
                await RecordPackagesAsync(run, seen, member, cancellationToken);
                var lost = LossOf(run, seen.Member, member);
                await (lost is null ? run.SaveAsync(member, cancellationToken) : run.LoseAsync(lost, cancellationToken));
                RecordEvent(run, seen.Member, member, lost);
                await RecordTimingAsync(run, seen.Member, member, cancellationToken);
                if (seen.Member.JoinedAt is null && member.JoinedAt is not null)
                {
                    await Ownership.MarkInstalledAsync(run, member, cancellationToken);
                }
            }
        }

        return Observations.Describe(run, nodes, api, etcd, virtualIp, image) with
        {
            EndpointSite = site,
        };
    }

    // What MAAS shows of an endpoint that it does not let the account see says nothing.
    private static async Task<EndpointSite> ObserveEndpointSiteAsync(RunScope run, CancellationToken cancellationToken)
    {
        var asks =
            run.Spec.Endpoint
            is EndpointChoice.MaasDns
                or EndpointChoice.VirtualIp { Address: not null }
                or EndpointChoice.VirtualIp { Subnet: not null };
        if (!asks || run.Record.Endpoint is not null || run.Spec.Deletion is not null)
        {
            return EndpointSite.Unknown;
        }

        try
        {
            return await run.View.DescribeEndpointAsync(run.Spec.Endpoint, EndpointSiteHolds, cancellationToken);
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Forbidden or RegionFailure.NotFound or RegionFailure.Invalid)
        {
            return EndpointSite.Unknown;
        }
    }

    /// <summary>A person who has mended the place of an endpoint in MAAS waits this long at most.</summary>
    private static readonly TimeSpan EndpointSiteHolds = TimeSpan.FromSeconds(30);

    private static async Task RecordPackagesAsync(
        RunScope run,
        MemberObservation before,
        Member member,
        CancellationToken cancellationToken
    )
    {
        if (member is { State: MachineState.Failed, LacksPackages: true } && before.Member.State is not MachineState.Failed)
        {
            var text = before.Maas.ValueOrDefault?.Script?.Text ?? "";
            var failure = PackageFailure.After(run.Record.PackageFailure, member, text, run.State.Options.Limits, run.Now);
            await run.SaveAsync(run.Record with { PackageFailure = failure }, cancellationToken);
        }
        else if (before.Member.JoinedAt is null && member.JoinedAt is not null && run.Record.PackageFailure is not null)
        {
            await run.SaveAsync(run.Record with { PackageFailure = null }, cancellationToken);
        }
    }

    // As long as nothing of the cluster exists, the endpoint may become another.
    private static async Task TakeGivenEndpointAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Spec.Deletion is not null || (run.Record.Endpoint is not null && !run.Record.IsUntouched))
        {
            return;
        }

        var endpoint = run.Spec.Endpoint is EndpointChoice.Given given
            ? new EndpointRecord(EndpointKind.Given, given.Host.Value, given.Port, true, [])
            : null;
        if (run.Record.Endpoint != endpoint)
        {
            await run.SaveAsync(run.Record with { Endpoint = endpoint }, cancellationToken);
        }
    }

    // A node from before builds were recorded counts as installed with the current build. A machine that joins has one in the
    // ledger, unless that was put back. A machine that meets changed constraints is recorded as placed for them.
    private static Member Adopt(RunScope run, MemberObservation seen, Member member)
    {
        if (seen.Node is Observation<NodeFacts>.Present { Value.Name: var name } && name != member.NodeName)
        {
            member = member with { NodeAs = name == Member.NodeNameOf(member.Hostname) ? null : name };
        }

        if (run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is not { } pool)
        {
            return member;
        }

        if (member.Build is null && member.State is MachineState.Joining or MachineState.Ready or MachineState.NotReady)
        {
            var wanted = NodeBuild.Of(run.Installs, pool, run.State.Ports.Documents.Template);
            member = member with { Build = member.State is MachineState.Joining ? wanted.WithUnknownSettings() : wanted };
        }

        if (
            seen.Node is Observation<NodeFacts>.Present { Value: { Ready: true, KubeletVersion: { Length: > 0 } kubelet } }
            && KubernetesVersion.TryParse(kubelet, out var version)
            && version != member.Runs
        )
        {
            member = member with { Runs = version };
        }

        if (member is { JoinedAt: null, State: MachineState.Ready or MachineState.NotReady })
        {
            member = member with { JoinedAt = member.Since };
        }

        var digest = NodeBuild.DigestOf(pool.Placement);
        return
            member.PlacedFor != digest
            && seen.Maas.ValueOrDefault?.Hardware is { } hardware
            && (member.PlacedFor is null || Placement.Mismatch(pool.Placement, hardware) is null)
            ? member with
            {
                PlacedFor = digest,
            }
            : member;
    }

    // Somebody may have deleted an object of an add-on, and the plan applies the manifests again then.
    private static async Task ObserveAddonsAsync(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        CancellationToken cancellationToken
    )
    {
        if (run.Spec.Deletion is not null || run.Record.AppliedAddons != run.Spec.Addons.Digest)
        {
            return;
        }

        if (run.Record.AddonObjects is null && run.State.FindAddonObjects(run.Spec.Addons) is { } wanted)
        {
            // The manifests were applied before there was an inventory.
            await run.SaveAsync(run.Record with { AddonObjects = wanted }, cancellationToken);
        }

        var interval = nodes.ValueOrDefault?.Any(node => node.AwaitsNetwork) is true
            ? run.State.Options.AddonsForNetwork
            : run.State.Options.Addons;
        if (
            run.Workload is { } workload
            && run.Record.AddonObjects is { Count: > 0 } applied
            && run.Journal.TryTakeAddonObservation(run.Spec.Id, interval)
        )
        {
            try
            {
                run.State.MissingAddons[run.Spec.Id] =
                [
                    .. await workload.ListMissingAsync([.. applied.Where(one => !one.Ends)], cancellationToken),
                ];
            }
            catch (WorkloadException)
            {
                // Nobody could say; the last look counts until the next one.
            }
        }
    }

    // A node can be Ready while its member of etcd is gone, raises an alarm or does not answer, so etcd is asked in each run.
    private static async Task<Observation<EtcdFacts>> ObserveEtcdAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Workload is null)
        {
            return run.Record.Initialized
                ? new Observation<EtcdFacts>.Unknown("the API server does not answer")
                : new Observation<EtcdFacts>.Absent();
        }

        try
        {
            var members = await run.Workload.ListEtcdAsync(cancellationToken);
            return new Observation<EtcdFacts>.Present(new EtcdFacts(members));
        }
        catch (WorkloadException silent)
        {
            return new Observation<EtcdFacts>.Unknown(silent.Message);
        }
    }

    // Who is ready is looked at while the holder of the address leaves: the API server of a machine that is not in etcd is up, and useless.
    private static async Task<Observation<VirtualIpFacts>> ObserveVirtualIpAsync(
        RunScope run,
        CancellationToken cancellationToken
    )
    {
        if (run.Record.Endpoint is not { Kind: EndpointKind.ReservedAddress })
        {
            return new Observation<VirtualIpFacts>.Absent();
        }

        if (run.Workload is not { } workload)
        {
            return new Observation<VirtualIpFacts>.Unknown("the API server does not answer");
        }

        try
        {
            if (await workload.FindVirtualIpAsync(cancellationToken) is not { } facts)
            {
                return new Observation<VirtualIpFacts>.Absent();
            }

            run.State.VirtualIps[run.Spec.Id] = facts;
            var controlPlanes = run.Record.Members.Where(member => member.Role is PoolRole.ControlPlane).ToList();
            if (
                !controlPlanes.Exists(member => !member.Stays && (member.HandOver is not null || member.NodeName == facts.Holder))
            )
            {
                return new Observation<VirtualIpFacts>.Present(facts);
            }

            var addresses = controlPlanes.Where(member => member.JoinedAt is not null).SelectMany(member => member.Addresses);
            var reach = await workload.ProbeEndpointAsync([.. addresses], cancellationToken);
            return new Observation<VirtualIpFacts>.Present(facts with { Reach = reach });
        }
        catch (WorkloadException silent)
        {
            // One answer that is missed makes no holder leave with the address.
            return run.State.VirtualIps.TryGetValue(run.Spec.Id, out var last)
                ? new Observation<VirtualIpFacts>.Present(last)
                : new Observation<VirtualIpFacts>.Unknown(silent.Message.TrimEnd('.'));
        }
    }

    // Expiring certificates start a replacement in a settled cluster, and a replacement needs the members of etcd.
    private static bool CertificatesEnd(RunScope run) =>
        run.Record.Members.Any(member =>
            member.Role is PoolRole.ControlPlane
            && member.JoinedAt is { } joined
            && joined + run.State.Options.Limits.CertificateLife - run.Now < run.State.Options.Limits.AnnounceCertificates
        );

    // A machine that is missing from the list may still exist. Only MAAS's answer for that machine proves that it is gone.
    private static async Task ObserveUnlistedAsync(RunScope run, CancellationToken cancellationToken)
    {
        var unlisted = run.Record.Members.Where(member =>
            member.State is not MachineState.Selected && run.View.Find(member.Machine) is null
        );
        foreach (var member in unlisted.Take(UnlistedAtOnce).ToList())
        {
            try
            {
                run.Unlisted[member.Machine] = await run.Region.FindAsync(member.Machine, cancellationToken);
            }
            catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
            {
                // The machine stays unknown; the rest of the observation continues.
            }
        }
    }

    // MAAS is asked once for each failure that a machine reports before it is a node: most of them are other parts of cloud-init.
    private static async Task ObserveScriptsAsync(RunScope run, CancellationToken cancellationToken)
    {
        foreach (var member in run.Record.Members.Where(member => member is { State: MachineState.Joining, JoinedAt: null }))
        {
            if (run.View.Find(member.Machine) is not { ReportsFailure: true } machine)
            {
                run.State.Scripts.TryRemove(member.Machine, out _);
            }
            else if (!run.State.Scripts.TryGetValue(member.Machine, out var known) || known.Reported != machine.StatusMessage)
            {
                try
                {
                    run.State.Scripts[member.Machine] = new ScriptReport(
                        machine.StatusMessage,
                        await run.Region.FindNodeReportAsync(member.Machine, cancellationToken)
                    );
                }
                catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
                {
                    // The limit for joining still holds; the next run asks again.
                }
            }
        }
    }

    // Before kubeadm init there are no nodes. Afterwards, nodes are unknown while the API server does not answer.
    private static async Task<Observation<IReadOnlyList<WorkloadNode>>> ObserveNodesAsync(
        RunScope run,
        CancellationToken cancellationToken
    )
    {
        var record = run.Record;
        var begun =
            record.Initialized || record.Members.Any(member => member is { Initializes: true, State: MachineState.Joining });
        if (!begun || record.Endpoint is not { Taken: true })
        {
            return new Observation<IReadOnlyList<WorkloadNode>>.Absent();
        }

        try
        {
            var secrets = await run.GetSecretsAsync(cancellationToken);
            var serving = record
                .Members.Where(member =>
                    member.Role is PoolRole.ControlPlane
                    && member.State is MachineState.Ready or MachineState.NotReady or MachineState.Joining
                    && (record.Initialized || member.Initializes)
                )
                .ToList();

            // A machine that joined without being told its network has etcd at whichever address its default route had.
            string[] addresses =
            [
                .. serving.SelectMany(member => member.Addresses.Take(1)),
                .. serving.SelectMany(member => member.Addresses.Skip(1)),
            ];
            var workload = run.Journal.OpenWorkload(record, secrets, addresses);
            if (!record.Initialized)
            {
                if (!await workload.IsInitializedAsync(cancellationToken))
                {
                    return new Observation<IReadOnlyList<WorkloadNode>>.Absent();
                }

                var build = record.Members.FirstOrDefault(member => member.Initializes)?.Build;
                var version = build?.KubernetesVersion ?? run.Spec.KubernetesVersion;
                await run.SaveAsync(
                    run.Record with
                    {
                        Initialized = true,
                        Version = version,
                        KubeadmVersion = new KubeadmVersionState.Known(version),
                        ControlPlaneSettings = build?.ControlPlaneSettings ?? [],
                    },
                    cancellationToken
                );
                run.RecordEvent(EventSeverity.Info, "Initialized", "the first control plane serves the API");
            }

            if (run.Record.Version is null)
            {
                // The cluster was initialized before versions were recorded, so it has the desired version.
                await run.SaveAsync(
                    run.Record with
                    {
                        Version = run.Spec.KubernetesVersion,
                        KubeadmVersion = new KubeadmVersionState.Known(run.Spec.KubernetesVersion),
                    },
                    cancellationToken
                );
            }

            var nodes = await workload.ListNodesAsync(cancellationToken);
            run.Workload = workload;
            return new Observation<IReadOnlyList<WorkloadNode>>.Present(nodes);
        }
        catch (WorkloadException silent)
        {
            return run.Record.Initialized
                ? new Observation<IReadOnlyList<WorkloadNode>>.Unknown(silent.Message)
                : new Observation<IReadOnlyList<WorkloadNode>>.Absent();
        }
    }

    // An endpoint that an operator keeps may reach nobody, or only a control plane that is about to leave.
    private static async Task ObserveEndpointAsync(RunScope run, bool settled, CancellationToken cancellationToken)
    {
        if (
            run.Record.Endpoint is not { Kind: EndpointKind.Given }
            || run.Spec.Deletion is not null
            || !run.Journal.TryTakeEndpointObservation(run.Spec.Id, EndpointInterval(run, settled))
        )
        {
            return;
        }

        string[] addresses =
        [
            .. run
                .Record.Members.Where(member =>
                    member.Role is PoolRole.ControlPlane
                    && member.State
                        is MachineState.Ready
                            or MachineState.NotReady
                            or MachineState.Draining
                            or MachineState.Joining
                )
                .SelectMany(member => member.Addresses.Take(1)),
        ];
        if (addresses.Length is 0)
        {
            return;
        }

        Observation<EndpointReach> seen;
        try
        {
            var secrets = await run.GetSecretsAsync(cancellationToken);
            using var workload = run.State.Ports.Workloads.Open(run.State.AccessTo(run.Record, secrets, addresses));
            var reach = await workload.ProbeEndpointAsync(addresses, cancellationToken);
            seen = new Observation<EndpointReach>.Present(reach);
            await RecordReachAsync(run, reach, addresses, cancellationToken);
        }
        catch (WorkloadException silent)
        {
            seen = new Observation<EndpointReach>.Unknown(silent.Message.TrimEnd('.'));
        }

        run.State.Reaches[run.Spec.Id] = (seen, run.State.Time.GetTimestamp());
    }

    // A failed kubeadm is judged by a look that is newer than its failure.
    private static TimeSpan EndpointInterval(RunScope run, bool settled) =>
        settled ? run.State.Options.EndpointWhileIdle
        : run.Record.Members.Any(member => run.State.Scripts.ContainsKey(member.Machine)) ? TimeSpan.Zero
        : run.State.Options.Endpoint;

    private static async Task RecordReachAsync(
        RunScope run,
        EndpointReach reach,
        string[] asked,
        CancellationToken cancellationToken
    )
    {
        // Where every connection succeeds, no address that is gone is behind the endpoint.
        var before = run.Record.EndpointSeen ?? [];
        ValueList<string> known =
        [
            .. before
                .Where(address => reach.Problem is not null || asked.Contains(address))
                .Union(reach.Reached)
                .Order(StringComparer.Ordinal),
        ];
        var cut = reach.IsCut && !(run.Now - run.Record.EndpointCutAt < TimeSpan.FromMinutes(1));
        if (cut || known != run.Record.EndpointSeen)
        {
            await run.SaveAsync(
                run.Record with
                {
                    EndpointSeen = known,
                    EndpointCutAt = cut ? run.Now : run.Record.EndpointCutAt,
                },
                cancellationToken
            );
        }
    }

    private static async Task<Observation<ApiFacts>> ObserveApiAsync(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        CancellationToken cancellationToken
    )
    {
        switch (nodes)
        {
            case Observation<IReadOnlyList<WorkloadNode>>.Present present:
                if (run.Record.SilentSince is not null)
                {
                    await run.SaveAsync(run.Record with { SilentSince = null }, cancellationToken);
                }

                return new Observation<ApiFacts>.Present(new ApiFacts(present.Value.Count));
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown
                when run.Record.Initialized && run.Spec.Deletion is null:
                if (run.Record.SilentSince is not { } since)
                {
                    await run.SaveAsync(run.Record with { SilentSince = run.Now }, cancellationToken);
                    return new Observation<ApiFacts>.Unknown(unknown.Reason);
                }

                return
                    !Observations.IsCut(run)
                    && !run.Record.Formed
                    && !run.Record.InUse
                    && run.Now - since > run.State.Options.Limits.SilentBeforeRebootstrap
                    ? new Observation<ApiFacts>.Absent()
                    : new Observation<ApiFacts>.Unknown(unknown.Reason);
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown:
                return new Observation<ApiFacts>.Unknown(unknown.Reason);
            default:
                return new Observation<ApiFacts>.Absent();
        }
    }

    // A record or a reservation may have been removed or changed by somebody else, or by an interrupted call that arrived after a
    // later one. Each idle round looks; the lists are shared by the clusters of the account.
    private static async Task ObserveHoldingsAsync(RunScope run, CancellationToken cancellationToken)
    {
        var interval = run.State.Options.WhileIdle * 0.9;
        if (
            run.Record.Endpoint is not { Kind: not EndpointKind.Given, Taken: true } endpoint
            || run.Spec.Deletion is not null
            || !run.Journal.TryTakeHoldingsObservation(run.Spec.Id, interval)
        )
        {
            return;
        }

        try
        {
            if (endpoint.Kind is EndpointKind.DnsRecord)
            {
                await ObserveDnsAsync(run, endpoint, interval, cancellationToken);
            }
            else
            {
                var reserved = await run.View.ListReservedAsync(interval, cancellationToken);
                Holdings.Note(
                    run,
                    reserved.Contains(endpoint.Host)
                        ? null
                        : new EndpointProblem(
                            EndpointFault.ReservationGone,
                            $"MAAS does not keep {endpoint.Host} for this account"
                        )
                );
            }
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Forbidden or RegionFailure.NotFound or RegionFailure.Invalid)
        {
            // MAAS does not show it: nothing is concluded.
        }
    }

    private static async Task ObserveDnsAsync(
        RunScope run,
        EndpointRecord endpoint,
        TimeSpan interval,
        CancellationToken cancellationToken
    )
    {
        var there = (await run.View.ListDnsAsync(interval, cancellationToken)).GetValueOrDefault(endpoint.Host);
        var taken = Holdings.IsForeign(run.Record, there ?? []);
        Holdings.Note(
            run,
            taken
                ? new EndpointProblem(
                    EndpointFault.RecordTaken,
                    $"the DNS record {endpoint.Host} shows {string.Join(", ", there!)}, which this cluster never had: it belongs to "
                        + "somebody else now"
                )
                : null
        );
        if (
            !taken
            && !(there ?? []).Order(StringComparer.Ordinal).SequenceEqual(endpoint.DnsAddresses.Order(StringComparer.Ordinal))
        )
        {
            run.RecordEvent(
                EventSeverity.Warning,
                "EndpointChanged",
                there is null
                    ? $"MAAS has no DNS record {endpoint.Host} any more"
                    : $"the DNS record {endpoint.Host} shows {Shown(there)} and not {Shown(endpoint.DnsAddresses)}"
            );
            await run.SaveAsync(
                run.Record with
                {
                    Endpoint = endpoint with { DnsAddresses = [.. there ?? []] },
                },
                cancellationToken
            );
        }

        static string Shown(IReadOnlyList<string> addresses) =>
            addresses.Count is 0 ? "no address" : string.Join(", ", addresses);
    }

    private static async Task<ImageObservation> ObserveImageAsync(
        RunScope run,
        Observation<EtcdFacts> etcd,
        CancellationToken cancellationToken
    )
    {
        var needed =
            run.Spec.Deletion is null
            && (
                run.Record.ReachedGeneration != run.Spec.Generation
                || Planner.Shortfalls(run.Spec, run.Record.Members).Count > 0
                || CertificatesEnd(run)
                || run.Record.Members.Any(member => member.Repair?.MarkedForReplacement is not null)
                || run.Record.Members.Any(member => member.State is MachineState.Selected or MachineState.Allocated)
                || run.State.FindPlan(run.Spec) is { Stale.Count: > 0 }
            );
        if (!needed)
        {
            await ChooseEtcdAsync(run, etcd, cancellationToken);
            return new ImageObservation(new Observation<ImageName>.Unknown("no machine needs the image"), []);
        }

        await ChooseImageAsync(run, cancellationToken);
        await ChooseEtcdAsync(run, etcd, cancellationToken);
        var image = run.Installs.Image;
        var architectures = await run.View.FindImageAsync(image, cancellationToken);
        if (architectures.Count is 0 || run.State.Machines.IsRefused(image))
        {
            return Absent(image);
        }

        // The first half of an upgrade is not begun without the image of the second.
        var later = ImageChoice.Apply(run.Record.ImageChoice, run.Spec).Image;
        return later == image || (await run.View.FindImageAsync(later, cancellationToken)).Count > 0
            ? new ImageObservation(new Observation<ImageName>.Present(image), architectures)
            : Absent(later);

        ImageObservation Absent(ImageName missing) =>
            new(new Observation<ImageName>.Absent(), architectures, run.View.FindUpload(missing)) { Missing = missing };
    }

    // Stored, so that the roll goes on while etcd cannot be seen.
    private static async Task ChooseEtcdAsync(RunScope run, Observation<EtcdFacts> etcd, CancellationToken cancellationToken)
    {
        var (desired, before) = (ImageChoice.Apply(run.Record.ImageChoice, run.Spec), run.Record.EtcdRoll);
        var version = run.Record.Initialized ? run.Record.Version : null;
        var roll = EtcdRolls.Of(desired, before, version, run.Record.Members, etcd);
        if (roll == before)
        {
            return;
        }

        await run.SaveAsync(run.Record with { EtcdRoll = roll }, cancellationToken);
        if (roll is not null && before is null)
        {
            run.RecordEvent(
                EventSeverity.Info,
                "EtcdRoll",
                $"{EtcdRolls.Why(roll)}: every control plane is replaced with etcd {roll.Tag} on Kubernetes {roll.Stays} first"
            );
        }
    }

    // Stored before the first deployment of a version, so that a machine that is installed meanwhile decides for all others.
    private static async Task ChooseImageAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (!ImageChoice.IsOpen(run.Spec))
        {
            return;
        }

        var chosen =
            ImageChoice.Kept(run.Spec, run.Record.ImageChoice, run.Record.Members)
            ?? (
                (await run.View.FindImageAsync(run.Spec.Image, cancellationToken)).Count > 0
                    ? run.Spec.Image
                    : run.Spec.StockImage!
            );
        var choice = new ImageChoice(run.Spec.Image, run.Spec.StockImage!, run.Spec.KubernetesVersion, chosen);
        if (choice != run.Record.ImageChoice)
        {
            await run.SaveAsync(run.Record with { ImageChoice = choice }, cancellationToken);
        }
    }

    private static async Task RecordTimingAsync(RunScope run, Member before, Member after, CancellationToken cancellationToken)
    {
        TimedPhase? phase = (before.State, after.State) switch
        {
            (MachineState.Deploying, MachineState.Joining) => TimedPhase.Deploy,
            (MachineState.Joining, MachineState.Ready) => TimedPhase.Join,
            (MachineState.Releasing, MachineState.Released) => TimedPhase.Release,
            _ => null,
        };
        if (phase is { } known && run.View.Find(after.Machine) is { } machine)
        {
            var began = known is TimedPhase.Join && before.AdmittedAt > before.Since ? before.AdmittedAt.Value : before.Since;
            await run.Journal.LearnAsync(
                TimingSample.Of(known, EngineState.AsCandidate(machine), run.Now - began),
                cancellationToken
            );
        }
    }

    // A machine that was to stay and is gone was taken by a person, when MAAS shows it as free or as broken.
    private static LostMachine? LossOf(RunScope run, Member before, Member after)
    {
        var was = before.State;
        if (
            after.State is not MachineState.Released
            || was is MachineState.Draining or MachineState.Failed or MachineState.Releasing
            || before.ReleaseRequests > 0
            || run.Spec.Deletion is not null
        )
        {
            return null;
        }

        var machine = Observations.MachineOf(run, after);
        Loss? how = machine?.Status switch
        {
            MaasStatus.Broken => Loss.MarkedBroken,
            MaasStatus.Ready or MaasStatus.New => Loss.Released,
            _ => null,
        };
        return how is { } known
            ? new LostMachine(after.Machine, after.Hostname, after.Pool, run.Now, known)
            {
                Comment = known is Loss.MarkedBroken && MaasWords.DetailOf(machine!) is { Length: > 0 } comment ? comment : null,
            }
            : null;
    }

    private static void RecordEvent(RunScope run, Member before, Member after, LostMachine? lost)
    {
        if (after.State == before.State)
        {
            return;
        }

        var (severity, message) = after.State switch
        {
            MachineState.Ready => (EventSeverity.Info, $"the node {after.Hostname} is Ready"),
            MachineState.NotReady => (EventSeverity.Warning, $"the node {after.Hostname} is no longer Ready"),
            MachineState.Joining => (EventSeverity.Info, $"{after.Hostname} is deployed and boots"),
            MachineState.Failed => (EventSeverity.Error, $"{after.Hostname}: {after.Failure}"),
            MachineState.Released when lost is not null => (
                EventSeverity.Warning,
                $"{lost.Message}: it no longer belongs to the cluster"
            ),
            MachineState.Released when before.State is not MachineState.Releasing => (
                EventSeverity.Warning,
                $"MAAS shows that {after.Hostname} no longer belongs to the cluster"
            ),
            MachineState.Released when before.ReleaseRequests > 1 => (
                EventSeverity.Info,
                $"{after.Hostname} is given back; MAAS was asked {before.ReleaseRequests} times"
            ),
            MachineState.Released => (EventSeverity.Info, $"{after.Hostname} is given back"),
            _ => (EventSeverity.Info, $"{after.Hostname} is {after.State}"),
        };
        run.RecordEvent(severity, after.State.ToString(), message, after.Machine);
    }
}
