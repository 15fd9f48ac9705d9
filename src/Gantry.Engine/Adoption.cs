using System.Net;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>
/// Takes machines that MAAS shows with a cluster's mark into the ledger: to give them back when the cluster is deleted, or, where
/// the ledger still has the keys of the cluster, to go on with them when a person asks for it.
/// </summary>
internal static class Adoption
{
    // A mark is text that anybody with the account's user may have changed. A pool that is not desired is scaled to nothing.
    private static readonly DnsLabel UnknownPool = DnsLabel.Parse("unknown");

    /// <returns>False when nothing may be adopted; a person has to decide then.</returns>
    public static async Task<bool> TryAsync(RunScope run, OwnershipDoubt doubt, CancellationToken cancellationToken)
    {
        // A machine that the older record of another cluster still names is taken when that record has let go of it.
        if (!doubt.Unknown.All(machine => machine.IsOurs && (IsKnown(run, machine) || !run.State.IsHeld(machine.Id))))
        {
            return false;
        }

        if (run.Spec.Deletion is not null)
        {
            var hidden = await CheckReportedAsync(run, doubt.Unknown, doubt.Last, cancellationToken);
            var endpoint = await EndpointOfAsync(run, doubt, cancellationToken);
            await TakeAsync(
                run,
                doubt,
                run.Record with
                {
                    Endpoint = endpoint,
                    Hidden = hidden.Count > 0 ? hidden : run.Record.Hidden,
                },
                cancellationToken
            );
            return true;
        }

        if (await RefusalAsync(run, cancellationToken) is not null || !run.Journal.TryTakeAdoption(run.Spec.Id))
        {
            return false;
        }

        await TakeAsync(run, doubt, AsRunning(run), cancellationToken);
        return true;
    }

    /// <summary>Why the cluster cannot go on with machines that its ledger does not know; <c>null</c> when it can.</summary>
    public static async Task<string?> RefusalAsync(RunScope run, CancellationToken cancellationToken) =>
        run.Record.Endpoint is { Taken: true }
        && (run.Record.Initialized || JoinedControlPlanes(run).Any())
        && await run.State.Ports.Ledger.FindSecretsAsync(run.Spec.Id, cancellationToken) is not null
            ? null
            : $"The ledger has no keys of the cluster {run.Spec.Name} with which it could go on. Put a newer ledger back, or delete "
                + "the cluster: its machines are then found by their marks and given back.";

    private static bool IsKnown(RunScope run, RegionMachine machine) => run.Record.FindMember(machine.Id) is not null;

    private static IEnumerable<NodeInstallation> JoinedControlPlanes(RunScope run) =>
        run
            .View.Machines.FindMarked(run.Spec.Id)
            .Where(machine => machine.IsOurs && machine.Mark!.Pool == run.Spec.ControlPlane.Name.Value)
            .Select(machine => machine.Mark!.Installed)
            .OfType<NodeInstallation>();

    // The cluster has run. What kubeadm's configuration in it names by now nobody knows, so it is written again before a machine
    // joins.
    private static ClusterRecord AsRunning(RunScope run) =>
        run.Record with
        {
            Initialized = true,
            InUse = true,
            Version =
                run.Record.Version
                ?? JoinedControlPlanes(run).Select(installed => (KubernetesVersion?)installed.KubernetesVersion).Min()
                ?? run.Spec.KubernetesVersion,
            KubeadmVersion = new KubeadmVersionState.Changing(null),
            ControlPlaneSettings = [.. KubeadmSettings.Names.Select(name => KeyValuePair.Create(name, NodeBuild.Unknown))],
        };

