using System.CommandLine;
using System.Reflection;

namespace Gantry.Cli.Lab;

/// <summary>Finds the lab by the name of its assembly, and answers for it where a build has none.</summary>
public static class LabPart
{
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

    /// <summary>The lab's verbs in a build without it: hidden, and each refuses.</summary>
    public static IReadOnlyList<Command> MissingVerbs() => [MissingVerb("lab"), MissingVerb("simulate")];

    public static CliException Missing(string what, string instead) =>
        new(ExitCode.Refused, $"{what}: this build of gantry has no emulated data centre; {instead}");

    private static Command MissingVerb(string name)
    {
        var verb = new Command(name, "Not in this build") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
        verb.SetAction(int (ParseResult _) => throw Missing($"gantry {name}", "use one that was built without -p:GantryLab=false"));
        return verb;
    }
}
