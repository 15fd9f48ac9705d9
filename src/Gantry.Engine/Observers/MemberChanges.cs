using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>Records in the ledger and the events what an observation changes of a member.</summary>
internal static class MemberChanges
{
    public static async Task RecordAsync(
        RunScope run,
        MemberObservation seen,
        ClusterObservation before,
        CancellationToken cancellationToken
    )
    {
        var member = Adopt(run, seen, MachineLife.Observe(seen, before, run.State.Options.Limits, run.Now));
        if (member == seen.Member)
        {
            return;
        }

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

    private static async Task RecordTimingAsync(RunScope run, Member before, Member after, CancellationToken cancellationToken)
    {
        TimedPhase? phase = (before.State, after.State) switch
        {
            (MachineState.Deploying, MachineState.Joining) => TimedPhase.Deploy,
            (MachineState.Joining, MachineState.Ready) => TimedPhase.Join,
            (MachineState.Releasing, MachineState.Released) => TimedPhase.Release,
            _ => null,
        };
        if (phase is { } known && run.View.Machines.Find(after.Machine) is { } machine)
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
