using Gantry.Maas;
using Gantry.Protocol;
using Gantry.Server.Api;

namespace Gantry.Server.CloudAccounts;

/// <summary>Parses the MAAS URL, CA and API key of a request. Only the region's gateway can test them.</summary>
public static class MaasKeys
{
    /// <returns>The key; <c>null</c> when a problem was added. No problem quotes the text, because a malformed key is a
    /// secret too.</returns>
    public static MaasApiKey? Key(Check check, string field, string? text)
    {
        if (!MaasApiKey.TryParse(text, out var key, out var problem))
        {
            check.Problem(field, string.IsNullOrWhiteSpace(text) ? $"is missing. {problem}" : $"is not a MAAS key. {problem}");
        }

        return key;
    }

    /// <returns>The URL; <c>null</c> when a problem was added.</returns>
    public static MaasEndpoint? Endpoint(Check check, string field, string? text)
    {
        if (!MaasEndpoint.TryParse(text, out var endpoint, out var problem))
        {
            check.Problem(field, string.IsNullOrWhiteSpace(text) ? $"is missing. {problem}" : $"is not a URL of MAAS. {problem}");
        }

        return endpoint;
    }

    /// <returns>The certificates; <c>null</c> when there are none or a problem was added.</returns>
    public static MaasCa? Ca(Check check, string field, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (!MaasCa.TryParse(text, out var certificates, out var problem))
        {
            check.Problem(field, $"is not a PEM file of certificates. {problem}");
        }

        return certificates;
    }

    /// <summary>The form in which a destination is sealed with its key and told to the gateway.</summary>
    public static KeyDestination Destination(MaasEndpoint endpoint, MaasCa? certificates) =>
        new(endpoint.ToString(), certificates?.Pem);
}
