using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>
/// Holds the ledger against the MAAS user that acts, against what MAAS shows with our marks, and against the console's last
/// report. Where they contradict each other, nothing is concluded about the cluster's machines and nothing is done for it:
/// another user's key would show its machines as free, and an older ledger would install them twice and leave others behind.
/// </summary>
internal static class Ownership
{
    // Bounds the calls of one run when every machine of a cluster gets a mark of another form.
    private const int MarkedAtOnce = 5;

    // Bounds the calls of one run when people take many machines with the account's user. A deletion asks for all.
    private const int AskedAtOnce = 20;

    /// <exception cref="RegionException">
    /// <see cref="RegionFailure.OtherIdentity"/> or <see cref="RegionFailure.LedgerOutdated"/>: a person has to settle it, and
    /// the message says what contradicts what. <see cref="RegionFailure.NotConfirmed"/>: the console has to answer first.
    /// </exception>
    public static async Task CheckAsync(RunScope run, CancellationToken cancellationToken)
    {
        await CheckIdentityAsync(run, cancellationToken);
        await DropReassignedAsync(run, cancellationToken);
        var doubt = new OwnershipDoubt(await FindUnknownAsync(run, cancellationToken), FindJoined(run), FindLastReport(run));
        if (doubt.Exists && !await Adoption.TryAsync(run, doubt, cancellationToken))
        {
            throw new RegionException(RegionFailure.LedgerOutdated, Describe(doubt));
        }

        await Adoption.FindHiddenAsync(run, cancellationToken);
        await CheckMarksAsync(run, cancellationToken);
    }

    /// <summary>
    /// Machines that MAAS shows with the mark of this cluster, or whose allocation names it, and that no record knows: of an
    /// allocation that the ledger has forgotten or has never made.
    /// </summary>
    public static async Task<IReadOnlyList<RegionMachine>> FindUnknownAsync(RunScope run, CancellationToken cancellationToken)
    {
        var unknown = new List<RegionMachine>();
        foreach (var machine in run.View.Machines.FindMarked(run.Spec.Id))
        {
            if (IsUnknown(run, machine.Id, machine.Mark!) && await ConfirmAsync(run, machine, cancellationToken) is { } confirmed)
            {
                unknown.Add(confirmed);
            }
        }

        unknown.AddRange(await FindUnknownUnmarkedAsync(run, cancellationToken));
        return unknown;
    }

    // An older record may name the machine by an earlier allocation.
    private static bool IsUnknown(RunScope run, SystemId machine, MachineMark mark) =>
        run.Record.FindMember(machine) is { } member ? member.Intent != mark.Intent : !run.State.IsHeld(machine, mark.Intent);

    // A gateway that ended between an allocation and its mark has left the comment of the allocation, in MAAS's log of events.
    private static async Task<IReadOnlyList<RegionMachine>> FindUnknownUnmarkedAsync(
        RunScope run,
        CancellationToken cancellationToken
    )
    {
        var unknown = new List<RegionMachine>();
        var asked = 0;
        foreach (var machine in run.View.Machines.FindUnmarked())
        {
            if (!run.View.Machines.TryGetAllocation(machine.Id, out _) && asked++ >= AskedAtOnce && run.Spec.Deletion is null)
            {
                continue;
            }

            if (
                await FindAllocationAsync(run, machine.Id, cancellationToken) is { } mark
                && mark.Cluster == run.Spec.Id
                && IsUnknown(run, machine.Id, mark)
                && await ConfirmAsync(run, machine with { Mark = mark }, cancellationToken) is { } confirmed
            )
            {
                unknown.Add(confirmed with { Mark = confirmed.Mark ?? mark });
            }
        }

        return unknown;
    }

