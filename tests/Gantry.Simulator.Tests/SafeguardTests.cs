using Gantry.Simulator.Scenarios;
using Gantry.Simulator.Tests.Broken;

namespace Gantry.Simulator.Tests;

/// <summary>With any one safeguard disabled, the simulator finds a violation within a stated number of seeds.</summary>
public sealed class SafeguardTests
{
    private static readonly Settings Small = new()
    {
        Clusters = 3,
        Machines = 24,
        Hours = 8,
    };

    public static TheoryData<string> Names => [.. Safeguard.All.Select(safeguard => safeguard.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_disabled_safeguard_leads_to_a_violation(string name)
    {
        var safeguard = Safeguard.All.Single(one => one.Name == name);
        var settings = Small with { Faults = safeguard.Faults };
        for (var seed = 1UL; seed <= (ulong)safeguard.Within; seed++)
        {
            var result = SeedRun.Run(
                Scenario.Of(seed, settings),
                new RunOptions { Around = safeguard.Off, TellsInstancesApart = safeguard.TellsInstancesApart }
            );
            if (result.Violation is { } violation)
            {
                TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: {violation.Invariant} {violation.Message}");
                Assert.Contains(violation.Invariant, safeguard.Breaks);
                return;
            }
        }

        Assert.Fail($"no violation in {safeguard.Within} seeds");
    }
}
