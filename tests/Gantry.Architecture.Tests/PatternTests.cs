using System.Text.RegularExpressions;

namespace Gantry.Architecture.Tests;

/// <summary>
/// Regular expressions that judge input. In .NET, <c>$</c> also matches before a line break at the end, so a text that passes
/// may still hold one; <c>\z</c> is the end.
/// </summary>
public sealed partial class PatternTests
{
    public static TheoryData<string> Judges { get; } =
    [.. Repository.In("src").Select(project => project.Name), "Gantry.Lab.Kubernetes"];

    [Theory]
    [MemberData(nameof(Judges))]
    public void A_pattern_ends_at_the_end_of_the_text_and_not_before_its_last_line_break(string project)
    {
        var open = Repository
            .SourcesOf(project)
            .SelectMany(file =>
                Patterns()
                    .Matches(File.ReadAllText(file))
                    .Select(found => found.Value)
                    .Where(pattern => pattern.Contains("$\"", StringComparison.Ordinal))
                    .Where(pattern => !pattern.Contains("RegexOptions.Multiline", StringComparison.Ordinal))
                    .Select(pattern => $"{Path.GetFileName(file)}: {pattern}")
            );

        Assert.Empty(open);
    }

    [GeneratedRegex(@"\[GeneratedRegex\(.*?\)\]\s", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Patterns();
}
