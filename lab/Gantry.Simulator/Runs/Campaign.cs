using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator;

/// <summary>The seeds to run and the detail of the output.</summary>
public sealed record CampaignOptions
{
    public required Settings Settings { get; init; }

    public ulong From { get; init; } = 1;

    public ulong To { get; init; } = 20;

    /// <summary>The number of parallel runs, each on its own thread.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>The time limit for shrinking a failing seed.</summary>
    public TimeSpan ShrinkWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The number of failing seeds to shrink; the others are only listed.</summary>
    public int Shrink { get; init; } = 3;

    /// <summary>The scenario items to run, by number; <c>null</c> for all. Only for a single seed.</summary>
    public IReadOnlyList<int>? Keep { get; init; }

    /// <summary>Receives every line of the history. Only for a single seed.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Called periodically, from any thread, with the number of finished and of failed seeds.</summary>
    public Action<long, long>? Progress { get; init; }
}

/// <param name="History">The shortest failing scenario found, with one line for each request and fault.</param>
/// <param name="Replay">The command that replays this scenario with its full history.</param>
public sealed record FailedSeed(ulong Seed, Violation Violation, IReadOnlyList<string> History, string Replay);

/// <param name="Calls">The number of calls of gateways through their ports.</param>
/// <param name="Processor">The processor time of all runs together.</param>
public sealed record CampaignResult(
    long Seeds,
    IReadOnlyList<FailedSeed> Failed,
    TimeSpan Took,
    TimeSpan Simulated,
    TimeSpan Processor,
    long Calls
)
{
    public string Summary =>
        string.Create(CultureInfo.InvariantCulture, $"{Seeds - Failed.Count} seeds held, {Failed.Count} failed");

    public double SeedsPerSecond => Took > TimeSpan.Zero ? Seeds / Took.TotalSeconds : 0;
}

/// <summary>Runs many seeds, each on one thread, and shrinks the scenarios of failing seeds.</summary>
public static class Campaign
{
    public static CampaignResult Run(CampaignOptions options, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var state = new State(options.From);
        var threads = Enumerable
            .Range(0, Math.Max(1, options.Parallel))
            .Select(_ => new Thread(() => RunSeeds(options, state, cancellationToken)))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        cancellationToken.ThrowIfCancellationRequested();
        if (state.Fault is { } fault)
        {
            throw new InvalidOperationException($"seed {fault.Seed} could not be run", fault.Why);
        }

        var took = Stopwatch.GetElapsedTime(started);
        var failed = state.Failed.OrderBy(result => result.Scenario.Seed).ToList();
        return new CampaignResult(
            (long)(options.To - options.From + 1),
            [.. failed.Select((result, index) => Describe(options, result, index < options.Shrink && options.Keep is null))],
            took,
            state.Simulated,
            state.Processor,
            state.Calls
        );
    }

    /// <summary>The command that replays a seed with its full history.</summary>
    public static string Replay(ulong seed, Settings settings, IReadOnlyList<int>? keep)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"gantry simulate --seed {seed} --clusters {settings.Clusters} --machines {settings.Machines} --hours "
                + $"{settings.Hours:0.##}"
        );
        text.Append(CultureInfo.InvariantCulture, $" --faults {FaultNames.Write(settings.Faults)}");
        if (keep is not null)
        {
            text.Append(" --keep ").AppendJoin(',', keep);
        }

        return text.Append(" --trace").ToString();
    }

    private static void RunSeeds(CampaignOptions options, State state, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && state.Fault is null && state.Take(options.To) is { } seed)
        {
            try
            {
                state.Add(SeedRun.Run(ScenarioOf(options, seed), new RunOptions { Trace = options.Trace }), options.Progress);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                state.Fault = new RunFault(seed, fault);
            }
        }
    }

    private static Scenario ScenarioOf(CampaignOptions options, ulong seed)
    {
        var whole = Scenario.Of(seed, options.Settings);
        return options.Keep is { } keep ? whole.With([.. whole.Items.Where(item => keep.Contains(item.Number))]) : whole;
    }

    private static FailedSeed Describe(CampaignOptions options, SeedResult result, bool shrink)
    {
        var scenario = shrink ? Shrinking.Shrink(result, new RunOptions(), options.ShrinkWithin) : result.Scenario;
        var violation = shrink ? SeedRun.Run(scenario).Violation! : result.Violation!;
        var keep = shrink ? scenario.Items.Select(item => item.Number).ToList() : options.Keep;
        return new FailedSeed(
            scenario.Seed,
            violation,
            shrink ? [.. scenario.Items.Select(item => $"{History.At(item.At)}  {item}")] : [],
            Replay(scenario.Seed, scenario.Settings, keep)
        );
    }

    private sealed record RunFault(ulong Seed, Exception Why);

    private sealed class State(ulong from)
    {
        private readonly Lock _gate = new();
        private ulong _next = from;
        private long _done;

        public ConcurrentBag<SeedResult> Failed { get; } = [];

        public TimeSpan Simulated { get; private set; }

        public TimeSpan Processor { get; private set; }

        public long Calls { get; private set; }

        public RunFault? Fault { get; set; }

        public ulong? Take(ulong to)
        {
            lock (_gate)
            {
                return _next <= to ? _next++ : null;
            }
        }

        public void Add(SeedResult result, Action<long, long>? progress)
        {
            if (result.Violation is not null)
            {
                Failed.Add(result);
            }

            lock (_gate)
            {
                _done++;
                Simulated += result.Simulated;
                Processor += result.Took;
                Calls += result.Calls;
            }

            progress?.Invoke(_done, Failed.Count);
        }
    }
}
