using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator.Tests;

/// <summary>Small data centres with every fault there is; the long runs have their own command, <c>gantry simulate</c>.</summary>
public sealed class SeedTests
{
    private static readonly Settings Small = new() { Clusters = 2, Machines = 14, Hours = 6, Faults = FaultFamilies.All };

    [Fact]
    public void Two_hundred_small_data_centres_hold_every_invariant_and_settle()
    {
        for (var seed = 1UL; seed <= 200; seed++)
        {
            var told = new List<string>();
            var result = SeedRun.Run(Scenario.Of(seed, Small), new RunOptions { Trace = told.Add });
            Assert.True(result.Violation is null, $"seed {seed}: {result.Violation}\n{string.Join('\n', told.TakeLast(60))}");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(2026)]
    public void The_same_seed_tells_the_same_history(ulong seed)
    {
        var first = new List<string>();
        var second = new List<string>();
        SeedRun.Run(Scenario.Of(seed, Small), new RunOptions { Trace = first.Add });
        SeedRun.Run(Scenario.Of(seed, Small), new RunOptions { Trace = second.Add });

        Assert.True(first.Count > 100, $"only {first.Count} lines were told");
        Assert.Equal(first, second);
    }
}