    // A machine of which MAAS does not tell it may be of a cluster that is deleted, whose deletion does not end before it is known.
    private static async Task<MachineMark?> FindAllocationAsync(
        RunScope run,
        SystemId machine,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await run.View.FindAllocationAsync(machine, cancellationToken);
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            run.Unanswered.Add(late);
            return null;
        }
    }

    /// <summary>
    /// Machines of the record whose node was Ready once, as their mark says, and that the record has not seen so far.
    /// </summary>
    public static IReadOnlyList<RegionMachine> FindJoined(RunScope run) =>
        [
            .. run
                .Record.Members.Where(member =>
                    member is { JoinedAt: null, State: not (MachineState.Releasing or MachineState.Failed) }
                )
                .Select(member => (member.Intent, Machine: run.View.Machines.Find(member.Machine)))
                .Where(seen =>
                    seen.Machine is { Status: MaasStatus.Deployed, Mark: { Installed: not null } mark }
                    && mark.Cluster == run.Spec.Id
                    && mark.Intent == seen.Intent
                )
                .Select(seen => seen.Machine!),
        ];

    // An older ledger may name a machine that another cluster has been given since. That cluster cannot go on before this record
    // lets go of it.
    private static async Task DropReassignedAsync(RunScope run, CancellationToken cancellationToken)
    {
        foreach (var member in run.Record.Members.Where(member => member.State is not MachineState.Selected))
        {
            if (
                run.View.Machines.Find(member.Machine) is { Owner: not null } machine
                && (machine.Mark ?? await FindUnmarkedAllocationAsync(run, machine.Id, cancellationToken)) is { } mark
                && mark.Cluster != run.Spec.Id
                && mark.Intent != member.Intent
                && await FindAllocatedAsync(run, member, mark.Intent, cancellationToken) is { IsPresent: true }
            )
            {
                await run.SaveAsync(run.Record.Without(member.Machine), cancellationToken);
                run.RecordEvent(
                    EventSeverity.Warning,
                    "Released",
                    $"MAAS shows that {member.Hostname} belongs to another cluster now",
                    member.Machine
                );
            }
        }
    }

    /// <exception cref="RegionException"><see cref="RegionFailure.OtherIdentity"/>.</exception>
    public static async Task CheckIdentityAsync(RunScope run, CancellationToken cancellationToken)
    {
        var identity = await run.View.GetIdentityAsync(cancellationToken);
        if (run.Record.TakenAs == identity)
        {
            return;
        }

        if (!run.Record.HoldsAnything)
        {
            run.ActAs(identity);
            return;
        }

        var marked = run
            .Record.Members.Select(member => (member.Intent, Machine: run.View.Machines.Find(member.Machine)))
            .Where(seen => seen.Machine?.Mark?.Intent == seen.Intent)
            .Select(seen => seen.Machine!)
            .ToList();
        var foreign = marked.Find(machine => !machine.IsOurs);

        // A record from before identities were kept contradicts nothing while no machine of it has another owner.
        if (
            foreign is null
            && (
                run.Record.TakenAs is null
                || marked.Count > 0
                || IsMarkedAsOursAlone(run)
                || await IsAllocatedAsOursAsync(run, cancellationToken)
                || await IsEndpointOursAsync(run, cancellationToken)
            )
        )
        {
            if (run.Record.TakenAs is { } former)
            {
                run.RecordEvent(
                    EventSeverity.Warning,
                    Reasons.OtherMaasUser,
                    $"what the cluster holds in MAAS has moved from {Describe(former)} to {Describe(identity)}"
                );
            }

            await run.SaveAsync(run.Record with { TakenAs = identity }, cancellationToken);
            return;
        }

        if (foreign is null && await IsNothingHeldAsync(run, identity, cancellationToken))
        {
            await run.SaveAsync(run.Record with { TakenAs = identity }, cancellationToken);
            return;
        }

        var holder = run.Record.TakenAs is { } before ? Describe(before) : $"the MAAS user {foreign!.Owner}";
        throw new RegionException(
            RegionFailure.OtherIdentity,
            $"The cloud account acts as {Describe(identity)}, and this cluster holds {Held(run.Record)} as {holder}. Nothing is "
                + "done for the cluster, and nothing of it counts as given back."
        );
    }

    // The record may be older than every machine that the cluster has now. What it does not know stops the cluster next, and a
    // person can have it adopted.
    private static bool IsMarkedAsOursAlone(RunScope run)
    {
        var marked = run.View.Machines.FindMarked(run.Spec.Id).ToList();
        return marked.Count > 0 && marked.TrueForAll(machine => machine.IsOurs);
    }

    // A mark may be missing, because its call was lost. The intent of the allocation counts as much.
    private static async Task<bool> IsAllocatedAsOursAsync(RunScope run, CancellationToken cancellationToken)
    {
        foreach (
            var member in run.Record.Members.Where(member =>
                run.View.Machines.Find(member.Machine) is { IsOurs: true, Mark: null }
            )
        )
        {
            var taken = await FindByIntentAsync(run, member.Machine, member.Hostname, member.Intent, cancellationToken);
            if (taken.Any(machine => machine.Id == member.Machine && machine.IsOurs))
            {
                return true;
            }
        }

        return false;
    }

    // The former user got none of the machines, or the console has recorded that everything was given back. MAAS shows the same, and
    // no call of that user can take a machine any more. It does not show an address that another user has reserved.
    private static async Task<bool> IsNothingHeldAsync(RunScope run, MaasIdentity identity, CancellationToken cancellationToken)
    {
        // A forced deletion ends with a residue, which this record names.
        var hasEnded =
            run.Record is { Phase: not ClusterPhase.Deleted, Spec.Deletion: not { Force: true } }
            && run.State.Ports.Desired.HasEnded(run.Spec.Id) is true;
        if (
            run.Record.TakenAs?.Endpoint != identity.Endpoint
            || (run.Record.Endpoint is { Kind: EndpointKind.ReservedAddress } && !hasEnded)
            || run.Record.Members.Any(member =>
                !(member.State is MachineState.Selected || hasEnded)
                || !IsOthers(run, member, run.View.Machines.Find(member.Machine))
                || run.State.Machines.MayStillBeAllocated(member)
            )
        )
        {
            return false;
        }

        // The list may be older than the last call of the former user.
        foreach (var member in run.Record.Members)
        {
            if (!IsOthers(run, member, await FindAsync(run, member.Machine, member.Hostname, cancellationToken)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOthers(RunScope run, Member member, RegionMachine? machine) =>
        machine switch
        {
            { Owner: null, Status: MaasStatus.Ready } => true,
            { Mark: { } mark } => mark.Cluster != run.Spec.Id && mark.Intent != member.Intent,
            _ => false,
        };

    // A cluster may hold an address before its first machine.
    private static async Task<bool> IsEndpointOursAsync(RunScope run, CancellationToken cancellationToken) =>
        run.Record is { Members.Count: 0, Endpoint: { } endpoint }
        && (
            endpoint.Kind is EndpointKind.ReservedAddress
                ? await run.IsReservedAsync(endpoint.Host, cancellationToken)
                : await run.FindDnsAsync(endpoint.Host, cancellationToken) is not null
        );

    // A list may be older than our last act, and an interrupted call may have written the mark of an earlier allocation: MAAS is
    // asked whether that allocation has the machine now. MAAS forgets the intent when a release begins, and the machine keeps its
    // owner and its mark until the release has ended.
    private static async Task<RegionMachine?> ConfirmAsync(
        RunScope run,
        RegionMachine machine,
        CancellationToken cancellationToken
    )
    {
        var taken = await FindByIntentAsync(run, machine.Id, machine.Hostname, machine.Mark!.Intent, cancellationToken);
        if (taken.FirstOrDefault(found => found.Id == machine.Id) is { } holding)
        {
            return holding;
        }

        // MAAS takes the name of the allocation away when a release begins, also when it is refused then because the BMC does not
        // answer. The mark goes at the end of the release.
        return
            run.Record.FindMember(machine.Id) is null
            && await FindAsync(run, machine.Id, machine.Hostname, cancellationToken) is { Owner: not null } now
            && now.Mark == machine.Mark
            && (IsBeingReleased(now) || WasReported(run, now.Id) || await IsLastAllocationAsync(run, now, cancellationToken))
            ? now
            : null;
    }

    // Whoever took the machine after the allocation of its mark stands in MAAS's log of events. A machine that is marked broken keeps
    // its owner and its mark, and has left its cluster.
    private static async Task<bool> IsLastAllocationAsync(
        RunScope run,
        RegionMachine machine,
        CancellationToken cancellationToken
    ) =>
        machine.Status is not MaasStatus.Broken
        && await run.ReadAsync(
            machine.Id.Value,
            $"tell who allocated {machine.Hostname}",
            (region, token) => region.FindAllocationAsync(machine.Id, token),
            cancellationToken
        )
            is { } last
        && last.Cluster == machine.Mark!.Cluster
        && last.Intent == machine.Mark.Intent;

    private static bool WasReported(RunScope run, SystemId machine) =>
        FindLastReport(run)?.Machines.Any(told => told.SystemId == machine) is true;

    private static bool IsBeingReleased(RegionMachine machine) =>
        machine.Status
            is MaasStatus.Releasing
                or MaasStatus.DiskErasing
                or MaasStatus.FailedReleasing
                or MaasStatus.FailedDiskErasing;

    /// <returns>
    /// What the console was told of a cluster, where the ledger contradicts it: it has no record, the record knows no endpoint
    /// though there was one, or knows nothing of nodes though they ran; <c>null</c> when the ledger knows as much.
    /// </returns>
    /// <exception cref="RegionException"><see cref="RegionFailure.NotConfirmed"/>.</exception>
    public static ClusterStatus? FindLastReport(RunScope run) =>
        run.State.FindLastReport(run.Spec.Id) is Observation<ClusterStatus>.Unknown unknown && run.State.Find(run.Spec.Id) is null
            ? throw new RegionException(RegionFailure.NotConfirmed, unknown.Reason)
            : FindContradiction(run);

    /// <inheritdoc cref="FindLastReport"/>
    /// <remarks>The answer of a console that has not told yet contradicts nothing.</remarks>
    public static ClusterStatus? FindContradiction(RunScope run)
    {
        if (run.State.FindLastReport(run.Spec.Id) is not Observation<ClusterStatus>.Present { Value: var last })
        {
            return null;
        }

        var record = run.Record;
        var knowsEndpoint = record.Endpoint is { Taken: true } || run.Spec.Endpoint is EndpointChoice.Given;
        var knowsNodes = record.Formed || record.InUse;
        return
            run.State.Find(run.Spec.Id) is null
            || (!knowsEndpoint && last.Endpoint is not null)
            || (!knowsNodes && last.Phase is ClusterPhase.Running)
            ? last
            : null;
    }

    // The mark is written after the allocation: it may be lost with its call, or a late call may write an earlier one.
    private static async Task CheckMarksAsync(RunScope run, CancellationToken cancellationToken)
    {
        var marked = 0;
        foreach (var member in run.Record.Members)
        {
            if (
                member.State is MachineState.Selected or MachineState.Releasing
                || run.View.Machines.Find(member.Machine)
                    is not { Owner: not null, Locked: false, Status: not (MaasStatus.Ready or MaasStatus.New) } machine
                || !IsDoubtful(run, member, machine)
            )
            {
                continue;
            }

            if (IsOfAllocation(run, member, machine))
            {
                if (marked++ < MarkedAtOnce)
                {
                    await run.Journal.MarkAsync(run, machine, run.MarkOf(member), cancellationToken);
                }

                continue;
            }

            switch (await FindAllocatedAsync(run, member, member.Intent, cancellationToken))
            {
                case Observation<RegionMachine>.Present { Value: { IsOurs: true } taken }:
                    await run.Journal.MarkAsync(run, taken, run.MarkOf(member), cancellationToken);
                    break;
                case Observation<RegionMachine>.Absent when machine.Mark is not null:
                    run.TakenElsewhere.Add(member.Machine);
                    run.State.Log.TakenElsewhere(run.Spec.Name, member.Hostname, machine.Mark.Intent);
                    break;
                case Observation<RegionMachine>.Absent when await IsTakenByHandAsync(run, member, machine, cancellationToken):
                    run.TakenElsewhere.Add(member.Machine);
                    run.State.PutBackMarkObservation(member.Machine);
                    run.State.Log.TakenByHand(run.Spec.Name, member.Hostname);
                    break;
            }
        }
    }

    // MAAS takes the name of our allocation away when a release begins, and the mark at its end. What has neither and is not being
    // released was given back and taken again, with the account's own user; unless the release was refused and the mark had never
    // been written, which the log tells. A late deploy call takes a free machine again, too, and that machine is still ours to give
    // back; it is not Allocated.
    private static async Task<bool> IsTakenByHandAsync(
        RunScope run,
        Member member,
        RegionMachine machine,
        CancellationToken cancellationToken
    )
    {
        if (IsBeingReleased(machine) || (member.JoinedAt is null && machine.Status is not MaasStatus.Allocated))
        {
            return false;
        }

        try
        {
            var last = await run.ReadAsync(
                machine.Id.Value,
                $"tell who allocated {machine.Hostname}",
                (region, token) => region.FindAllocationAsync(machine.Id, token),
                cancellationToken
            );
            return last?.Intent != member.Intent;
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            LeaveInDoubt(run, machine.Id, late);
            return false;
        }
    }

    // Nothing is done to the machine before MAAS has answered, and the next run asks again.
    private static void LeaveInDoubt(RunScope run, SystemId machine, RegionException late)
    {
        run.Unanswered.Add(late);
        run.Unanswered.Doubtful.Add(machine);
        run.State.PutBackMarkObservation(machine);
    }

    /// <summary>The node was Ready for the first time: the machine's mark tells so, and how it was installed.</summary>
    public static async Task MarkInstalledAsync(RunScope run, Member member, CancellationToken cancellationToken)
    {
        if (run.View.Machines.Find(member.Machine) is { } machine && IsOfAllocation(run, member, machine))
        {
            await run.Journal.MarkAsync(run, machine, run.MarkOf(member), cancellationToken);
        }
    }

    /// <returns>The machine, where this allocation has it. Before MAAS has answered that is unknown, and nothing is done to it.</returns>
    private static async Task<Observation<RegionMachine>> FindAllocatedAsync(
        RunScope run,
        Member member,
        string intent,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var taken = await FindByIntentAsync(run, member.Machine, member.Hostname, intent, cancellationToken);
            return taken.FirstOrDefault(machine => machine.Id == member.Machine) is { } machine
                ? new Observation<RegionMachine>.Present(machine)
                : new Observation<RegionMachine>.Absent();
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            LeaveInDoubt(run, member.Machine, late);
            return new Observation<RegionMachine>.Unknown(late.Message);
        }
    }

    private static async Task<MachineMark?> FindUnmarkedAllocationAsync(
        RunScope run,
        SystemId machine,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await run.View.FindUnmarkedAllocationAsync(machine, cancellationToken);
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            run.Unanswered.Add(late);
            run.Unanswered.Doubtful.Add(machine);
            return null;
        }
    }

    public static Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(
        RunScope run,
        SystemId machine,
        string hostname,
        string intent,
        CancellationToken cancellationToken
    ) =>
        run.ReadAsync(
            machine.Value,
            $"find {hostname} by {intent}",
            (region, token) => region.FindByIntentAsync(intent, token),
            cancellationToken
        );

    private static async Task<RegionMachine?> FindAsync(
        RunScope run,
        SystemId machine,
        string hostname,
        CancellationToken cancellationToken
    )
    {
        var found = await run.ReadAsync(
            machine.Value,
            $"show {hostname}",
            (region, token) => region.FindAsync(machine, token),
            cancellationToken
        );
        return found.ValueOrDefault;
    }

    // The mark is that of the member's allocation, whatever it says of the installation.
    private static bool IsOfAllocation(RunScope run, Member member, RegionMachine machine) =>
        machine is { IsOurs: true, Locked: false, Mark: { } mark }
        && mark == run.MarkOf(member) with { Installed = mark.Installed, Address = mark.Address };

    private static bool IsDoubtful(RunScope run, Member member, RegionMachine machine) =>
        machine switch
        {
            { IsOurs: false } => machine.Mark?.Intent == member.Intent,
            { Mark: null } => run.Journal.TryTakeMarkObservation(member.Machine),
            { Mark: { } mark } => mark != Expected(run, member, mark),
        };

    // An address that the cluster has given up stays in the mark: nothing of the machine has changed.
    private static MachineMark Expected(RunScope run, Member member, MachineMark mark) =>
        run.MarkOf(member) is { Address: null } expected ? expected with { Address = mark.Address } : run.MarkOf(member);

    private static string Describe(OwnershipDoubt doubt) =>
        doubt switch
        {
            { Unknown.Count: > 0 } =>
                $"MAAS shows {Hosts(doubt.Unknown.Select(machine => machine.Hostname))} with the mark of this "
                    + "cluster, and the gateway's ledger does not know of it: the ledger is lost or older than that, or another copy of "
                    + "this gateway works. Nothing is done for the cluster.",
            { Joined.Count: > 0 } =>
                $"MAAS shows that {Hosts(doubt.Joined.Select(machine => machine.Hostname))} joined this cluster, "
                    + "and the gateway's ledger does not know of it: the ledger is older than that. Nothing is done for the cluster.",
            { Last.Machines: { Count: > 0 } machines } =>
                $"This cluster had {Hosts(machines.Select(machine => machine.Hostname))} "
                    + "when it was last reported, and the gateway's ledger does not know that it ran: the ledger is lost or older than that. "
                    + "Nothing is done for the cluster.",
            _ =>
                $"This cluster had the address {doubt.Last?.Endpoint?.Host} when it was last reported, and the gateway's ledger knows "
                    + "nothing of it: the ledger is lost or older than that. Nothing is done for the cluster.",
        };

    private static string Describe(MaasIdentity identity) => $"the MAAS user {identity.User} at {identity.Endpoint}";

    private static string Held(ClusterRecord record) =>
        record.Members.Count > 0 ? Hosts(record.Members.Select(member => member.Hostname)) : record.Endpoint!.Host;

    private static string Hosts(IEnumerable<string> hosts)
    {
        var named = hosts.Order(StringComparer.Ordinal).ToList();
        return named.Count <= 5
            ? string.Join(", ", named)
            : $"{string.Join(", ", named.Take(4))} and {named.Count - 4} more machines";
    }
}
