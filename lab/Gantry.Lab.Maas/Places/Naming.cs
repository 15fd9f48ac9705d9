using System.Text.RegularExpressions;

namespace Gantry.Lab.Maas.Places;

/// <summary>MAAS's rule for the names of zones, pools, tags and the like.</summary>
internal static partial class Naming
{
    public const string NotAmongChoices = "Select a valid choice. That choice is not one of the available choices.";

    /// <param name="kind">What MAAS calls the thing when its name is taken.</param>
    /// <exception cref="RegionFault">The name is missing, of a wrong form or taken.</exception>
    public static string New(string? name, string kind, Func<string, bool> isTaken, int longest = 256) =>
        string.IsNullOrEmpty(name) ? throw RegionFault.Field("name", "This field is required.")
        : name.Length > longest
            ? throw RegionFault.Field("name", $"Ensure this value has at most {longest} characters (it has {name.Length}).")
        : !(kind == "Tag" ? TagName() : Name()).IsMatch(name) ? throw RegionFault.Field("name", "Enter a valid value.")
        : isTaken(name) ? throw RegionFault.Field("name", $"{kind} with this Name already exists.")
        : name;

    /// <summary>The name after an update: what was unless another is given.</summary>
    public static string Changed(string? name, string was, string kind, Func<string, bool> isTaken, int longest = 256) =>
        name is null || name == was ? was : New(name, kind, isTaken, longest);

    [GeneratedRegex(@"^\w[ \w-]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-zA-Z0-9_-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TagName();
}
