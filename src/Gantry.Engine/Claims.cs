using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine;

/// <summary>
/// Planning with the right to the machines it names: under one lock, so that no machine is promised twice, and older
/// requests before younger ones.
/// </summary>
internal static class Claims
{
    /// <summary>Plans and stores an intent for every machine the plan takes.</summary>
    public static async Task<Plan> PlanAsync(RunScope run, ClusterObservation observed, CancellationToken cancellationToken)
    {
        var state = run.State;
        using (await state.Choosing.EnterAsync())
        {
            var inventory = state.FreeMachines(run.View);
            var missing = run.Spec.Deletion is null ? Planner.Shortfalls(run.Spec, run.Record.Members) : [];
            var turn = missing.Count > 0 ? Turn(run, inventory) : new Place(inventory, null);
            var plan = Planner.Plan(run.Spec, observed, turn.Inventory, run.Now, state.Options.Limits);
            if (turn.Behind is { } behind && plan.Refusals.Any(refusal => refusal.Reason is Reasons.TooFewMachines or Reasons.NoMachineFits))
            {
                plan = plan with { Waits = [new Wait(Reasons.WaitsForTurn, $"{behind} was asked for earlier and goes first."), .. plan.Waits] };
            }

            var chosen = new List<Member>();
            foreach (var step in plan.Steps.OfType<Step.Allocate>().Where(step => run.Record.FindMember(step.Machine) is null))
            {
                var intent = $"gantry-{state.LedgerId}-{await state.Ports.Ledger.NextAsync(cancellationToken)}";
                state.NotYetAsked(intent);
                chosen.Add(new Member
                {
                    Machine = step.Machine,
                    Hostname = step.Hostname,
                    Pool = step.Pool,
                    Role = step.Role,
                    Zone = step.Zone,
                    State = MachineState.Chosen,
                    Since = run.Now,
                    Intent = intent,
                });
            }

            if (chosen.Count > 0)
            {
                await run.SaveAsync(run.Record with { Members = [.. run.Record.Members, .. chosen] }, cancellationToken);
            }

            return plan;
        }
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
                    .. members.Select(member => new MemberSighting(
                        member, new Sighting<MaasFacts>.Unknown("not looked at"), new Sighting<NodeFacts>.Unknown("not looked at"))),
                ],
            };

            // Who asks for more than the region has at all must not hold up everybody else.
            if (!CouldEverFit(run, older, theirMissing))
            {
                continue;
            }

            var taken = Choosing.Choose(older, theirMissing, theirs, inventory).Picks.Select(pick => pick.Machine).ToHashSet();
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
        return Choosing.Choose(older, missing, ClusterObservation.Nothing, everything).Refusals.Count is 0;
    }

    private static bool IsOlder(ClusterSpec other, ClusterSpec mine) =>
        other.Id != mine.Id
        && (other.CreatedAt < mine.CreatedAt
            || (other.CreatedAt == mine.CreatedAt && string.CompareOrdinal(other.Id.Value, mine.Id.Value) < 0));

    private sealed record Place(Inventory Inventory, string? Behind);
}
