using System.Text.Json.Nodes;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>
/// Kills console, gateway, engine and lab together, at moments spread over a creation and a deletion, and checks the record of
/// the lab.
/// </summary>
public sealed class KilledAtAnyMomentTests
{
    /// <summary>Number of kills; <c>GANTRY_KILLS</c> sets another.</summary>
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("GANTRY_KILLS"), out var kills) ? kills : 6;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("GANTRY_SEED"), out var seed) ? seed : 1;

    [Fact]
    public async Task No_machine_is_allocated_twice_and_no_resource_leaks()
    {
        var random = new Random(Seed);
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync("cluster", "create", "phoenix", "--control-plane", "3", "--workers", "2");

        for (var kill = 0; kill < Kills / 2; kill++)
        {
            await RestartAfterAsync(gantry, TimeSpan.FromMilliseconds(random.Next(50, 2500)));
        }

        await gantry.RunAsync("cluster", "watch", "phoenix", "--timeout", "5m");
        using (var kubectl = await Kubectl.ForAsync(gantry, "phoenix"))
        {
            Assert.Equal(5, (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n').Length);
        }

        await gantry.RunAsync("cluster", "delete", "phoenix");
        for (var kill = 0; kill < Kills - (Kills / 2); kill++)
        {
            await RestartAfterAsync(gantry, TimeSpan.FromMilliseconds(random.Next(20, 800)));
        }

        await Eventually.HoldsAsync(async () => Assert.Empty(await Leftovers.OfAsync(gantry)), TimeSpan.FromMinutes(3));
        AssertNoMachineWasTakenTwice((await gantry.LabAsync("record")).AsArray());
    }

    private static async Task RestartAfterAsync(RunningGantry gantry, TimeSpan moment)
    {
        await Task.Delay(moment, TimeProvider.System, TestContext.Current.CancellationToken);
        await gantry.KillAsync();
        await gantry.StartAgainAsync();
    }

    /// <summary>Asserts that each machine was released between two allocations, and at the end.</summary>
    private static void AssertNoMachineWasTakenTwice(JsonArray record)
    {
        var held = new Dictionary<string, JsonNode>();
        foreach (var entry in record)
        {
            var machine = (string)entry!["systemId"]!;
            switch ((string?)entry["what"])
            {
                case "allocated":
                    Assert.False(
                        held.ContainsKey(machine),
                        $"{machine} was taken twice: {held.GetValueOrDefault(machine)} and {entry}"
                    );
                    held[machine] = entry;
                    break;
                case "released":
                    held.Remove(machine);
                    break;
            }
        }

        Assert.Empty(held);
    }
}
