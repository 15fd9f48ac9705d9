using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Cli.Tests.Clusters;

/// <summary>Display of a rolling replacement, and waiting for its end.</summary>
public sealed partial class RollTests
{
    private static readonly Dictionary<string, int> Sizes = new() { ["control-plane-pool"] = 3, ["worker-pool"] = 5 };

    [Fact]
    public void A_roll_is_counted_against_the_desired_size_without_surge()
    {
        var status = Rolling(stale: 3, leaving: "node-04");

        Assert.Equal(
            [
                "rolling worker-pool: 2 of 5 up to date; node-04 is being drained (shop/cart-7 does not go: its budget "
                    + "lets none go)",
            ],
            Rolls.Of(status, Sizes).Select(roll => roll.Sentence)
        );
        Assert.Equal((3, 6), (Rolls.Of(status, null)[0].UpToDate, Rolls.Of(status, null)[0].Size));
    }

    [Fact]
    public void Machines_that_wait_for_approval_are_no_roll_and_do_not_delay_a_wait()
    {
        var status = Rolling(stale: 1, leaving: null) with
        {
            Repave = new ReportedRepave("h", [new ReportedRepaveReason("NodeTemplateChanged", "why")], ["node-04"]),
        };

        Assert.Empty(Rolls.Of(status, Sizes));
        Assert.True(ClusterWait.IsAtRest(new ClusterProgress("c", "demo", status, 5)));
    }

    [Fact]
    public void A_cluster_is_settled_when_every_machine_is_up_to_date_and_each_pool_has_its_size()
    {
        var settled = ClusterWait.IsSettled(Sizes);
        var done = Rolling(stale: 0, leaving: null);
        done = done with { Machines = [.. done.Machines.Take(8)] };

        Assert.True(settled(Of(done)));
        Assert.False(settled(Of(done with { ObservedGeneration = 4 })), "it reports on an older desired state");
        Assert.False(settled(Of(Rolling(stale: 1, leaving: null))), "one is still outdated");
        Assert.False(settled(Of(Rolling(stale: 0, leaving: null))), "one is too many");
        Assert.False(settled(Of(done with { Machines = [.. done.Machines.Take(7)] })), "one is missing");
        Assert.False(settled(Of(done with { Health = HealthStates.UnHealthy })), "it is not healthy");

        static ClusterProgress Of(ReportedStatus status) => new("c", "demo", status, 5);
    }

    [Theory]
    [InlineData(110, 24, "roll.wide.txt")]
    [InlineData(80, 24, "roll.80.txt")]
    [InlineData(60, 12, "roll.narrow.txt")]
    [InlineData(80, 5, "roll.low.txt")]
    public void A_roll_is_drawn(int columns, int rows, string golden)
    {
        var cluster = new ClusterProgress("c", "demo", Rolling(stale: 3, leaving: "node-04"), 5, Sizes)
        {
            TimeLeft = TimeSpan.FromMinutes(25),
        };

        var drawn = ProgressView.Build(cluster, TestHost.Now, (columns, rows), new TextStyle(Colors: false));

        Golden.Match(drawn, golden);
        Assert.InRange(LiveText.RowsOf(drawn, columns), 1, rows - 1);
    }

    [Fact]
    public void Machines_that_exceed_the_screen_fold_and_those_with_activity_stay()
    {
        var status = Rolling(stale: 1, leaving: "node-04");
        var many = Enumerable
            .Range(10, 200)
            .Select(number => Machine(number, "worker-pool", "Worker", isStale: false, leaving: null));

        var drawn = ProgressView.Build(
            new ClusterProgress("c", "demo", status with { Machines = [.. many, .. status.Machines] }, 5),
            TestHost.Now,
            (110, 24),
            new TextStyle(Colors: false)
        );

        Golden.Match(drawn, "roll.many.txt");
    }

    [Theory]
    [InlineData(0, "demo  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  Provisioning 0%")]
    [InlineData(50, "demo  ███████████████░░░░░░░░░░░░░░░  Provisioning 50%")]
    [InlineData(100, "demo  ██████████████████████████████  Provisioning 100%")]
    public void An_empty_bar_differs_from_a_full_one_without_colours(int progress, string expected)
    {
        var status = Rolling(stale: 0, leaving: null) with { Phase = ClusterPhases.Provisioning, Progress = progress };

        var drawn = ProgressView.Build(
            new ClusterProgress("c", "demo", status, 5),
            TestHost.Now,
            (80, 24),
            new TextStyle(Colors: false)
        );

        Assert.Equal(expected, drawn.Split('\n')[0]);
    }

    [Fact]
    public void A_live_text_goes_back_over_all_rows_that_the_last_one_took()
    {
        using var terminal = new StringWriter();
        var live = new LiveText(terminal);

        live.Show("\e[1mabcdefghij\e[0m\nk\n", 5);
        live.Show("l\n", 5);
        live.Show("m\n", 5);

        Assert.Equal("\e[1mabcdefghij\e[0m\nk\n" + "\e[3A\e[Jl\n" + "\e[1A\e[Jm\n", terminal.ToString());
    }

