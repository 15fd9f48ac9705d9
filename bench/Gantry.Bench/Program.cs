using System.Globalization;
using Gantry.Bench;
using Gantry.Cli.Terminal;

const string usage = """
    Gantry.Bench clusters [--clusters 50] [--machines 500] [--speed 60]
    Gantry.Bench plan [--machines 1000]
    Gantry.Bench simulate [--seeds 10000] [--clusters 5] [--machines 60] [--hours 24] [--parallel N]
    Gantry.Bench thousand [--clusters 1000]
    Gantry.Bench idle [--clusters 500]
    Gantry.Bench waiting [--clusters 2000] [--minutes 5]
    Gantry.Bench restart [--clusters 500]
    Gantry.Bench lists [--clusters 5000]
    Gantry.Bench region [--machines 1000]
    """;
switch (args.FirstOrDefault())
{
    case "clusters":
        await new ClustersBench(Number("--clusters", 50), Number("--machines", 500), Number("--speed", 60)).RunAsync(
            CliHost.OfProcess()
        );
        return 0;
    case "plan":
        PlanBench.Run(Number("--machines", 1000));
        return 0;
    case "simulate":
        return SimulatorBench.Simulate(
            Number("--seeds", 10_000),
            Number("--clusters", 5),
            Number("--machines", 60),
            Number("--hours", 24),
            Number("--parallel", Environment.ProcessorCount)
        );
    case "thousand":
        SimulatorBench.Thousand(Number("--clusters", 1000));
        return 0;
    case "idle":
        SimulatorBench.Idle(Number("--clusters", 500));
        return 0;
    case "waiting":
        SimulatorBench.Waiting(Number("--clusters", 2000), Number("--minutes", 5));
        return 0;
    case "restart":
        SimulatorBench.Restart(Number("--clusters", 500));
        return 0;
    case "lists":
        await ListsBench.RunAsync(Number("--clusters", 5000));
        return 0;
    case "region":
        await RegionBench.RunAsync(Number("--machines", 1000));
        return 0;
    default:
        System.Console.Error.WriteLine(usage);
        return 2;
}

int Number(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length
        ? int.Parse(args[at + 1], CultureInfo.InvariantCulture)
        : otherwise;
