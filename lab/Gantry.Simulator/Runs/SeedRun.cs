using System.Diagnostics;
using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Simulator.Invariants;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator;

/// <summary>The options of a run beside its scenario.</summary>
internal sealed record RunOptions
{
    /// <summary>
    /// <c>null</c> lets the seed choose: one in sixteen reconciles as often as a real gateway, the others a few times less often,
    /// because most reconciles of an idle cluster observe no change.
    /// </summary>
    public EngineOptions? Engine { get; init; }

    /// <summary>Wraps the engine's ports; tests use it to disable a safeguard.</summary>
    public Func<EnginePorts, EnginePorts>? Around { get; init; }

    /// <summary>The console gives work to one instance of the gateway; tests switch it off.</summary>
    public bool TellsInstancesApart { get; init; } = true;

    public Action<string>? Trace { get; init; }
}

/// <c>null</c> if every invariant held.
/// <param name="Digest">Equal for runs with the same events.</param>
internal sealed record SeedResult(
    Scenario Scenario,
    Violation? Violation,
    ulong Digest,
    TimeSpan Simulated,
    TimeSpan Took,
    long Calls
);

/// <summary>Runs one scenario until everything has settled or an invariant is violated.</summary>
internal static class SeedRun
{
    /// <summary>The time limit for settling after faults have stopped.</summary>
    public static readonly TimeSpan SettlesWithin = TimeSpan.FromHours(8);

    private static readonly EngineOptions Relaxed = new()
    {
        WhileInProgress = TimeSpan.FromSeconds(20),
        WhileStuck = TimeSpan.FromSeconds(60),
        WhileIdle = TimeSpan.FromMinutes(10),
    };

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(5);

    public static SeedResult Run(Scenario scenario, RunOptions? options = null)
    {
        options ??= new RunOptions();
        var started = Stopwatch.GetTimestamp();
        var before = SynchronizationContext.Current;
        try
        {
            var pace = options.Engine ?? (scenario.Seed % 16 is 0 ? new EngineOptions() : Relaxed);
            var simulation = new Simulation(scenario, pace, options.Around, options.Trace, options.TellsInstancesApart);
            simulation.Operators.Plan(scenario.Items);
            simulation.StartGateway();
            var begin = simulation.Time.Ticks;
            simulation.RunUntil(begin + TimeSpan.FromHours(scenario.Settings.Hours).Ticks);
            if (!simulation.Ended)
            {
                Settle(simulation);
            }

            return new SeedResult(
                scenario,
                simulation.Violation,
                simulation.History.Digest,
                simulation.Time.Elapsed,
                Stopwatch.GetElapsedTime(started),
                simulation.Calls
            );
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static void Settle(Simulation simulation)
    {
        var convergence = new Convergence(simulation);
        simulation.Operators.RepairEverything();
        var end = simulation.Time.Ticks + SettlesWithin.Ticks;
        string? unsettled = "";
        while (unsettled is not null && !simulation.Ended)
        {
            if (simulation.Time.Ticks >= end)
            {
                simulation.Violate("Converges", $"{SettlesWithin.TotalHours:0} hours after the last fault {unsettled}");
                return;
            }

            simulation.RunUntil(simulation.Time.Ticks + CheckInterval.Ticks);
            unsettled = simulation.Ended ? null : convergence.FindUnsettled();
        }
    }
}
