using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Testing;

namespace Gantry.Scenarios.Killing;

/// <summary>
/// A cluster whose Gantry is killed while it is created, rolled, scaled down and deleted. The lab's MAAS and the cluster itself are the
/// witnesses.
/// </summary>
/// <param name="say">Receives a line for each kill and each phase.</param>
internal sealed class KilledCluster(RunningGantry gantry, string name, Random random, Action<string> say)
{
    private const string Label = "killed";

    // What of a start a kill may meet: from the first millisecond to a moment after the engine has begun.
    private const int LongestStart = 4000;
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private int _initialized;
    private string? _uid;
    private string? _kubeSystem;
    private int _written;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Begins a phase, kills during it, and waits until the cluster is at rest by itself.</summary>
    /// <returns>The kills that fell into the phase: while the cluster was not yet what it must be at the end.</returns>
    public async Task<int> RunAsync(Phase phase, int kills)
    {
        var record = await LabRecord.ReadAsync(gantry);
        var begin = record.Length;
        if (_uid is null)
        {
            _initialized = record.Count("initialized", 0);
        }

        foreach (var command in phase.Commands)
        {
            await gantry.RunAsync(command);
        }

        var acknowledged = await DesiredAsync(phase);
        var counted = 0;

        // The gateway first: while the console is down, the gateway may finish the phase.
        var next = gantry.Processes.Count - 1;
        for (var kill = 0; kill < kills; )
        {
            var victim = gantry.Processes[next++ % gantry.Processes.Count];
            var moment = kill is 0 ? TimeSpan.FromMilliseconds(random.Next(300)) : phase.Length * 2 / kills * random.NextDouble();
            await Task.Delay(moment, TimeProvider.System, Cancel);
            var (inside, doing) = await IsUnfinishedAsync(phase);
            if (!inside)
            {
                say($"{name} {phase.Name}: is done before the next kill");
                break;
            }

            acknowledged = kill % 2 is 1 && phase.Wanted is not null ? await WriteAsync(phase) : acknowledged;
            await victim.KillAsync();
            (kill, counted) = (kill + 1, counted + 1);
            say($"{name} {phase.Name}: kill {kill}, {victim.Name}, {Text(moment)} after its start or the last kill: {doing}");
            while (kill < kills && random.Next(3) is 0)
            {
                moment = TimeSpan.FromMilliseconds(random.Next(LongestStart));
                _ = victim.Begin();
                await Task.Delay(moment, TimeProvider.System, Cancel);
                await victim.KillAsync();
                (kill, counted) = (kill + 1, counted + 1);
                say($"{name} {phase.Name}: kill {kill}, {victim.Name}, {Text(moment)} into its start");
            }

            await victim.StartAsync();
            await AssertAfterKillAsync(phase, begin, acknowledged);
        }

        var clock = TimeProvider.System.GetTimestamp();
        await UntilDoneAsync(phase);
        await Eventually.HoldsAsync(() => AssertAtRestAsync(phase, begin, acknowledged), TimeSpan.FromMinutes(1));
        say($"{name} {phase.Name}: at rest {Text(TimeProvider.System.GetElapsedTime(clock))} after the last kill");
        return counted;
    }

