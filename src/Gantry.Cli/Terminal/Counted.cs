namespace Gantry.Cli.Terminal;

/// <summary>Numbers with their noun.</summary>
public static class Counted
{
    public static string Of(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
