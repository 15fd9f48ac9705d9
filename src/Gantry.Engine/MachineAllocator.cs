using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Engine;

/// <summary>
/// Plans under <see cref="EngineState.PlacementLock"/>, so that no two clusters choose the same machine and older requests
/// are served before younger ones.
/// </summary>
internal static class MachineAllocator
{
    /// <summary>Plans, and stores an intent for every machine that the plan allocates.</summary>
    public static async Task<Plan> PlanAsync(RunScope run, ClusterObservation observed, CancellationToken cancellationToken)
    {
        var state = run.State;
        using (await state.PlacementLock.EnterAsync())
        {
            var inventory = InventoryFor(run);
            await RecordPlanEventAsync(run, observed, inventory, cancellationToken);
            var plan = Planner.Plan(run.Spec, observed, inventory, run.Now, state.Options.Limits);
            state.RecordPlan(run.Spec, plan);

            var chosen = new List<Member>();
            foreach (var step in plan.Steps.OfType<Step.Allocate>().Where(step => run.Record.FindMember(step.Machine) is null))
            {
                chosen.Add(
                    new Member
                    {
                        Machine = step.Machine,
                        Hostname = step.Hostname,
                        Pool = step.Pool,
                        Role = step.Role,
                        Zone = step.Zone,
                        State = MachineState.Selected,
                        Since = run.Now,
                        Intent = await state.Machines.NewIntentAsync(cancellationToken),
                        Taken = run.View.Machines.Find(step.Machine) is { } seen
                            ? TakenFacts.Of(EngineState.AsCandidate(seen))
                            : null,
                        PlacedFor = NodeBuild.DigestOf(run.Spec.Pools.First(pool => pool.Name == step.Pool).Placement),
                    }
                );
            }

            if (chosen.Count > 0)
            {
                await run.SaveAsync(run.Record with { Members = [.. run.Record.Members, .. chosen] }, cancellationToken);
                foreach (var member in chosen)
                {
                    state.Log.MachineChosen(run.Spec.Name, member.Hostname, member.Machine, member.Pool, member.Intent);
                }
            }

            return plan;
        }
    }

    /// <summary>
    /// The machines that are left for the cluster after older requests are served. It is computed when a plan first needs it.
    /// The caller holds <see cref="EngineState.PlacementLock"/>.
    /// </summary>
    public static Inventory InventoryFor(RunScope run) => new(() => run.State.Waiting.TurnOf(run));

    // Records the dry run of each generation once.
    private static async Task RecordPlanEventAsync(
        RunScope run,
        ClusterObservation observed,
        Inventory inventory,
        CancellationToken cancellationToken
    )
    {
        if (run.Record.PlannedGeneration >= run.Spec.Generation)
        {
            return;
        }

        var dry = DryRun.Run(run.Spec, observed, inventory, run.Now, run.State.Options.Limits);
        var taken = dry.Steps.OfType<Step.Allocate>().Count();
        var given = dry.Steps.OfType<Step.Release>().Count();
        var message =
            dry.Blockers.Count > 0
                ? string.Join("; ", dry.Blockers.Select(blocker => blocker.Message))
                : $"{Counted.Of(dry.Steps.Count, "step")}: {Counted.Of(taken, "machine is", "machines are")} taken, {given} "
                    + "given back";
        run.RecordEvent(
            dry.Blockers.Count > 0 ? EventSeverity.Warning : EventSeverity.Info,
            "Planned",
            message,
            kind: EventKind.Planned
        );
        await run.SaveAsync(run.Record with { PlannedGeneration = run.Spec.Generation }, cancellationToken);
    }
}
