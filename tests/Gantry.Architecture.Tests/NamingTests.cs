using System.Text.RegularExpressions;

namespace Gantry.Architecture.Tests;

/// <summary>Names that no analyzer enforces. The names of fields are checked by the build (.editorconfig).</summary>
public sealed partial class NamingTests
{
    public static TheoryData<string> Sources { get; } =
    [.. Repository.In("src").Concat(Repository.In("lab")).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_cancellation_token_is_named_cancellationToken_and_a_lifetime_token_stopping(string project)
    {
        var others = Repository
            .SourcesOf(project)
            .SelectMany(file => Tokens().Matches(File.ReadAllText(file)).Select(found => $"{Path.GetFileName(file)}: {found}"));

        Assert.Empty(others);
    }

    [GeneratedRegex(
        @"\bCancellationToken\??\s+(?!(cancellationToken|stopping)\b)[a-z]\w*(?=\s*[,)=])",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Tokens();
}
