using System.Globalization;
using Gantry.Bench;
using Gantry.Cli.Terminal;

// Gantry.Bench clusters [--clusters 50] [--machines 500] [--speed 60]
// Gantry.Bench plan [--machines 1000]
switch (args.FirstOrDefault())
{
    case "clusters":
        await new ClustersBench(Number("--clusters", 50), Number("--machines", 500), Number("--speed", 60)).RunAsync(CliHost.OfProcess());
        return 0;
    case "plan":
        PlanBench.Run(Number("--machines", 1000));
        return 0;
    default:
        System.Console.Error.WriteLine("Gantry.Bench clusters [--clusters 50] [--machines 500] [--speed 60]\nGantry.Bench plan [--machines 1000]");
        return 2;
}

int Number(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
