using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Http;

/// <summary>OAuth 1.0 as in MAAS: PLAINTEXT and HMAC-SHA1; old timestamps and used nonces are refused.</summary>
internal sealed class OAuth(TimeProvider time)
{
    private const int Window = 300;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _nonces = [];
    private long _forgotten;

    /// <returns>The user; <c>null</c> for a request without a complete set of OAuth parameters.</returns>
    /// <exception cref="RegionFault">The credentials are refused.</exception>
    public UserRow? Authenticate(RegionState state, string? header, string method, Uri url, Parameters query, Parameters form)
    {
        if (Parse(header) is not { } parameters)
        {
            // Of a header in another spelling, MAAS sees that there is a key but not which.
            return header?.StartsWith("OAuth ", StringComparison.OrdinalIgnoreCase) is true
                    ? throw Refused("'Parameter not found: oauth_consumer_key'")
                : query.Has("oauth_token") ? throw RegionFault.Text(500, "dictionary changed size during iteration")
                : null;
        }

        if (
            !parameters.ContainsKey("oauth_nonce")
            || !parameters.ContainsKey("oauth_timestamp")
            || !parameters.ContainsKey("oauth_signature_method")
            || !parameters.ContainsKey("oauth_signature")
            || !parameters.ContainsKey("oauth_token")
        )
        {
            return null;
        }

        if (!parameters.TryGetValue("oauth_consumer_key", out var consumer))
        {
            throw Refused("'Parameter not found: oauth_consumer_key'");
        }

        if (state.Keys.All.All(one => one.ConsumerKey != consumer))
        {
            throw Refused("Invalid API key.");
        }

        var key =
            state.Keys.Find(parameters["oauth_token"]) ?? throw Refused($"'Invalid access token: {parameters["oauth_token"]}'");
        CheckTime(parameters["oauth_timestamp"]);
        CheckNonce(consumer, key, parameters["oauth_nonce"]);
        CheckSignature(key, parameters, method, url, query, form);
        return key.SystemId is { } machine ? new UserRow(key.Username, "", false, machine) : state.Users.Find(key.Username);
    }

    private static Dictionary<string, string>? Parse(string? header)
    {
        if (header is null || !header.StartsWith("OAuth ", StringComparison.Ordinal))
        {
            return null;
        }

        var parameters = new Dictionary<string, string>();
        foreach (var piece in header["OAuth ".Length..].Split(','))
        {
            // MAAS's framework drops every part of the header that contains these letters.
            if (!piece.Contains("realm", StringComparison.Ordinal) && piece.Trim().Split('=', 2) is [var name, var value])
            {
                parameters[name] = WebUtility.UrlDecode(value.Trim('"').Replace("+", "%2B", StringComparison.Ordinal));
            }
        }

        return parameters;
    }

    private void CheckTime(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var then))
        {
            throw RegionFault.Text(500, $"invalid literal for int() with base 10: '{text}'");
        }

        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (now - then > Window)
        {
            throw Refused($"'Expired timestamp: given {then} and now {now} has a greater difference than threshold {Window}'");
        }
    }

    private void CheckNonce(string consumer, KeyRow key, string nonce)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            if (now - _forgotten > Window)
            {
                foreach (var old in _nonces.Where(used => now - used.Value > 2 * Window).Select(used => used.Key).ToList())
                {
                    _nonces.Remove(old);
                }

                _forgotten = now;
            }

            if (!_nonces.TryAdd($"{consumer}/{key.TokenKey}/{nonce}", now))
            {
                throw Refused($"'Nonce already used: {nonce}'");
            }
        }
    }

    private static void CheckSignature(
        KeyRow key,
        Dictionary<string, string> parameters,
        string method,
        Uri url,
        Parameters query,
        Parameters form
    )
    {
        var secret = "&" + key.TokenSecret;
        switch (parameters["oauth_signature_method"])
        {
            case "PLAINTEXT":
                if (parameters["oauth_signature"] != secret)
                {
                    // MAAS prints the correct secret here. A lab has no secrets, and clients must handle such a response.
                    throw Refused($"'Invalid signature. Expected signature base string: {secret}'");
                }

                break;
            case "HMAC-SHA1":
                var baseString = BaseString(parameters, method, url, query, form);
                var right = Convert.ToBase64String(
                    HMACSHA1.HashData(Encoding.ASCII.GetBytes(secret), Encoding.ASCII.GetBytes(baseString))
                );
                if (parameters["oauth_signature"] != right)
                {
                    throw Refused($"'Invalid signature. Expected signature base string: {baseString}'");
                }

                break;
            case var other:
                throw Refused($"'Signature method {other} not supported try one of the following: PLAINTEXT, HMAC-SHA1'");
        }
    }

    private static string BaseString(Dictionary<string, string> oauth, string method, Uri url, Parameters query, Parameters form)
    {
        var signed = oauth.Where(parameter => parameter.Key != "oauth_signature").ToList();
        signed.AddRange(
            query.Fields.Where(field => field.Value.Length > 0).GroupBy(field => field.Key).Select(group => group.First())
        );
        if (method == "POST")
        {
            signed.AddRange(form.Fields.GroupBy(field => field.Key).Select(group => group.Last()));
        }

        var normal = string.Join(
            '&',
            signed
                .Select(parameter => (Name: Escape(parameter.Key), Value: Escape(parameter.Value)))
                .OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
                .ThenBy(parameter => parameter.Value, StringComparer.Ordinal)
                .Select(parameter => $"{parameter.Name}={parameter.Value}")
        );
        var address = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return $"{method}&{Escape(address)}&{Escape(normal)}";
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static RegionFault Refused(string why) =>
        new(RegionAnswer.Html(401, $"Authorization Error: {why}") with { Challenge = true, Vary = "Cookie" });
}
