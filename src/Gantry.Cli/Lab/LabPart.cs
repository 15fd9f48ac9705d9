using System.CommandLine;
using System.Reflection;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Lab;

/// <summary>
/// Finds the lab by its assembly name, and replaces it in a build without it. Its assemblies are loaded only for its verbs
/// and for <c>gantry up</c>, so that other commands do not start slower.
/// </summary>
public static class LabPart
{
    public const string LabDescription = "Run only the emulated data centre; without --data its state is lost at exit";

    public const string SimulateDescription =
        "Run clusters under virtual time with faults in machines, networks and processes, and check the invariants";

    private const string AssemblyName = "Gantry.Lab.Cli";

    /// <returns><c>null</c> in a build without the lab.</returns>
    public static ILabPart? Find()
    {
        try
        {
            var part = Assembly.Load(AssemblyName).GetType($"{AssemblyName}.LabPart", throwOnError: true)!;
            return (ILabPart)Activator.CreateInstance(part)!;
        }
        catch (FileNotFoundException missing) when (missing.FileName?.StartsWith(AssemblyName, StringComparison.Ordinal) is true)
        {
            return null;
        }
    }

    /// <summary>
    /// The verbs <c>lab</c> and <c>simulate</c>: complete where the command line names one of them or asks for completions,
    /// else by name and description. In a build without the lab they are hidden, and each refuses.
    /// </summary>
    public static IReadOnlyList<Command> Verbs(CliHost host, ConnectionOptions connection, IReadOnlyList<string> arguments)
    {
        var isNeeded = arguments.Any(argument => argument is "lab" or "simulate" || argument.StartsWith('['));
        if (!isNeeded && File.Exists(Path.Combine(AppContext.BaseDirectory, $"{AssemblyName}.dll")))
        {
            return [new Command("lab", LabDescription), new Command("simulate", SimulateDescription)];
        }

        return host.Lab.Value?.Verbs(host, connection) ?? [MissingVerb("lab"), MissingVerb("simulate")];
    }

    public static CliException Missing(string what, string instead) =>
        new(ExitCode.Refused, $"{what}: this build of gantry has no emulated data centre; {instead}");

    private static Command MissingVerb(string name)
    {
        var verb = new Command(name, "Not in this build") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
        verb.SetAction(int (ParseResult _) => throw Missing($"gantry {name}", "use a build without -p:GantryLab=false"));
        return verb;
    }
}
