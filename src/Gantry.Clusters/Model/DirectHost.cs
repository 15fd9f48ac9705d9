using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A host that is reached without a proxy, as <c>NO_PROXY</c> lists it: a name, a domain with a leading dot, an address, a network, or
/// <c>*</c>. The list stands between quotes in a unit file and is separated by commas.
/// </summary>
public sealed partial record DirectHost : ITextValue<DirectHost>
{
    private DirectHost(string value) => Value = value;

    public static string Is => "a host of noProxy";

    public static string Write => "a name, a domain such as .example, an address or a network";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out DirectHost value)
    {
        value = text is not null && IsValid(text) ? new DirectHost(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => text is "*" || Form().IsMatch(text);

    [GeneratedRegex("^[A-Za-z0-9.*_:/\\[\\]-]{1,255}\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