    // The console names machines that MAAS shows without a mark: whether they are free decides, not that the mark is missing.
    private static async Task<ValueList<HiddenMachine>> CheckReportedAsync(
        RunScope run,
        IReadOnlyList<RegionMachine> unknown,
        ClusterStatus? last,
        CancellationToken cancellationToken
    )
    {
        List<HiddenMachine> hidden = [];
        foreach (var machine in last?.Machines ?? [])
        {
            if (
                unknown.Any(known => known.Id == machine.SystemId) || await IsKnownAsync(run, machine.SystemId, cancellationToken)
            )
            {
                continue;
            }

            // A user who is no administrator does not see what another user has; only force lets that be left behind.
            var found = await run.ReadAsync(
                machine.SystemId.Value,
                $"show {machine.Hostname}",
                (region, token) => region.FindAsync(machine.SystemId, token),
                cancellationToken
            );
            if (found is Observation<RegionMachine>.Unknown && run.Spec.Deletion is { Force: true })
            {
                hidden.Add(new HiddenMachine(machine.SystemId, machine.Hostname));
                continue;
            }

            var doubt = found switch
            {
                Observation<RegionMachine>.Unknown { Reason: var reason } => reason,
                Observation<RegionMachine>.Present
                {
                    Value: { IsOurs: true, Mark: null, Status: not (MaasStatus.Ready or MaasStatus.New) }
                } => "MAAS shows it as the account's without a mark",
                _ => null,
            };
            if (doubt is not null)
            {
                throw new RegionException(
                    RegionFailure.LedgerOutdated,
                    $"This cluster had {machine.Hostname} when it was last reported, and {doubt}. The gateway's ledger does not know it, "
                        + "so it does not count as given back: see to it in MAAS."
                );
            }
        }

        return [.. hidden];
    }

