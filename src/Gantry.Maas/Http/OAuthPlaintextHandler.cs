using System.Security.Cryptography;

namespace Gantry.Maas.Http;

/// <summary>
/// Signs each attempt with a new nonce and timestamp. MAAS refuses a used nonce and a timestamp older than five minutes.
/// </summary>
internal sealed class OAuthPlaintextHandler(MaasApiKey key, TimeProvider time, HttpMessageHandler inner)
    : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Remove("Authorization");

        // MAAS drops a part of the header that contains the letters "realm"; a hexadecimal nonce never does.
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
