using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Service account tokens, signed with the cluster's own key.</summary>
internal static class ServiceAccountTokens
{
    private const string Issuer = "https://kubernetes.default.svc.cluster.local";

    public static (string Token, DateTimeOffset Expires) Issue(
        LabCluster cluster,
        JsonObject account,
        TimeSpan lifetime,
        JsonArray? audiences
    )
    {
        var now = cluster.Time.GetUtcNow();
        var expires = now + lifetime;
        var payload = new JsonObject
        {
            ["aud"] = audiences is { Count: > 0 } ? audiences.DeepClone() : new JsonArray(Issuer),
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = Issuer,
            ["kubernetes.io"] = new JsonObject
            {
                ["namespace"] = account.Namespace(),
                ["serviceaccount"] = new JsonObject { ["name"] = account.Name(), ["uid"] = account.Uid() },
            },
            ["sub"] = $"system:serviceaccount:{account.Namespace()}:{account.Name()}",
        };
        var signed = $"{Encode("{\"alg\":\"HS256\"}")}.{Encode(payload.ToJsonString())}";
        return ($"{signed}.{Base64Url.EncodeToString(Sign(cluster, signed))}", expires);
    }

    /// <summary>The service account of a valid token, or null.</summary>
    public static KubeUser? Read(LabCluster cluster, string token)
    {
        if (token.Split('.') is not [_, var body, var signature])
        {
            return null;
        }

        try
        {
            var signed = token[..token.LastIndexOf('.')];
            if (!CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(signature), Sign(cluster, signed)))
            {
                return null;
            }

            var payload = JsonNode.Parse(Base64Url.DecodeFromChars(body));
            var ns = payload.Text("kubernetes.io", "namespace") ?? "";
            var account = cluster.Find(
                KubeResources.ServiceAccounts,
                ns,
                payload.Text("kubernetes.io", "serviceaccount", "name") ?? ""
            );
            var expired = payload.Number("exp") <= cluster.Time.GetUtcNow().ToUnixTimeSeconds();
            return expired || account is null || account.Uid() != payload.Text("kubernetes.io", "serviceaccount", "uid")
                ? null
                : new KubeUser(
                    $"system:serviceaccount:{ns}:{account.Name()}",
                    ["system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"],
                    account.Uid()
                );
        }
        catch (Exception malformed) when (malformed is FormatException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static byte[] Sign(LabCluster cluster, string text) =>
        HMACSHA256.HashData(cluster.TokenKey(), Encoding.UTF8.GetBytes(text));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
