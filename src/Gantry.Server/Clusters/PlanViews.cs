using Gantry.Clusters.Model;

namespace Gantry.Server.Clusters;

/// <summary>Gateways' answers about plans and capacity, in the form of the public API.</summary>
internal static class PlanViews
{
    public static PlanAnswer Plan(PlanDocument plan) =>
        new(
            plan.Hash,
            [.. plan.Steps.Select(Step)],
            plan.Pending,
            [.. plan.Blockers.Select(Blocker)],
            plan.Machines is { } machines ? [.. machines.Select(Machine)] : null
        )
        {
            ExpectedSeconds = plan.ExpectedSeconds,
            SlowSeconds = plan.SlowSeconds,
            Warnings = plan.Warnings,
        };

    public static WhyNotAnswer WhyNot(WhyNotDocument document) =>
        new([.. document.Pools.Select(Pool)])
        {
            NotFree = [.. document.NotFree.Select(one => new NotFreeView(one.Kind.ToString(), one.Message, one.Machines))],
            Blockers = [.. document.Blockers.Select(Blocker)],
            Pending = document.Pending,
            Warnings = document.Warnings,
        };

    public static WhatIfAnswer WhatIf(CapacityAnswer answer) =>
        new(answer.Asked, answer.Fit, answer.CanRoll, answer.FreeBefore, answer.FreeAfter, answer.Limits);

    public static ExplainAnswer Explanation(Explanation explanation) =>
        new(explanation.Reason, explanation.Cause, explanation.NextAction, explanation.ActionRequired, explanation.Since);

    private static BlockerView Blocker(Blocker blocker) => new(blocker.Reason, blocker.Message);

    private static PlanStepView Step(PlannedStep step) =>
        new()
        {
            Symbol = step.Symbol,
            Action = step.Action,
            Machine = step.Machine,
            Hostname = step.Hostname,
            Pool = step.Pool?.Value,
            Zone = step.Zone,
            Reason = step.Reason,
            Disruptive = step.Disruptive,
            ExpectedSeconds = step.ExpectedSeconds,
            SlowSeconds = step.SlowSeconds,
        };

    private static MachineChangeView Machine(MachineChange change) =>
        new()
        {
            Symbol = change.Symbol,
            Hostname = change.Hostname,
            ReplacedBy = change.ReplacedBy,
            Pool = change.Pool,
            Zone = change.Zone,
            Disruptive = change.Disruptive,
            Reason = change.Reason,
        };

    private static PoolWhyNotView Pool(PoolWhyNot pool) =>
        new(
            pool.Pool.Value,
            pool.Missing,
            pool.Fitting,
            [.. pool.Constraints.Select(one => new ConstraintView(one.Constraint, one.Failing, one.Alone))],
            [.. pool.Machines.Select(machine => new MachineWhyNotView(machine.Machine.Value, machine.Hostname, machine.Failed))],
            [
                .. pool.Relaxations.Select(one => new RelaxationView(
                    one.Changes,
                    one.Fitting,
                    one.Placement is { } placement ? Placement(placement) : null
                )),
            ]
        );

    private static PlacementView Placement(PoolPlacement placement) =>
        new()
        {
            ResourcePool = placement.ResourcePool,
            Zones = placement.Zones,
            MinCpu = placement.MinCpu,
            MinMemoryMiB = placement.MinMemoryMiB,
            MinDiskGB = placement.MinDiskGB,
            Architecture = placement.Architecture,
            Subnet = placement.Subnet?.Value,
            Tags = placement.Tags,
            NotTags = placement.NotTags,
        };
}
