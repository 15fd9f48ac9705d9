namespace Gantry.Clusters.Distributions;

/// <summary>
/// What the script that makes a machine a node tells MAAS of its failures. The node's document sends it as a failing event of
/// cloud-init, and MAAS keeps its description.
/// </summary>
/// <param name="IsFinal">The script has given up; otherwise it tries again.</param>
/// <param name="Text">The failure, in the words of the program that failed.</param>
public sealed record NodeReport(bool IsFinal, string Text)
{
    /// <summary>Begins the description of an event after which nothing is tried again, because a repository did not give the packages.</summary>
    public const string GivesUpForPackages = "bootstrap failed for its packages: ";

    /// <summary>Begins the description of an event after which nothing is tried again.</summary>
    public const string GivesUp = "bootstrap failed for good: ";

    /// <summary>Begins the description of an event after which the script tries again.</summary>
    public const string TriesAgain = "bootstrap is tried again: ";

    /// <summary>A repository did not give the packages: the machine is not to blame.</summary>
    public bool LacksPackages { get; init; }

    /// <param name="description">Of an event in MAAS, which puts the sender in front.</param>
    /// <returns><c>null</c> when the event is none of the script's.</returns>
    public static NodeReport? Read(string description) =>
        After(description, GivesUpForPackages) is { } lacking ? new NodeReport(IsFinal: true, lacking) { LacksPackages = true }
        : After(description, GivesUp) is { } failed ? new NodeReport(IsFinal: true, failed)
        : After(description, TriesAgain) is { } retried ? new NodeReport(IsFinal: false, retried)
        : null;

    private static string? After(string description, string mark) =>
        description.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? description[(at + mark.Length)..] : null;
}
