using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The key of a label, an annotation or a taint: what Kubernetes calls a qualified name
/// (<c>IsQualifiedName</c> of <c>k8s.io/apimachinery/pkg/util/validation</c>). An optional prefix is a domain in lower case of
/// 253
/// characters at most; the name has 63 at most.
/// </summary>
[JsonConverter(typeof(TextValueConverter<LabelKey>))]
public sealed partial record LabelKey : ITextValue<LabelKey>
{
    private const int MostInPrefix = 253;

    private LabelKey(string value) => Value = value;

    public static string Is => "a Kubernetes label key";

    public static string Write =>
        "up to 63 letters, digits, dashes, dots and underscores, after a domain and a slash if there is one, for "
        + "example example.com/role";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelKey value)
    {
        value =
            text is not null && text.IndexOf('/', StringComparison.Ordinal) <= MostInPrefix && Form().IsMatch(text)
                ? new LabelKey(text)
                : null;
        return value is not null;
    }

    public override string ToString() => Value;

    [GeneratedRegex(
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
