using System.Diagnostics;
using Gantry.Engine;
using Gantry.Engine.Regions;
using Gantry.Engine.Views;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;
using Gantry.Maas;

namespace Gantry.Bench;

/// <summary>
/// How long a question, and a run of a cluster of ten machines, waits for the machines of a region that lists them as slowly as a real
/// one. The list travels over HTTP, and the client reads all of it.
/// </summary>
internal static class RegionBench
{
    private static readonly TimeSpan PerMachine = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Patience = new EngineOptions().Patience;

    public static async Task RunAsync(int machines)
    {
        await using var lab = await LabRegionHost.StartAsync(
            new LabRegionOptions
            {
                Inventory = new GeneratedInventory(1, machines, "127.96.0.0/12", 0),
                ListPerMachine = PerMachine,
            },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            CancellationToken.None
        );
        using var client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(lab.Url.ToString()), MaasApiKey.Parse(lab.KeyOf("admin"))),
            TimeProvider.System
        );
        var view = new RegionView(new MaasRegion(client), TimeProvider.System);
        var (first, _) = await AskAsync(view);

        // The list is as old as in a cluster that is looked at once a minute.
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, CancellationToken.None);
        var (next, age) = await AskAsync(view);
        System.Console.WriteLine(
            $"{machines} machines: the first question waits {first.TotalSeconds:0.0} s, the next {next.TotalSeconds:0.0} s"
                + $"{(age is { } old ? $" and gets a list {old.TotalSeconds:0} s old" : " and gets a new list")}"
        );

        var own = view.Machines.All().Take(10).Select(machine => machine.Id).ToList();
        var start = Stopwatch.GetTimestamp();
        await view.RefreshForRunAsync(new EngineOptions().WhileInProgress, own, CancellationToken.None);
        System.Console.WriteLine($"a run of a cluster of 10 machines waits {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private static async Task<(TimeSpan Took, TimeSpan? Age)> AskAsync(RegionView view)
    {
        var start = Stopwatch.GetTimestamp();
        var age = await view.RefreshForQuestionAsync(Patience, CancellationToken.None);
        return (Stopwatch.GetElapsedTime(start), age);
    }
}