    private async Task UntilDoneAsync(Phase phase)
    {
        var clock = TimeProvider.System.GetTimestamp();
        while (await IsUnfinishedAsync(phase) is (true, var doing))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(clock) < Rest, $"{name} {phase.Name}: {doing}\n{gantry.Log}");
            await Task.Delay(Pause, TimeProvider.System, Cancel);
        }
    }

    private async Task<(bool Inside, string Doing)> IsUnfinishedAsync(Phase phase)
    {
        if (_uid is not { } uid)
        {
            return (true, "");
        }

        using var console = new ConsoleSession(Address());
        var progress = await ClusterApi.ProgressAsync(console, uid, Cancel);
        var isDone = phase.Wanted is { } wanted ? ClusterWait.IsSettled(wanted.Sizes)(progress) : ClusterWait.IsGone(progress);
        return (!isDone, progress.Status is { } status ? $"{status.Phase}, {status.Message}" : "nothing reported yet");
    }

    /// <summary>Makes a change that is acknowledged just before a kill.</summary>
    private async Task<Acknowledged?> WriteAsync(Phase phase)
    {
        _written++;
        await gantry.RunAsync("cluster", "update", name, "--label", $"{Label}={_written}");
        return await DesiredAsync(phase);
    }

    private async Task AssertAfterKillAsync(Phase phase, int begin, Acknowledged? acknowledged)
    {
        Assert.Equal(acknowledged, await DesiredAsync(phase));
        var record = await LabRecord.ReadAsync(gantry);
        record.AssertNothingTwice();
        Assert.True(record.Count("initialized", 0) <= _initialized + 1, "kubeadm init has run twice");
        Assert.True(record.Count("allocated", begin) <= phase.Installed, "more machines were taken than the phase installs");
        var held = (await Leftovers.OfAsync(gantry))
            .Where(item => item.StartsWith("machines", StringComparison.Ordinal))
            .ToList();
        Assert.True(held.Count <= phase.Most, $"more than {phase.Most} machines are held: {string.Join(' ', held)}");
    }

    private async Task AssertAtRestAsync(Phase phase, int begin, Acknowledged? acknowledged)
    {
        var record = await LabRecord.ReadAsync(gantry);
        var held = record.AssertNothingTwice();
        Assert.Equal(phase.Installed, record.Count("allocated", begin));
        Assert.Equal(_initialized + 1, record.Count("initialized", 0));
        Assert.DoesNotContain("second instance", await gantry.RunAsync("gateway", "list"), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(JsonNode.Parse(await gantry.RunAsync("quarantine", "list", "-o", "json"))!.AsArray());
        if (phase.Wanted is not { } wanted)
        {
            Assert.Empty(await Leftovers.OfAsync(gantry));
            Assert.Empty(held);
            Assert.Contains("is deleted", (await gantry.CliAsync("cluster", "watch", name)).Error, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(acknowledged, await DesiredAsync(phase));
        var status = JsonNode.Parse(await gantry.RunAsync("cluster", "get", name, "-o", "json"))!["status"]!;
        await AssertHoldsAsync(status, wanted, held);
        await AssertServesAsync(status, wanted);
        Assert.Contains("is as it should be", (await gantry.CliAsync("explain", "cluster", name)).Out, StringComparison.Ordinal);
    }

    /// <summary>Asserts that what MAAS gave out is what the cluster says it has.</summary>
    private async Task AssertHoldsAsync(JsonNode status, ClusterShape wanted, IReadOnlyCollection<string> held)
    {
        var machines = status["machines"]!.AsArray();
        Assert.Equal(
            held.Order(StringComparer.Ordinal),
            machines.Select(machine => (string)machine!["systemId"]!).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            wanted.Sizes.OrderBy(pool => pool.Key, StringComparer.Ordinal),
            machines.CountBy(machine => (string)machine!["pool"]!).OrderBy(pool => pool.Key, StringComparer.Ordinal)
        );
        var others = await gantry.LabAsync("leftovers");
        var endpoint = (string)status["endpoint"]!["host"]!;
        Assert.Equal(
            [endpoint],
            others["addresses"]!.AsArray().Concat(others["dnsRecords"]!.AsArray()).Select(held => (string)held!)
        );
    }

    /// <summary>Asserts that it is one cluster, the same since its creation, of the wanted nodes.</summary>
    private async Task AssertServesAsync(JsonNode status, ClusterShape wanted)
    {
        var controlPlane = status["machines"]!.AsArray().First(machine => (string)machine!["role"]! == "ControlPlane")!;
        using var kubectl = await Kubectl.AtAsync(
            gantry,
            name,
            (string)controlPlane["addresses"]![0]!,
            (string)status["endpoint"]!["host"]!
        );
        var nodes = (await kubectl.RunAsync("get", "nodes", "-L", Label, "--no-headers")).TrimEnd().Split('\n');
        Assert.Equal(wanted.Machines, nodes.Length);
        Assert.All(nodes, node => Assert.Matches(@"^\S+\s+Ready\s", node));
        Assert.All(nodes, node => Assert.Contains($"v{wanted.Version}", node, StringComparison.Ordinal));
        Assert.Equal(
            _written is 0 ? 0 : wanted.Workers,
            nodes.Count(node => node.TrimEnd().EndsWith($" {_written}", StringComparison.Ordinal))
        );
        var kubeSystem = await kubectl.RunAsync("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
        Assert.Equal(_kubeSystem ??= kubeSystem, kubeSystem);
    }

    /// <returns>The desired state as the console gives it; <c>null</c> for a cluster that is deleted.</returns>
    private async Task<Acknowledged?> DesiredAsync(Phase phase)
    {
        if (phase.Wanted is null)
        {
            return null;
        }

        using var console = new ConsoleSession(Address());
        var desired = await DesiredCluster.ReadAsync(console, name, Cancel);
        _uid = desired.Uid;
        return new Acknowledged(
            desired.Generation,
            string.Join(", ", desired.Sizes.Select(pool => $"{pool.Key} {pool.Value}").Order(StringComparer.Ordinal)),
            string.Join(", ", desired.Pool(null).AdditionalLabels ?? new Dictionary<string, string>())
        );
    }

    private ConsoleAddress Address() =>
        new(new Uri(gantry.Credentials.Url), gantry.Credentials.ApiKey, gantry.Credentials.CaFile, ConsoleAddress.DefaultProject)
        {
            Around = gantry.Checked,
        };

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    /// <summary>The writes that the console has acknowledged.</summary>
    private sealed record Acknowledged(long Generation, string Sizes, string Labels);
}
