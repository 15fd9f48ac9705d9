using System.Diagnostics;
using System.Globalization;
using Gantry.Engine.Ledger;
using Gantry.Simulator;
using Gantry.Simulator.Scenarios;

namespace Gantry.Bench;

/// <summary>What the engine costs, measured under virtual time: only the processor is waited for, never a machine.</summary>
public static class SimulatorBench
{
    /// <summary>
    /// Ten thousand runs of 5 clusters, 60 machines and 24 hours with every fault: do they hold, and how long do they take?
    /// </summary>
    public static int Simulate(int seeds, int clusters, int machines, int hours, int parallel)
    {
        var before = ProcessorTime();
        var result = Campaign.Run(
            new CampaignOptions
            {
                Settings = new Settings
                {
                    Clusters = clusters,
                    Machines = machines,
                    Hours = hours,
                },
                From = 1,
                To = (ulong)seeds,
                Parallel = parallel,
            },
            CancellationToken.None
        );
        foreach (var failed in result.Failed)
        {
            System.Console.WriteLine($"seed {failed.Seed}: {failed.Violation}\n    {failed.Replay}");
        }

        var processor = ProcessorTime() - before;
        Say($"{seeds} seeds of {clusters} clusters, {machines} machines, {hours} hours, all faults", result.Summary, "all held");
        Say("real time", $"{result.Took.TotalSeconds:0} s, {result.SeedsPerSecond:0.0} seeds/s on {parallel} threads", "");
        Say("processor time per seed", $"{processor.TotalMilliseconds / seeds:0} ms", "≤ 1 s");
        Say("simulated time per seed", $"{result.Simulated.TotalHours / seeds:0.0} h", "");
        Say("calls through ports per seed", $"{result.Calls / seeds}", "");
        return result.Failed.Count is 0 ? 0 : 1;
    }

    /// <summary>
    /// A thousand clusters of one control plane and one worker asked for at once: how long until all are Running?
    /// </summary>
    public static void Thousand(int clusters)
    {
        var clock = Stopwatch.StartNew();
        var before = ProcessorTime();
        var fleet = new Fleet(clusters);
        fleet.Ask();
        fleet.RunUntilRunning(clusters);
        Say($"{clusters} clusters (1+1) created to Running", $"{clock.Elapsed.TotalSeconds:0.0} s", "≤ 60 s");
        Say("processor time", $"{(ProcessorTime() - before).TotalSeconds:0.0} s", "");
        Say("simulated time", $"{fleet.Elapsed.TotalMinutes:0} min", "");
        Say("calls through ports per cluster", $"{fleet.Calls / clusters}", "");
        Say(
            "peak memory of the process, data centre and clusters included",
            $"{Process.GetCurrentProcess().PeakWorkingSet64 / (1024 * 1024)} MiB",
            ""
        );
    }

    /// <summary>Clusters that are as they should be, at the pace of a real gateway: what do they cost by being there?</summary>
    public static void Idle(int clusters)
    {
        var fleet = new Fleet(clusters);
        fleet.Ask();
        fleet.RunUntilRunning(clusters);
        fleet.Pass(TimeSpan.FromMinutes(30));
        var calls = fleet.Calls;
        var before = ProcessorTime();
        fleet.Pass(TimeSpan.FromHours(1));
        var share = (ProcessorTime() - before) / TimeSpan.FromHours(1);
        calls = fleet.Calls - calls;
        var with = Heap();
        fleet.Forget();
        var without = Heap();
        Say($"{clusters} idle clusters: processor share of one core", share.ToString("P2", CultureInfo.InvariantCulture), "");
        Say("calls through ports per cluster and minute", $"{calls / 60.0 / clusters:0.0}", "");
        Say(
            "memory of the gateway per idle cluster, without what is on its disk",
            $"{(with - without) / 1024.0 / clusters:0.0} KiB",
            "≤ 100 KiB"
        );
        Say("the whole heap per cluster: gateway, ledger, data centre, nodes", $"{with / 1024.0 / clusters:0.0} KiB", "");
        GC.KeepAlive(fleet);
    }

    /// <summary>Clusters that wait for machines which do not exist: what do they cost by waiting?</summary>
    public static void Waiting(int clusters, int minutes)
    {
        var fleet = new Fleet(clusters, machines: 10);
        fleet.Ask();
        fleet.RunUntilRunning(5);
        fleet.Pass(TimeSpan.FromMinutes(1));
        var calls = fleet.Calls;
        var before = ProcessorTime();
        fleet.Pass(TimeSpan.FromMinutes(minutes));
        var share = (ProcessorTime() - before) / TimeSpan.FromMinutes(minutes);
        Say(
            $"{clusters - fleet.Running} waiting clusters: processor share of one core",
            share.ToString("P2", CultureInfo.InvariantCulture),
            "≤ 2 %"
        );
        Say("calls through ports per cluster and minute", $"{(fleet.Calls - calls) / (double)minutes / clusters:0.0}", "");
    }

    /// <summary>
    /// A gateway is killed in the middle of its work: how long until a new one on the same disk goes on with all of it?
    /// </summary>
    public static void Restart(int clusters)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-bench-").FullName;
        try
        {
            var file = Path.Combine(folder, "engine.db");
            Fleet fleet;
            using (var ledger = SqliteLedger.Open(file))
            {
                fleet = new Fleet(clusters, ledger);
                fleet.Ask();
                fleet.RunUntilRunning(clusters / 2);
                fleet.Kill();
            }

            var clock = Stopwatch.StartNew();
            var before = ProcessorTime();
            using var again = SqliteLedger.Open(file);
            var took = fleet.StartUntilResumed(again);
            Say(
                $"restart with {clusters} clusters, {fleet.Running} of them Running, from SQLite",
                $"{clock.Elapsed.TotalSeconds:0.0} s",
                "≤ 10 s"
            );
            Say("processor time", $"{(ProcessorTime() - before).TotalSeconds:0.0} s", "");
            Say("the same with what MAAS and API servers take to answer", $"{took.TotalSeconds:0.0} s", "≤ 10 s");
            fleet.RunUntilRunning(clusters);
            Say("afterwards", $"{fleet.Running} Running, nothing taken twice", "zero duplicate allocations");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TimeSpan ProcessorTime() => Process.GetCurrentProcess().TotalProcessorTime;

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Say(string what, string figure, string asked) =>
        System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what, -75} {figure, 12}   {asked}").TrimEnd());
}
