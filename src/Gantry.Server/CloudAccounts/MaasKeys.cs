using Gantry.Maas;
using Gantry.Server.Api;

namespace Gantry.Server.CloudAccounts;

/// <summary>Parses the MAAS URL and API key of a request. Only the region's gateway can test them.</summary>
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
}
