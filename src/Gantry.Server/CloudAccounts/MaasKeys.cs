using Gantry.Server.Api;

namespace Gantry.Server.CloudAccounts;

/// <summary>The form of what is needed to reach a MAAS region. Whether it works only its gateway can tell.</summary>
public static class MaasKeys
{
    public static void Check(Check check, string field, string? key)
    {
        if (string.IsNullOrWhiteSpace(key))
        {
            check.Problem(field, "is missing; copy the key from MAAS (user menu, API keys), three parts joined by colons");
            return;
        }

        // The value itself is a secret, also a malformed one.
        var parts = key.Trim().Split(':');
        check.That(parts.Length is 3 && Array.TrueForAll(parts, part => part.Length > 0 && !part.Any(char.IsWhiteSpace)), field,
            "is not a MAAS key: that has three parts joined by colons, CONSUMER_KEY:TOKEN_KEY:TOKEN_SECRET");
    }

    /// <returns>The base URL without a slash at its end.</returns>
    public static string Endpoint(Check check, string field, string? endpoint)
    {
        if (string.IsNullOrWhiteSpace(endpoint))
        {
            check.Problem(field, "is missing; write the URL of MAAS, for example http://maas.example.com:5240/MAAS");
            return "";
        }

        var valid = Uri.TryCreate(endpoint.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
        check.That(valid, field, $"'{ApiError.Shown(endpoint)}' is not a URL; write for example http://maas.example.com:5240/MAAS");
        check.That(!valid || url!.UserInfo.Length == 0, field, "carries a user in the URL; write the URL alone, the key goes into apiKey");
        return endpoint.Trim().TrimEnd('/');
    }
}
