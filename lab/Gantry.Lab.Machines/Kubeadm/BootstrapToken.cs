using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>A bootstrap token, which authorizes machines to join until it expires.</summary>
/// <param name="Expires">Null for a token that never expires.</param>
internal sealed partial record BootstrapToken(string Id, string Secret, DateTimeOffset? Expires, string Description)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>
    /// The bootstrap tokens of an InitConfiguration. Without any, kubeadm generates a random one that is valid for 24 hours.
    /// </summary>
    /// <exception cref="KubeadmException">A token has an invalid format.</exception>
    public static IReadOnlyList<BootstrapToken> Read(JsonObject? init, DateTimeOffset now) =>
        init?["bootstrapTokens"] is not JsonArray { Count: > 0 } given
            ?
            [
                new(
                    RandomNumberGenerator.GetString(Letters, 6),
                    RandomNumberGenerator.GetString(Letters, 16),
                    now.AddHours(24),
                    ""
                ),
            ]
            :
            [
                .. given.Select(item =>
                {
                    var (id, secret) = Split(item!["token"]?.ToString() ?? "");
                    DateTimeOffset? expires =
                        item["expires"]?.ToString() is { } at
                            ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
                        : item["ttl"]?.ToString() is { } ttl
                            ? (Duration(ttl) is var lasts && lasts > TimeSpan.Zero ? now + lasts : null)
                        : now.AddHours(24);
                    return new BootstrapToken(id, secret, expires, item["description"]?.ToString() ?? "");
                }),
            ];

    /// <exception cref="KubeadmException">The token has an invalid format.</exception>
    public static (string Id, string Secret) Split(string token) =>
        Form().IsMatch(token)
            ? (token[..6], token[7..])
            : throw new KubeadmException(
                "the bootstrap token is invalid: it must be of the form \"\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z\""
            );

    /// <summary>Why discovery refuses a token; null if the token is valid.</summary>
    public static string? Refuse(LabCluster cluster, string token, DateTimeOffset now)
    {
        var stored = Stored.Find(cluster, token, now);

        // The signature in cluster-info covers the whole token and disappears when the token expires.
        return stored is not { Expired: false, Signs: true }
                ? $"could not find a JWS signature in the cluster-info ConfigMap for token ID \"{Split(token).Id}\""
            : !stored.Matches ? "failed to verify JWS signature of received cluster info object, can't trust this API Server"
            : !stored.Authenticates ? "Unauthorized"
            : null;
    }

    /// <summary>Whether an API server takes the token as the bearer token of a request.</summary>
    public static bool Authenticates(LabCluster cluster, string token, DateTimeOffset now) =>
        Stored.Find(cluster, token, now) is { Expired: false, Matches: true, Authenticates: true };

    public void Put(LabCluster cluster)
    {
        static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var data = new JsonObject
        {
            ["token-id"] = B64(Id),
            ["token-secret"] = B64(Secret),
            ["usage-bootstrap-authentication"] = B64("true"),
            ["usage-bootstrap-signing"] = B64("true"),
            ["auth-extra-groups"] = B64("system:bootstrappers:kubeadm:default-node-token"),
        };
        if (Expires is { } expires)
        {
            data["expiration"] = B64(expires.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        }

        if (Description.Length > 0)
        {
            data["description"] = B64(Description);
        }

        cluster.Create(
            KubeResources.Secrets,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "bootstrap-token-" + Id, ["namespace"] = "kube-system" },
                ["type"] = "bootstrap.kubernetes.io/token",
                ["data"] = data,
            }
        );
    }

    public override string ToString() => $"token {Id}";

    /// <param name="Matches">The token has the stored secret.</param>
    /// <param name="Signs">The token signs cluster-info.</param>
    private sealed record Stored(bool Expired, bool Matches, bool Signs, bool Authenticates)
    {
        public static Stored? Find(LabCluster cluster, string token, DateTimeOffset now)
        {
            var (id, secret) = Split(token);
            if (cluster.Find(KubeResources.Secrets, "kube-system", "bootstrap-token-" + id) is not { } stored)
            {
                return null;
            }

            string? Datum(string key) =>
                stored["data"]?[key]?.ToString() is { } value ? Encoding.UTF8.GetString(Convert.FromBase64String(value)) : null;
            return new Stored(
                Datum("expiration") is { } at
                    && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
                    && expires <= now,
                Datum("token-secret") == secret,
                Datum("usage-bootstrap-signing") is "true",
                Datum("usage-bootstrap-authentication") is "true"
            );
        }
    }

    /// <summary>Parses a duration in Go's format: <c>1h30m</c>, <c>5m0s</c>.</summary>
    /// <exception cref="KubeadmException">The text is not a duration.</exception>
    public static TimeSpan Duration(string text)
    {
        var total = TimeSpan.Zero;
        var matches = GoDuration().Matches(text);
        if (matches.Sum(match => match.Length) != text.Length)
        {
            throw new KubeadmException($"time: invalid duration \"{text}\"; write for example 15m0s");
        }

        foreach (Match match in matches)
        {
            total +=
                double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture)
                * match.Groups["unit"].Value switch
                {
                    "h" => TimeSpan.FromHours(1),
                    "m" => TimeSpan.FromMinutes(1),
                    "s" => TimeSpan.FromSeconds(1),
                    _ => TimeSpan.FromMilliseconds(1),
                };
        }

        return total;
    }

    [GeneratedRegex("^[a-z0-9]{6}\\.[a-z0-9]{16}\\z")]
    private static partial Regex Form();

    [GeneratedRegex("(?<number>[0-9.]+)(?<unit>ms|h|m|s)", RegexOptions.ExplicitCapture)]
    private static partial Regex GoDuration();
}
