using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Authenticates a request by client certificate, bootstrap token or service account token.</summary>
internal sealed class Authenticator(LabCluster cluster, X509Certificate2Collection authorities)
{
    private readonly ConditionalWeakTable<X509Certificate2, KubeUser> _known = [];

    /// <summary>The user; anonymous without credentials; null for invalid credentials.</summary>
    public KubeUser? Identify(X509Certificate2? certificate, string? authorization)
    {
        if (certificate is not null)
        {
            return OfCertificate(certificate);
        }

        if (string.IsNullOrEmpty(authorization))
        {
            return RefusesAnonymous() ? null : KubeUser.Anonymous;
        }

        return authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? OfBootstrapToken(authorization[7..].Trim()) ?? ServiceAccountTokens.Read(cluster, authorization[7..].Trim())
            : null;
    }

    // The API servers of a cluster have the same arguments; health checks too need a name then.
    private bool RefusesAnonymous() =>
        cluster
            .List(KubeResources.Pods, "kube-system")
            .Any(pod =>
                pod["metadata"]!["name"]!.ToString().StartsWith("kube-apiserver-", StringComparison.Ordinal)
                && pod["spec"]!["containers"]![0]!["command"] is JsonArray command
                && command.Any(argument => argument!.ToString() is "--anonymous-auth=false")
            );

    /// <summary>
    /// Every request of a connection carries the same certificate, so its chain is built once. Its validity period is checked on
    /// each request.
    /// </summary>
    private KubeUser? OfCertificate(X509Certificate2 certificate)
    {
        var now = cluster.Time.GetUtcNow().UtcDateTime;
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
        {
            return null;
        }

        if (!_known.TryGetValue(certificate, out var user) && OfChain(certificate) is { } found)
        {
            _known.AddOrUpdate(certificate, user = found);
        }

        return user;
    }

    private KubeUser? OfChain(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = cluster.Time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        var holds = chain.Build(certificate);
        foreach (var element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        if (!holds)
        {
            return null;
        }

        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
            {
                continue;
            }

            if (part.GetSingleElementType().Value == "2.5.4.3")
            {
                name = part.GetSingleElementValue() ?? "";
            }
            else if (part.GetSingleElementType().Value == "2.5.4.10")
            {
                groups.Add(part.GetSingleElementValue() ?? "");
            }
        }

        return new KubeUser(name, [.. groups, "system:authenticated"]);
    }

    private KubeUser? OfBootstrapToken(string token)
    {
        if (token.Split('.') is not [{ Length: 6 } id, { Length: 16 } secret])
        {
            return null;
        }

        var stored = cluster.Find(KubeResources.Secrets, "kube-system", "bootstrap-token-" + id);
        if (
            stored is null
            || stored.Text("type") != "bootstrap.kubernetes.io/token"
            || !CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(Datum("token-secret") ?? ""),
                Encoding.UTF8.GetBytes(secret)
            )
            || Datum("usage-bootstrap-authentication") != "true"
            || (KubeJson.Time(Datum("expiration")) is { } expires && expires <= cluster.Time.GetUtcNow())
        )
        {
            return null;
        }

        var extra = (Datum("auth-extra-groups") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        return new KubeUser("system:bootstrap:" + id, ["system:bootstrappers", .. extra, "system:authenticated"]);

        string? Datum(string key) =>
            stored.Text("data", key) is { } value ? Encoding.UTF8.GetString(Convert.FromBase64String(value)) : null;
    }
}
