using Gantry.Maas;
using Gantry.Server.Api;

namespace Gantry.Server.CloudAccounts;

/// <summary>Reads what a request says about a MAAS region. Only the region's gateway can tell whether it works.</summary>
public static class MaasKeys
{
    /// <returns>The key; <c>null</c> when a problem was noted. No problem repeats the text, also a malformed key is a
    /// secret.</returns>
    public static MaasApiKey? Key(Check check, string field, string? text)
    {
        if (!MaasApiKey.TryParse(text, out var key, out var problem))
        {
            check.Problem(field, string.IsNullOrWhiteSpace(text) ? $"is missing. {problem}" : $"is not a MAAS key. {problem}");
        }

        return key;
    }

    /// <returns>The address; <c>null</c> when a problem was noted.</returns>
    public static MaasEndpoint? Endpoint(Check check, string field, string? text)
    {
        if (!MaasEndpoint.TryParse(text, out var endpoint, out var problem))
        {
            check.Problem(field, string.IsNullOrWhiteSpace(text) ? $"is missing. {problem}" : $"is not a URL of MAAS. {problem}");
        }

        return endpoint;
    }
}
