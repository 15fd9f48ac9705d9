using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A kubeconfig of the one form that Gantry issues: one cluster, one user with a client certificate, nothing else. kubectl runs
/// programs and reads files that a kubeconfig names, so what came from another program is read as this, or refused.
/// </summary>
/// <param name="Server">URL of the API server: <c>https://10.0.0.9:6443</c>.</param>
/// <param name="CaPem">Authority of the API server's certificate.</param>
/// <param name="KeyPem">A private key.</param>
/// <param name="TlsServerName">The name in the API server's certificate, where the URL has another.</param>
public sealed partial record Kubeconfig(
    string Cluster,
    string Server,
    string CaPem,
    string User,
    string CertificatePem,
    string KeyPem,
    string? TlsServerName = null
)
{
    private const int LongestText = 100_000;

    /// <summary>Reads exactly what <see cref="ToYaml"/> writes.</summary>
    /// <param name="kubeconfig"><c>null</c> when the text has any other line, field or value form.</param>
    public static bool TryParse(string? yaml, [NotNullWhen(true)] out Kubeconfig? kubeconfig)
    {
        kubeconfig = null;
        if (yaml is null || yaml.Length > LongestText || Form().Match(yaml) is not { Success: true } match)
        {
            return false;
        }

        var (user, context) = (Unquote(match, "user"), Unquote(match, "context"));
        if (
            Pem(match, "ca", "CERTIFICATE") is not { } ca
            || Pem(match, "certificate", "CERTIFICATE") is not { } certificate
            || Pem(match, "key", "PRIVATE KEY") is not { } key
            || user is null
            || user.Any(char.IsControl)
            || context != $"{user}@{match.Groups["cluster"].Value}"
        )
        {
            return false;
        }

        kubeconfig = new Kubeconfig(
            match.Groups["cluster"].Value,
            match.Groups["server"].Value,
            ca,
            user,
            certificate,
            key,
            match.Groups["tls"] is { Success: true } tls ? tls.Value : null
        );
        return true;
    }

    /// <summary>Whether the API server's URL names this host and port.</summary>
    public bool IsFor(string host, int port) =>
        Uri.TryCreate(Server, UriKind.Absolute, out var url)
        && url.Port == port
        && string.Equals(url.Host.Trim('[', ']'), host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    /// <summary>Holds a private key.</summary>
    public string ToYaml()
    {
        var context = Quote($"{User}@{Cluster}");
        var tls = TlsServerName is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"\n    tls-server-name: {TlsServerName}");
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {Cluster}
              cluster:
                server: {Server}{tls}
                certificate-authority-data: {Base64(CaPem)}
            contexts:
            - name: {context}
              context:
                cluster: {Cluster}
                user: {Quote(User)}
            current-context: {context}
            users:
            - name: {Quote(User)}
              user:
                client-certificate-data: {Base64(CertificatePem)}
                client-key-data: {Base64(KeyPem)}

            """;
    }

    public override string ToString() => $"kubeconfig of {Cluster}";

    private static string? Unquote(Match match, string group)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(match.Groups[group].Value);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Pem(Match match, string group, string label)
    {
        var bytes = new byte[match.Groups[group].Length];
        if (!Convert.TryFromBase64String(match.Groups[group].Value, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return
            System.Security.Cryptography.PemEncoding.TryFind(text, out var found)
            && text[found.Label].EndsWith(label, StringComparison.Ordinal)
            ? text
            : null;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // Quoted texts are JSON, which is YAML. Repeated values must be the same. \z, because $ also matches before a last newline.
    [GeneratedRegex(
        """
            \AapiVersion: v1
            kind: Config
            clusters:
            - name: (?<cluster>[a-z0-9]([-a-z0-9]*[a-z0-9])?)
              cluster:
                server: (?<server>https://(\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5})(
                tls-server-name: (?<tls>[A-Za-z0-9.:-]+))?
                certificate-authority-data: (?<ca>[A-Za-z0-9+/=]+)
            contexts:
            - name: (?<context>"([^"\\]|\\.)*")
              context:
                cluster: \k<cluster>
                user: (?<user>"([^"\\]|\\.)*")
            current-context: \k<context>
            users:
            - name: \k<user>
              user:
                client-certificate-data: (?<certificate>[A-Za-z0-9+/=]+)
                client-key-data: (?<key>[A-Za-z0-9+/=]+)
            \z
            """,
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
