using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// A person ends the wait for a machine that has left its cluster and that MAAS does not release. The machine stays in MAAS as it
/// is, without the cluster's mark, and the ledger forgets it.
/// </summary>
internal static class Abandonment
{
    /// <summary>Carries out what was asked for the cluster, and answers whoever asked.</summary>
    public static async Task CarryOutAsync(RunScope run, CancellationToken cancellationToken)
    {
        foreach (var request in run.State.TakeAbandonments(run.Spec.Id).Where(request => !request.Answer.Task.IsCompleted))
        {
            try
            {
                await AbandonAsync(run, request.Machine, cancellationToken);
                request.Answer.TrySetResult();
            }
            catch (RegionException refused)
            {
                request.Answer.TrySetException(refused);
            }
            finally
            {
                request.Answer.TrySetException(
                    new RegionException(RegionFailure.Unreachable, "The engine failed; its log says why. Ask again.")
                );
            }
        }
    }

    private static async Task AbandonAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        if (run.Record.FindMember(machine) is not { } member)
        {
            throw new RegionException(RegionFailure.NotFound, $"The cluster {run.Spec.Name} has no machine {machine}.");
        }

        if (!(member.State is MachineState.Releasing || (!member.Stays && member.ReleaseFailure is not null)))
        {
            throw new RegionException(
                RegionFailure.Conflict,
                $"{member.Hostname} is {member.State} and has not left {run.Spec.Name}: ask for its replacement or scale its pool down "
                    + "first."
            );
        }

        var found = await run.ReadAsync(
            machine.Value,
            $"show {member.Hostname}",
            (region, token) => region.FindAsync(machine, token),
            cancellationToken
        );
        if (found is Observation<RegionMachine>.Unknown { Reason: var hidden })
        {
            throw new RegionException(RegionFailure.Conflict, $"Nobody knows whether {member.Hostname} is given back: {hidden}.");
        }

        var seen = found.ValueOrDefault;
        if (RefusalOf(member, seen) is { } refusal)
        {
            throw new RegionException(RegionFailure.Conflict, refusal);
        }

        // The marks go first: a machine that carries them and that no ledger knows would stop the cluster.
        await run.State.Machines.AnnotateAsync(run, seen!, MachineMark.Abandoned, cancellationToken);
        run.View.Machines.RecordResult(seen! with { Mark = null, IsAbandoned = true });
        var left = member.Enter(MachineState.Releasing, run.Now);
        await run.SaveAsync(left, cancellationToken);
        await run.SaveAsync(left.Enter(MachineState.Released, run.Now), cancellationToken);
        run.RecordEvent(
            EventSeverity.Warning,
            "Abandoned",
            $"an operator takes over {member.Hostname}, which MAAS did not release after {Counted.Of(member.ReleaseRequests, "request")}; "
                + $"it stays {seen!.StatusName} in MAAS",
            machine,
            EventKind.Result
        );
    }

    // What MAAS gives back by itself needs nobody to let go of it.
    private static string? RefusalOf(Member member, RegionMachine? seen) =>
        seen switch
        {
            null or { Owner: null } => $"MAAS does not hold {member.Hostname} for anybody: the cluster forgets it by itself.",
            { Locked: true } => $"{member.Hostname} is locked in MAAS; unlock it, and it is released.",
            { Status: MaasStatus.Releasing or MaasStatus.DiskErasing } =>
                $"MAAS is releasing {member.Hostname} ({seen.StatusName}); wait for its end.",
            { IsOurs: false } => $"{member.Hostname} belongs to the MAAS user {seen.Owner}.",
            _ => null,
        };
}

/// <param name="Answer">Done when the ledger has forgotten the machine; a <see cref="RegionException"/> says why it has not.</param>
internal sealed record AbandonmentRequest(SystemId Machine, TaskCompletionSource Answer);
