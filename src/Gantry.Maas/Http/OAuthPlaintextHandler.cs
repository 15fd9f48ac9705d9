using System.Security.Cryptography;

namespace Gantry.Maas.Http;

/// <summary>
/// Signs each attempt anew: MAAS remembers every nonce and refuses one it has seen, and refuses a timestamp that is more
/// than five minutes old.
/// </summary>
internal sealed class OAuthPlaintextHandler(MaasApiKey key, TimeProvider time, HttpMessageHandler inner)
    : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Remove("Authorization");

        // Hexadecimal digits, so that MAAS never finds the letters "realm" in it and drops it.
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            "OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", "
                + $"oauth_consumer_key=\"{key.ConsumerKey}\", oauth_token=\"{key.TokenKey}\", "
                + $"oauth_signature=\"%26{key.TokenSecret}\", "
                + $"oauth_nonce=\"{nonce}\", oauth_timestamp=\"{time.GetUtcNow().ToUnixTimeSeconds()}\""
        );
        return base.SendAsync(request, cancellationToken);
    }
}
