using Gantry.Engine;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator.Tests;

public sealed class SeedTests
{
    private static readonly Settings Small = new()
    {
        Clusters = 3,
        Machines = 24,
        Hours = 8,
    };

    /// <summary>Small enough for every build; <c>gantry simulate</c> runs the large ones.</summary>
    [Fact]
    public void Two_hundred_small_seeds_hold_under_every_fault()
    {
        var result = Campaign.Run(
            new CampaignOptions
            {
                Settings = Small,
                From = 1,
                To = 200,
                Parallel = 1,
                Shrink = 1,
                ShrinkWithin = TimeSpan.FromSeconds(20),
            },
            TestContext.Current.CancellationToken
        );

        Assert.True(
            result.Failed.Count is 0,
            string.Join(
                '\n',
                result.Failed.Select(failed => $"{failed.Violation}\n{string.Join('\n', failed.History)}\n{failed.Replay}")
            )
        );
        Assert.Equal("200 seeds held, 0 failed", result.Summary);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(40)]
    public void The_same_seed_gives_exactly_the_same_history(ulong seed)
    {
        var first = Trace(Scenario.Of(seed, Small));
        var second = Trace(Scenario.Of(seed, Small));

        Assert.Equal(first.Lines, second.Lines);
        Assert.Equal(first.Result.Digest, second.Result.Digest);
        Assert.NotEqual(first.Result.Digest, SeedRun.Run(Scenario.Of(seed + 1, Small)).Digest);
    }

    [Fact]
    public void Omitting_an_event_of_a_scenario_changes_nothing_before_it()
    {
        var whole = Scenario.Of(5, Small);
        var half = TimeSpan.FromHours(4);
        var shorter = whole.With([.. whole.Items.Where(item => item.At < half)]);

        var before = Trace(whole).Lines.TakeWhile(line => string.CompareOrdinal(line, "04:") < 0);
        Assert.Equal(before, Trace(shorter).Lines.TakeWhile(line => string.CompareOrdinal(line, "04:") < 0));
    }

    [Fact]
    public void A_failing_seed_ends_with_a_short_history_and_the_command_that_replays_it()
    {
        // An engine that does not wait until MAAS has released a machine.
        var options = new RunOptions
        {
            Around = Broken.Safeguard.All.Single(one => one.Name.StartsWith("a machine counts", StringComparison.Ordinal)).Off,
        };
        var failed = Enumerable
            .Range(1, 20)
            .Select(seed => SeedRun.Run(Scenario.Of((ulong)seed, Small), options))
            .First(result => result.Violation is not null);

        var shortest = Shrinking.Shrink(failed, options, TimeSpan.FromSeconds(30));
        var again = SeedRun.Run(shortest, options);

        Assert.Equal(failed.Violation!.Invariant, again.Violation!.Invariant);
        Assert.True(shortest.Items.Count <= 4, string.Join('\n', shortest.Items));
        Assert.EndsWith(
            $"--keep {string.Join(',', shortest.Items.Select(item => item.Number))} --trace",
            Campaign.Replay(failed.Scenario.Seed, Small, [.. shortest.Items.Select(item => item.Number)]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_invariants_hold_at_a_real_gateways_reconcile_interval() =>
        Assert.All(
            Enumerable.Range(1, 6),
            seed =>
                Assert.Null(
                    SeedRun.Run(Scenario.Of((ulong)seed, Small), new RunOptions { Engine = new EngineOptions() }).Violation
                )
        );

    [Fact]
    public void A_campaign_on_several_threads_has_the_same_totals_as_on_one()
    {
        var options = new CampaignOptions
        {
            Settings = Small,
            From = 1,
            To = 12,
        };
        var alone = Campaign.Run(options, TestContext.Current.CancellationToken);
        var together = Campaign.Run(options with { Parallel = 3 }, TestContext.Current.CancellationToken);

        Assert.Equal(alone.Calls, together.Calls);
        Assert.Equal(alone.Simulated, together.Simulated);
    }

    [Theory]
    [InlineData("all", FaultFamilies.All)]
    [InlineData("none", FaultFamilies.None)]
    [InlineData("kill, lost", FaultFamilies.Kill | FaultFamilies.Lost)]
    public void Faults_are_parsed_from_their_names(string text, FaultFamilies families) =>
        Assert.Equal(families, FaultNames.Parse(text));

    [Fact]
    public void An_unknown_fault_is_refused_with_the_known_ones()
    {
        var refused = Assert.Throws<FormatException>(() => FaultNames.Parse("kill,earthquake"));
        Assert.Contains("'earthquake'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("partitions", refused.Message, StringComparison.Ordinal);
    }

    private static (SeedResult Result, List<string> Lines) Trace(Scenario scenario)
    {
        List<string> lines = [];
        return (SeedRun.Run(scenario, new RunOptions { Trace = lines.Add }), lines);
    }
}
