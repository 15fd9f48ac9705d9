using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// An absolute <c>http</c> or <c>https</c> URL of printable ASCII characters. It stands between quotes in unit files of systemd and in
/// TOML, so it has no quotes and no backslashes: they are written percent-encoded.
/// </summary>
public sealed partial record HttpUrl : ITextValue<HttpUrl>
{
    private HttpUrl(string value) => Value = value;

    public static string Is => "a URL";

    public static string Write => "http:// or https:// with a host, for example https://mirror.example:5000";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out HttpUrl value)
    {
        value = text is not null && IsValid(text) ? new HttpUrl(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) =>
        Form().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0;

    [GeneratedRegex("^https?://[!#-\\[\\]^_a-z{|}~]+\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