    // A record may be older than the report: it counts where MAAS shows the allocation that it names.
    private static async Task<bool> IsKnownAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        foreach (var record in run.State.Records)
        {
            if (
                record.FindMember(machine) is { } member
                && (await Ownership.FindByIntentAsync(run, machine, member.Hostname, member.Intent, cancellationToken)).Any(
                    taken => taken.Id == machine
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets what MAAS shows by now: a machine that is the cluster's is found by its mark.</summary>
    public static async Task FindHiddenAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Record.Hidden is not { Count: > 0 } hidden)
        {
            return;
        }

        // The list in which marks were looked for in this run: what it does not show yet may still be the cluster's.
        List<HiddenMachine> still =
        [
            .. hidden.Where(machine => run.View.Machines.Find(machine.Machine) is null or { Unreadable: not null }),
        ];
        if (still.Count < hidden.Count)
        {
            await run.SaveAsync(run.Record with { Hidden = still.Count > 0 ? [.. still] : null }, cancellationToken);
        }
    }

    private static async Task<EndpointRecord?> EndpointOfAsync(
        RunScope run,
        OwnershipDoubt doubt,
        CancellationToken cancellationToken
    )
    {
        // The DNS record shows the control planes' addresses, whatever becomes of the machines before it is removed.
        ValueList<string> addresses =
        [
            .. doubt
                .Machines.SelectMany(machine => machine.Addresses)
                .Concat((doubt.Last?.Machines ?? []).SelectMany(machine => machine.Addresses))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        var endpoint = run.Record.Endpoint ?? Told(run, doubt.Last) ?? Marked(run, doubt);
        return endpoint switch
        {
            { Kind: EndpointKind.DnsRecord } => endpoint with { Written = [.. (endpoint.Written ?? []).Union(addresses)] },
            null => await FindUntoldAsync(run, doubt, addresses, cancellationToken),
            _ => endpoint,
        };
    }

    // A cluster that claims an address before it takes a machine writes it into the mark.
    private static EndpointRecord? Marked(RunScope run, OwnershipDoubt doubt) =>
        run.Spec.Endpoint is EndpointChoice.VirtualIp
        && doubt.Machines.Select(machine => machine.Mark?.Address).FirstOrDefault(address => address is not null) is { } address
        && IPAddress.TryParse(address, out _)
        && !IsAnothers(run, address)
            ? new EndpointRecord(EndpointKind.ReservedAddress, address, EndpointPlan.Port, true, [])
            : null;

    // The name follows from the desired state, and a cluster claims it before it takes its first machine. A record under it that
    // points to others is theirs.
    private static async Task<EndpointRecord?> FindUntoldAsync(
        RunScope run,
        OwnershipDoubt doubt,
        ValueList<string> addresses,
        CancellationToken cancellationToken
    )
    {
        if (run.Spec.Endpoint is not EndpointChoice.MaasDns choice || !doubt.Machines.Any())
        {
            return null;
        }

        var name = EndpointPlan.DnsName(run.Spec, choice);
        return
            !IsAnothers(run, name)
            && await run.FindDnsAsync(name, cancellationToken) is { } there
            && there.All(addresses.Contains)
            ? new EndpointRecord(EndpointKind.DnsRecord, name, EndpointPlan.Port, true, [.. there]) { Written = addresses }
            : null;
    }

    private static EndpointRecord? Told(RunScope run, ClusterStatus? last) =>
        last?.Endpoint is not { } endpoint || IsAnothers(run, endpoint.Host)
            ? null
            : new EndpointRecord(
                run.Spec.Endpoint switch
                {
                    EndpointChoice.Given => EndpointKind.Given,
                    EndpointChoice.MaasDns => EndpointKind.DnsRecord,
                    _ => EndpointKind.ReservedAddress,
                },
                endpoint.Host,
                endpoint.Port,
                true,
                []
            );

    private static bool IsAnothers(RunScope run, string host) =>
        run.State.Records.Any(record => record.Spec.Id != run.Spec.Id && record.Endpoint?.Host == host);

    private static async Task TakeAsync(
        RunScope run,
        OwnershipDoubt doubt,
        ClusterRecord record,
        CancellationToken cancellationToken
    )
    {
        var adopted = doubt.Machines.Select(machine => MemberOf(run, machine)).ToList();
        var others = record.Members.Where(member => adopted.TrueForAll(taken => taken.Machine != member.Machine));
        var unknown = doubt.Unknown.Select(machine => machine.Id).ToHashSet();
        await run.SaveAsync(record with { Members = [.. others, .. adopted] }, cancellationToken);
        run.Journal.SettleReport(run.Spec.Id);
        foreach (var member in adopted)
        {
            run.RecordEvent(
                EventSeverity.Warning,
                "Adopted",
                unknown.Contains(member.Machine)
                    ? $"{member.Hostname} carries the mark of this cluster and was not in the ledger; it is now"
                    : $"{member.Hostname} joined this cluster, as its mark says, and the ledger did not know; it does now",
                member.Machine
            );
        }
    }

    private static Member MemberOf(RunScope run, RegionMachine machine)
    {
        var mark = machine.Mark!;
        var pool = run.Spec.Pools.FirstOrDefault(pool => pool.Name.Value == mark.Pool);
        return new Member
        {
            Machine = machine.Id,
            Hostname = machine.Hostname,
            Zone = machine.Zone,
            Pool = pool?.Name ?? (DnsLabel.TryParse(mark.Pool, out var former) ? former : UnknownPool),
            Role = pool?.Role ?? PoolRole.Worker,
            Since = run.Now,
            Intent = mark.Intent,
            Addresses = machine.Addresses,
            Build = pool is null || machine.Status is MaasStatus.Allocated ? null : BuildOf(run, pool, mark.Installed),
            JoinedAt = mark.Installed?.JoinedAt,
            State = machine.Status switch
            {
                MaasStatus.Allocated or MaasStatus.FailedDeployment => MachineState.Allocated,
                MaasStatus.Deploying => MachineState.Deploying,
                MaasStatus.Releasing or MaasStatus.DiskErasing or MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing =>
                    MachineState.Releasing,
                _ => mark.Installed is null ? MachineState.Joining : MachineState.Ready,
            },
        };
    }

    // A machine of which nobody knows how it was installed is not taken for one that is as the cluster asks.
    private static NodeBuild BuildOf(RunScope run, MachinePool pool, NodeInstallation? installed)
    {
        // The ledger that knew the image is lost, and the machine's mark names it.
        var spec =
            installed is not null && installed.Image == run.Spec.StockImage
                ? run.Spec with
                {
                    Image = installed.Image,
                }
                : run.Installs;
        var wanted = NodeBuild.Of(spec, pool, run.State.Ports.Documents.Template);
        return installed?.ToBuild(wanted, pool.Role is PoolRole.ControlPlane ? EtcdRolls.TagsOf(run.Spec) : [])
            ?? wanted.WithUnknownSettings();
    }
}
