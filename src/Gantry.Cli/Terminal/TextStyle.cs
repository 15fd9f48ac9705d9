namespace Gantry.Cli.Terminal;

public enum TextColor
{
    Plain,
    Strong,
    Quiet,
    Good,
    Bad,
    Careful,
}

/// <summary>Colors for a terminal that shows them, and plain text elsewhere.</summary>
public sealed record TextStyle(bool Colors)
{
    private const string Off = "\e[0m";

    public string Paint(TextColor color, string text) =>
        !Colors || color is TextColor.Plain || text.Length == 0 ? text : On(color) + text + Off;

    private static string On(TextColor color) =>
        color switch
        {
            TextColor.Strong => "\e[1m",
            TextColor.Quiet => "\e[2m",
            TextColor.Good => "\e[32m",
            TextColor.Bad => "\e[31m",
            _ => "\e[33m",
        };
}