    [Fact]
    public void A_roll_is_a_line_in_a_log_each_time_it_moves()
    {
        var before = new ClusterProgress("c", "demo", Rolling(stale: 4, leaving: null), 5, Sizes);
        var now = new ClusterProgress("c", "demo", Rolling(stale: 3, leaving: null), 5, Sizes);

        Assert.Equal(
            ["demo: Running, rolling 40% (worker-pool 2 of 5 up to date): rolling worker-pool to Kubernetes 1.34.1"],
            PlainProgress.Changes(before, now).Where(line => line.Contains("rolling", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(PlainProgress.Changes(now, now), line => line.Contains("rolling", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wait_ends_when_the_new_desired_state_is_reached_and_every_machine_is_up_to_date()
    {
        await using var console = await FakeConsole.StartAsync();
        var clock = new FakeTimeProvider(TestHost.Now);
        using var host = TestHost.For(console, time: clock);
        console.Answer(
            $"GET /v1/cloudconfigs/maas/{FakeConsole.ConfigUid}",
            Samples.CloudConfig.Replace("\"size\": 3, \"minSize\": 3, \"maxSize\": 3", "\"size\": 5", StringComparison.Ordinal)
        );
        var done = Rolling(stale: 0, leaving: null);
        console.AnswerInTurn(
            $"GET /v1/spectroclusters/{FakeConsole.Uid}/progress",
            Wire(done with { ObservedGeneration = 4, Machines = [.. done.Machines.Take(8)] }),
            Wire(Rolling(stale: 5, leaving: null)),
            Wire(Rolling(stale: 3, leaving: "node-04")),
            Wire(Rolling(stale: 0, leaving: null)),
            Wire(done with { Machines = [.. done.Machines.Take(8)], Progress = 100, Message = "as it should be" })
        );

        var running = host.RunAsync("cluster", "upgrade", "demo", "--kubernetes", "1.34.1", "--wait");
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(
                running,
                Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken)
            );
        }

        Assert.Equal(ExitCode.Ok, await running);

        // Elapsed times depend on this machine.
        Golden.Match(Elapsed().Replace(host.Error, ""), "roll.log.txt");

        static string Wire(ReportedStatus status) =>
            $$"""
                {"uid":"{{FakeConsole.Uid}}","name":"demo","generation":5,"phase":"Running",
                  "autoRepairFrom":"cluster","status":{{JsonSerializer.Serialize(status, ApiJson.Options)}} }
                """;
    }

    [GeneratedRegex("^\\[[0-9]+(s|m[0-9]{2}s)\\] ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Elapsed();

    [Fact]
    public async Task A_wait_that_is_interrupted_says_that_the_work_continues()
    {
        await using var console = await FakeConsole.StartAsync();
        using var host = TestHost.For(console);
        using var ending = new CancellationTokenSource();
        console.Answer(
            $"GET /v1/spectroclusters/{FakeConsole.Uid}/progress",
            Samples.Progress.Replace("\"Healthy\"", "\"UnHealthy\"", StringComparison.Ordinal)
        );

        var running = GantryCommand.RunAsync(["cluster", "watch", "demo"], host.Host, ending.Token);
        await Eventually.HoldsAsync(() => Assert.StartsWith("[0s] demo: Running", host.Error, StringComparison.Ordinal));
        await ending.CancelAsync();

        Assert.Equal(ExitCode.Cancelled, await running);
        Assert.EndsWith(
            "demo: no longer waiting. The work continues: `gantry cluster watch demo` shows progress",
            host.Error.TrimEnd(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wait_that_times_out_names_the_blockers()
    {
        await using var console = await FakeConsole.StartAsync();
        using var host = TestHost.For(console);
        var rolling = JsonSerializer.Serialize(Rolling(stale: 3, leaving: "node-04"), ApiJson.Options);
        console.Answer(
            $"GET /v1/spectroclusters/{FakeConsole.Uid}/progress",
            $$"""
            {"uid":"{{FakeConsole.Uid}}","name":"demo","generation":5,"phase":"Running",
              "autoRepairFrom":"cluster","status":{{rolling}} }
            """
        );

        Assert.Equal(ExitCode.TimedOut, await host.RunAsync("cluster", "watch", "demo", "--timeout", "0s"));
        Assert.Contains(
            "node-04 is being drained (shop/cart-7 does not go: its budget lets none go). The work continues",
            host.Error,
            StringComparison.Ordinal
        );
    }

    // Three control planes, five workers of which the first are stale, and one that surges.
    private static ReportedStatus Rolling(int stale, string? leaving) =>
        new()
        {
            Id = "c",
            ObservedGeneration = 5,
            Phase = ClusterPhases.Running,
            Health = HealthStates.Healthy,
            Message = "rolling worker-pool to Kubernetes 1.34.1",
            Progress = 60,
            Machines =
            [
                .. Enumerable
                    .Range(1, 3)
                    .Select(number => Machine(number, "control-plane-pool", "ControlPlane", isStale: false, leaving)),
                .. Enumerable.Range(4, 6).Select(number => Machine(number, "worker-pool", "Worker", number < 4 + stale, leaving)),
            ],
        };

    private static ReportedMachine Machine(int number, string pool, string role, bool isStale, string? leaving)
    {
        var leaves = leaving == $"node-{number:00}";
        return new ReportedMachine
        {
            SystemId = $"s{number:00000}",
            Hostname = $"node-{number:00}",
            Pool = pool,
            Role = role,
            State = leaves ? "Draining" : "Ready",
            Stage = leaves ? "shop/cart-7 does not go: its budget lets none go" : "",
            StateSince = TestHost.Now.AddMinutes(-3),
            NodeReady = true,
            StaleReasons = isStale ? ["Kubernetes 1.33.5 → 1.34.1"] : [],
        };
    }
}
