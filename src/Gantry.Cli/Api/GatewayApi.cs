namespace Gantry.Cli.Api;

/// <summary>Private cloud gateways, which the API calls overlords.</summary>
public static class GatewayApi
{
    /// <param name="nameOrUid"><c>null</c> takes the only one there is.</param>
    public static async Task<string> UidAsync(ConsoleClient console, string? nameOrUid, CancellationToken cancel)
    {
        var gateways = await console.ListAsync("v1/overlords", cancel);
        if (nameOrUid is not null)
        {
            return Named.Find("gateway", gateways, nameOrUid);
        }

        return gateways switch
        {
            [{ } only] => (string)only["metadata"]!["uid"]!,
            [] => throw new CliException(ExitCode.NotFound, "no gateway is paired yet: `gantry gateway pairing-code` starts it"),
            _ => throw new CliException(
                ExitCode.Usage,
                $"there are several gateways, say which: {string.Join(", ", gateways.Select(one => (string?)one?["metadata"]?["name"]))}"),
        };
    }
}
