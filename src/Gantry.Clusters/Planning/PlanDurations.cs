using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The expected duration of a plan. Machines are deployed side by side, control planes join one after another, and in a
/// rolling replacement the next machine waits for the one before it; so a plan takes as long as its longest chain of steps,
/// not their sum.
/// </summary>
public static class PlanDurations
{
    /// <summary>
    /// The plan with the expected duration of each step and of the whole; steps of negligible duration get none.
    /// </summary>
    /// <param name="machine">The hardware of a machine, free or held; <c>null</c> when unknown.</param>
    public static PlanDocument Add(PlanDocument plan, ClusterSpec desired, Timings timings, Func<SystemId, Candidate?> machine)
    {
        var initializing = Initializing(plan.Steps, desired);
        var times = plan
            .Steps.Select(step =>
                Take(
                    step,
                    ReferenceEquals(step, initializing),
                    timings,
                    step.Machine is { } id ? machine(new SystemId(id)) : null
                )
            )
            .ToList();
        return plan with
        {
            Steps =
            [
                .. plan.Steps.Zip(
                    times,
                    (step, time) => step with { ExpectedSeconds = time?.Seconds, SlowSeconds = time?.SlowSeconds }
                ),
            ],
            ExpectedSeconds = plan.Steps.Count is 0
                ? null
                : Span(plan.Steps, desired, initializing, [.. times.Select(time => time?.Seconds ?? 0)]),
            SlowSeconds = plan.Steps.Count is 0
                ? null
                : Span(plan.Steps, desired, initializing, [.. times.Select(time => time?.SlowSeconds ?? 0)]),
        };
    }

    // The first control plane never joins: kubeadm init is part of its first boot.
    private static PlannedStep? Initializing(IReadOnlyList<PlannedStep> steps, ClusterSpec desired)
    {
        var joining = steps
            .Where(step => StageOf(step) is StepStage.Join && IsControlPlane(desired, step.Pool))
            .Select(step => step.Machine)
            .ToHashSet();
        return steps.FirstOrDefault(step =>
            StageOf(step) is StepStage.Deploy && IsControlPlane(desired, step.Pool) && !joining.Contains(step.Machine)
        );
    }

    private static ExpectedTime? Take(PlannedStep step, bool initializes, Timings timings, Candidate? machine)
    {
        if (StepCatalog.Of(step.Action).Phase is not { } phase)
        {
            return null;
        }

        var expected = timings.Expect(phase, machine);
        if (!initializes)
        {
            return expected;
        }

        var init = timings.Expect(TimedPhase.Join, machine);
        return new ExpectedTime(expected.Seconds + init.Seconds, expected.SlowSeconds + init.SlowSeconds);
    }

    private static double Span(
        IReadOnlyList<PlannedStep> steps,
        ClusterSpec desired,
        PlannedStep? initializing,
        IReadOnlyList<double> seconds
    )
    {
        var clock = new Clock(desired, [.. steps.Where(step => StageOf(step) is StepStage.Allocate).Select(step => step.Pool)]);
        for (var index = 0; index < steps.Count; index++)
        {
            clock.Pass(steps[index], ReferenceEquals(steps[index], initializing), seconds[index]);
        }

        return clock.End;
    }

    private static StepStage StageOf(PlannedStep step) => StepCatalog.Of(step.Action).Stage;

    private static bool IsControlPlane(ClusterSpec desired, DnsLabel? pool) =>
        desired.Pools.Any(one => one.Role is PoolRole.ControlPlane && one.Name == pool);

    /// <summary>End of the steps passed so far, in seconds from the start of the plan.</summary>
    /// <param name="growing">Pools that take machines in this plan.</param>
    private sealed class Clock(ClusterSpec desired, HashSet<DnsLabel?> growing)
    {
        private readonly Dictionary<string, double> _machines = [];
        private readonly Dictionary<DnsLabel, double> _grown = [];
        private readonly Dictionary<DnsLabel, double> _left = [];
        private readonly HashSet<string> _leaving = [];
        private double _apiServes;
        private double _controlPlaneChanged;

        public double End { get; private set; }

        public void Pass(PlannedStep step, bool initializes, double seconds)
        {
            if (step is not { Machine: { } machine, Pool: { } pool })
            {
                return;
            }

            var controlPlane = IsControlPlane(desired, pool);
            var begins = _machines.GetValueOrDefault(machine);
            var stage = StageOf(step);
            var leaves = stage is StepStage.Leave or StepStage.Release;

            // A deletion releases everything at once; in a living cluster the parts of a rolling replacement wait for one
            // another.
            if (desired.Deletion is null)
            {
                begins = Math.Max(
                    begins,
                    stage switch
                    {
                        StepStage.Allocate => Math.Max(Latest(_grown, pool, controlPlane), Latest(_left, pool, controlPlane)),
                        StepStage.Join => controlPlane ? _controlPlaneChanged : _apiServes,
                        _ when leaves && _leaving.Add(machine) => BeginsToLeave(pool, controlPlane),
                        _ => 0,
                    }
                );
            }

            var ends = begins + seconds;
            _machines[machine] = ends;
            var side = leaves ? _left : _grown;
            side[pool] = Math.Max(side.GetValueOrDefault(pool), ends);
            End = Math.Max(End, ends);
            if (initializes)
            {
                _apiServes = ends;
            }

            // The machine of a removed control plane may still be releasing when the next one joins; its etcd member must
            // be gone.
            if (controlPlane && (initializes || stage is StepStage.Join or StepStage.Leave))
            {
                _controlPlaneChanged = Math.Max(_controlPlaneChanged, ends);
            }
        }

        // A machine leaves when its replacements are Ready; a control plane also waits for the one before it to leave.
        private double BeginsToLeave(DnsLabel pool, bool controlPlane)
        {
            var begins = Latest(_grown, pool, controlPlane);
            if (controlPlane)
            {
                return Math.Max(begins, Math.Max(_controlPlaneChanged, _left.GetValueOrDefault(pool)));
            }

            var interval = desired.Pools.FirstOrDefault(one => one.Name == pool)?.RepaveInterval ?? TimeSpan.Zero;
            return growing.Contains(pool) && _left.TryGetValue(pool, out var before)
                ? Math.Max(begins, before + interval.TotalSeconds)
                : begins;
        }

        // Pools follow one another, the control plane first; pools that are updated in parallel wait for the control plane
        // alone.
        private double Latest(Dictionary<DnsLabel, double> side, DnsLabel pool, bool controlPlane) =>
            side.Where(other =>
                    controlPlane
                    || !desired.UpdateWorkerPoolsInParallel
                    || other.Key == pool
                    || IsControlPlane(desired, other.Key)
                )
                .Select(other => other.Value)
                .DefaultIfEmpty()
                .Max();
    }
}
