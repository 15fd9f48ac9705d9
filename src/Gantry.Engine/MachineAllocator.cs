using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Engine;

/// <summary>
/// Planning with the right to the machines it names: under one lock, so that no machine is promised twice, and older
/// requests before younger ones.
/// </summary>
internal static class MachineAllocator
{
    /// <summary>Plans and stores an intent for every machine the plan takes.</summary>
    public static async Task<Plan> PlanAsync(RunScope run, ClusterObservation observed, CancellationToken cancellationToken)
    {
        var state = run.State;
        using (await state.PlacementLock.EnterAsync())
        {
            // What is free, and what others may have first, is looked at only when the plan has to choose.
            string? before = null;
            var inventory = new Inventory(() =>
            {
                var turn = Turn(run, state.FreeMachines(run.View));
                before = turn.Behind;
                return turn.Inventory.Free;
            });
            await TellPlanAsync(run, observed, inventory, cancellationToken);
            var plan = Planner.Plan(run.Spec, observed, inventory, run.Now, state.Options.Limits);
            if (before is { } behind && plan.Blockers.Any(refusal => refusal.Reason is Reasons.TooFewMachines or Reasons.NoMachineFits or Reasons.NoSpareMachine))
            {
                plan = plan with { Pending = [new Wait(Reasons.WaitsForTurn, $"{behind} was asked for earlier and goes first."), .. plan.Pending] };
            }

            var chosen = new List<Member>();
            foreach (var step in plan.Steps.OfType<Step.Allocate>().Where(step => run.Record.FindMember(step.Machine) is null))
            {
                chosen.Add(new Member
                {
                    Machine = step.Machine,
                    Hostname = step.Hostname,
                    Pool = step.Pool,
                    Role = step.Role,
                    Zone = step.Zone,
                    State = MachineState.Selected,
                    Since = run.Now,
                    Intent = await state.Machines.NewIntentAsync(cancellationToken),
                    PlacedFor = NodeBuild.DigestOf(run.Spec.Pools.First(pool => pool.Name == step.Pool).Placement),
                });
            }

            if (chosen.Count > 0)
            {
                await run.SaveAsync(run.Record with { Members = [.. run.Record.Members, .. chosen] }, cancellationToken);
            }

            return plan;
        }
    }

    // Once for each wish: what it leads to if everything goes well.
    private static async Task TellPlanAsync(
        RunScope run, ClusterObservation observed, Inventory inventory, CancellationToken cancellationToken)
    {
        if (run.Record.PlannedGeneration >= run.Spec.Generation)
        {
            return;
        }

        var (steps, first, _) = DryRun.Run(run.Spec, observed, inventory, run.Now);
        var taken = steps.OfType<Step.Allocate>().Count();
        var given = steps.OfType<Step.Release>().Count();
        var message = first.Blockers.Count > 0
            ? string.Join("; ", first.Blockers.Select(refusal => refusal.Message))
            : $"{Counted.Of(steps.Count, "step")}: {Counted.Of(taken, "machine is", "machines are")} taken, {given} given back";
        run.RecordEvent(first.Blockers.Count > 0 ? EventSeverity.Warning : EventSeverity.Info, "Planned", message, kind: EventKind.Planned);
        await run.SaveAsync(run.Record with { PlannedGeneration = run.Spec.Generation }, cancellationToken);
    }

    /// <summary>What is left for this cluster when those that were asked for earlier have what they can get.</summary>
    private static Place Turn(RunScope run, Inventory inventory)
    {
        var state = run.State;
        string? behind = null;
        foreach (var older in state.Ports.Desired.All
                     .Where(other => other.Account == run.Spec.Account && other.Deletion is null && IsOlder(other, run.Spec))
                     .OrderBy(other => other.CreatedAt)
                     .ThenBy(other => other.Id.Value, StringComparer.Ordinal))
        {
            var members = state.Find(older.Id)?.Members ?? [];
            var theirMissing = Planner.Shortfalls(older, members);
            if (theirMissing.Count is 0)
            {
                continue;
            }

            var theirs = ClusterObservation.Nothing with
            {
                Members =
                [
                    .. members.Select(member => new MemberObservation(
                        member, new Observation<MaasFacts>.Unknown("not looked at"), new Observation<NodeFacts>.Unknown("not looked at"))),
                ],
            };

            // Who asks for more than the region has at all must not hold up everybody else.
            if (!CouldEverFit(run, older, theirMissing))
            {
                continue;
            }

            var taken = Placement.Choose(older, theirMissing, theirs, inventory).Picks.Select(pick => pick.Machine).ToHashSet();
            if (taken.Count > 0)
            {
                behind ??= older.Name;
                inventory = new Inventory([.. inventory.Free.Where(free => !taken.Contains(free.Machine))]);
            }
        }

        return new Place(inventory, behind);
    }

    private static bool CouldEverFit(RunScope run, ClusterSpec older, IReadOnlyList<Shortfall> missing)
    {
        var everything = new Inventory([.. run.View.All().Select(EngineState.AsCandidate)]);
        return Placement.Choose(older, missing, ClusterObservation.Nothing, everything).Blockers.Count is 0;
    }

    private static bool IsOlder(ClusterSpec other, ClusterSpec mine) =>
        other.Id != mine.Id
        && (other.CreatedAt < mine.CreatedAt
            || (other.CreatedAt == mine.CreatedAt && string.CompareOrdinal(other.Id.Value, mine.Id.Value) < 0));

    private sealed record Place(Inventory Inventory, string? Behind);
}
