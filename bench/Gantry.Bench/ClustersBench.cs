using System.Diagnostics;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Pools;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;
using Microsoft.Extensions.Logging;

namespace Gantry.Bench;

/// <summary>
/// Console, gateway, engine and lab in this process; clusters of 3 control planes and 5 workers asked for at once over the
/// public API. What is printed beside each figure is what the design asks for.
/// </summary>
public sealed class ClustersBench(int clusters, int machines, int speed)
{
    private const int ControlPlanes = 3;
    private const int Workers = 5;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    public async Task RunAsync(CliHost host)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-bench-").FullName;
        try
        {
            using var held = DataFolder.Hold(folder);
            var settings = new UpSettings(
                0,
                new LabSettings(machines, speed, 0, 1),
                null,
                new ErrorStreamLog(host.Error, isJson: false, LogLevel.Warning, host.Time)
            );
            var clock = Stopwatch.StartNew();
            await using var running = await RunningParts.StartAsync(held, settings, host, CancellationToken.None);
            Say("start of console, lab and gateway, paired", $"{clock.Elapsed.TotalSeconds:0.0} s", "pairing ≤ 10 s");
            await MeasureAsync(running, Credentials.Read(folder)!, host);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MeasureAsync(RunningParts running, Credentials credentials, CliHost host)
    {
        using var console = new ConsoleSession(
            new ConsoleAddress(new Uri(credentials.Url), credentials.ApiKey, credentials.CaFile, ConsoleAddress.DefaultProject)
        );
        var account = (await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], CancellationToken.None))[0]
            .Metadata
            .Uid!;
        var profile = (await console.CallAsync(Operations.Profiles.ListMetadata, [], CancellationToken.None))
            .Items[0]
            .Metadata
            .Uid;

        var planning = Stopwatch.StartNew();
        await console.CallAsync(Operations.Plans.PlanNew, [], Body("planned", account, profile), CancellationToken.None);
        Say(
            $"plan of one cluster over {machines} machines, through console, gateway and MAAS",
            $"{planning.ElapsedMilliseconds} ms",
            ""
        );

        var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var uids = new List<string>();
        for (var number = 0; number < clusters; number++)
        {
            var created = await console.CallAsync(
                Operations.Clusters.Create,
                [],
                Body($"c{number:000}", account, profile),
                CancellationToken.None
            );
            uids.Add(created.Uid);
        }

        Say($"{clusters} clusters accepted", $"{clock.Elapsed.TotalSeconds:0.0} s", "");
        await AllUpAsync(console, uids, clock, host);
        process.Refresh();
        Say(
            $"{clusters} clusters of {ControlPlanes}+{Workers} Running and Healthy",
            $"{clock.Elapsed.TotalSeconds:0.0} s",
            "all of them"
        );
        Say("processor time", $"{(process.TotalProcessorTime - before).TotalSeconds:0} s", "");
        Say(
            "peak memory of the whole process, lab and console included",
            $"{process.PeakWorkingSet64 / (1024 * 1024)} MiB",
            "gateway alone ≤ 256 MiB"
        );
        Say("managed heap now", $"{GC.GetTotalMemory(forceFullCollection: true) / (1024 * 1024)} MiB", "");

        var calls = await CallsAsync(running);
        var nodes = clusters * (ControlPlanes + Workers);
        Say("MAAS calls", $"{calls.Values.Sum()}", "");
        Say("MAAS calls per machine from Ready to node", $"{calls.Values.Sum() / (double)nodes:0.0}", "≤ 6");
        foreach (var (call, count) in calls.OrderByDescending(call => call.Value))
        {
            Say($"    {call}", $"{count}", "");
        }

        var idle = process.TotalProcessorTime;
        await Task.Delay(Idle, host.Time);
        process.Refresh();
        var lists = (await CallsAsync(running)).GetValueOrDefault("GET machines/") - calls.GetValueOrDefault("GET machines/");
        Say("lists of machines per 10 s when idle", $"{lists / (Idle.TotalSeconds / 10):0.0}", "≤ 1");
        Say("processor share when idle", $"{(process.TotalProcessorTime - idle) / Idle:P1} of one core", "");
    }

    private static async Task AllUpAsync(ConsoleSession console, List<string> uids, Stopwatch clock, CliHost host)
    {
        while (true)
        {
            var up = 0;
            foreach (var uid in uids)
            {
                var progress = await ClusterApi.ProgressAsync(console, uid, CancellationToken.None);
                up += ClusterWait.IsUp(progress) ? 1 : 0;
            }

            if (up == uids.Count)
            {
                return;
            }

            if (clock.Elapsed > Longest)
            {
                throw new TimeoutException($"only {up} of {uids.Count} clusters are up after {clock.Elapsed}");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), host.Time);
        }
    }

    private static async Task<Dictionary<string, long>> CallsAsync(RunningParts running)
    {
        using var http = new HttpClient();
        var answer = JsonNode.Parse(await http.GetStringAsync(new Uri(new Uri(running.LabUrl!), "/lab/calls")))!;
        return answer.AsObject().ToDictionary(call => call.Key, call => (long)call.Value!);
    }

    private static ClusterEntity Body(string name, string account, string profile) =>
        new(
            new ObjectMeta { Name = name, Uid = "" },
            new ClusterInput
            {
                CloudAccountUid = account,
                CloudConfig = new MaasClusterConfig { Domain = "" },
                Profiles = [new ProfileChoice(profile, null, null, null)],
                MachinePoolConfig =
                [
                    new PoolEdit { Size = ControlPlanes }.New("control-plane", controlPlane: true),
                    new PoolEdit { Size = Workers }.New("workers", controlPlane: false),
                ],
            }
        );

    private static void Say(string what, string figure, string asked) =>
        System.Console.WriteLine($"{what, -75} {figure, 12}   {asked}".TrimEnd());
}
