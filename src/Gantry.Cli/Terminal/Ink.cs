namespace Gantry.Cli.Terminal;

public enum Tone
{
    Plain,
    Strong,
    Quiet,
    Good,
    Bad,
    Careful,
}

/// <summary>Colours where the reader sees them, and nothing where not.</summary>
public sealed record Ink(bool Colours)
{
    private const string Off = "\e[0m";

    public string Paint(Tone tone, string text) => !Colours || tone is Tone.Plain || text.Length == 0 ? text : On(tone) + text + Off;

    private static string On(Tone tone) => tone switch
    {
        Tone.Strong => "\e[1m",
        Tone.Quiet => "\e[2m",
        Tone.Good => "\e[32m",
        Tone.Bad => "\e[31m",
        _ => "\e[33m",
    };
}
