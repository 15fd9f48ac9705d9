using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The registry in the name of an image: a host with its port if there is one. containerd keeps the settings of a registry in a
/// folder of this name.
/// </summary>
public sealed partial record RegistryHost : ITextValue<RegistryHost>
{
    private RegistryHost(string value) => Value = value;

    public static string Is => "a registry";

    public static string Write => "the registry that images name, for example docker.io or registry.example:5000";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out RegistryHost value)
    {
        value = text is not null && IsValid(text) ? new RegistryHost(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text)
    {
        var match = Form().Match(text);
        return match.Success
            && HostAddress.TryParse(match.Groups["host"].Value.Trim('[', ']'), out _)
            && (
                !match.Groups["port"].Success
                || int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture) is > 0 and < 65536
            );
    }

    [GeneratedRegex(
        "^(?<host>[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:(?<port>[0-9]{1,5}))?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
