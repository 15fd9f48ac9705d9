using System.Globalization;

namespace Gantry.Scenarios.Killing;

/// <summary>
/// Kills Gantry while it works and checks what the lab recorded. The explicit tests are the long run of <c>eng/kills.sh</c>.
/// </summary>
public sealed class KilledAtAnyMomentTests(ITestOutputHelper output)
{
    private const int KillsInARound = 10;

    // More means that the phases are over before the kills.
    private const int MostRounds = 40;

    private static int Kills => Number("GANTRY_KILLS", 40);

    private static int Seed => Number("GANTRY_SEED", 1);

    // A lab's network is free while the lab is down, and goes to the next lab that looks for one: those of other tests begin at the seed 1.
    private static string LabSeed => Text(30 + Seed % 30);

    private static double Speed => Number("GANTRY_KILLS_SPEED", 40);

    [Fact]
    public async Task No_machine_is_allocated_twice_and_no_resource_leaks()
    {
        await using var gantry = await RunningGantry.StartAsync();
        var cluster = new KilledCluster(gantry, "phoenix", new Random(Seed), output.WriteLine);

        await cluster.RunAsync(Phase.Creation("phoenix", "vip", TimeSpan.FromSeconds(4)), kills: 3);
        await cluster.RunAsync(Phase.Deletion("phoenix", 5, TimeSpan.FromSeconds(1)), kills: 3);
    }

    [Fact(Explicit = true)]
    public async Task Nothing_is_lost_or_doubled_when_gantry_up_is_killed_in_each_phase()
    {
        await using var gantry = await RunningGantry.StartAsync("--lab-speed", Text(Speed), "--seed", LabSeed);
        await KillInEachPhaseAsync(gantry);
    }

    [Fact(Explicit = true)]
    public async Task Nothing_is_lost_or_doubled_when_console_and_gateway_are_killed_in_turn_in_each_phase()
    {
        await using var gantry = await RunningGantry.StartSeparatelyAsync("--speed", Text(Speed), "--seed", LabSeed);
        await KillInEachPhaseAsync(gantry);
    }

    private async Task KillInEachPhaseAsync(RunningGantry gantry)
    {
        var random = new Random(Seed);
        var counted = new Dictionary<string, int>();
        gantry.KeepsFolders = true;
        output.WriteLine($"seed {Seed}, lab at speed {Text(Speed)}");
        for (var round = 1; round is 1 || counted.Values.Any(kills => kills < Kills); round++)
        {
            Assert.True(round <= MostRounds, $"after {MostRounds} rounds: {Text(counted)}");
            var name = $"phoenix-{round}";
            var cluster = new KilledCluster(gantry, name, random, line => output.WriteLine($"{Now()} {line}"));
            var roll = Phase.Roll(name, TimeSpan.FromSeconds(3600 / Speed));

            // The longest phase, left out when it has its kills.
            var rolls = counted.GetValueOrDefault(roll.Name) < Kills;
            Phase[] life =
            [
                Phase.Creation(name, round % 2 is 0 ? "dns:maas" : "vip", TimeSpan.FromSeconds(900 / Speed)),
                .. rolls ? (Phase[])[roll] : [],
                Phase.ScaleDown(name, rolls, TimeSpan.FromSeconds(6)),
                Phase.Deletion(name, 2, TimeSpan.FromSeconds(4)),
            ];
            foreach (var phase in life)
            {
                var kills = Math.Min(KillsInARound, Kills - counted.GetValueOrDefault(phase.Name));
                counted[phase.Name] = counted.GetValueOrDefault(phase.Name) + await cluster.RunAsync(phase, kills);
            }

            output.WriteLine($"{Now()} round {round}: {Text(counted)}");
        }

        gantry.KeepsFolders = false;
    }

    private static string Text(Dictionary<string, int> counted) =>
        "kills in " + string.Join(", ", counted.Select(phase => $"{phase.Key} {phase.Value}"));

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Now() => TimeProvider.System.GetUtcNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
