using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A public key in the form of OpenSSH: one line with its type, its key in base64 and a comment, if there is one.
/// </summary>
public sealed partial record SshPublicKey : ITextValue<SshPublicKey>
{
    private SshPublicKey(string value) => Value = value;

    public static string Is => "an SSH public key";

    public static string Write => "one line such as ssh-ed25519 AAAA… name";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out SshPublicKey value)
    {
        value = text is not null && IsValid(text) ? new SshPublicKey(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex(
        "^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com)"
            + " [A-Za-z0-9+/]+={0,3}( [^\\p{Cc}]*)?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
