using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Api;

/// <summary>Private cloud gateways, which the API calls overlords.</summary>
public static class GatewayApi
{
    /// <param name="nameOrUid"><c>null</c> takes the only gateway.</param>
    public static async Task<string> UidAsync(ConsoleSession console, string? nameOrUid, CancellationToken cancellationToken)
    {
        var gateways = (await console.ListAsync(Operations.Gateways.List, [], cancellationToken))
            .Select(one => one.Metadata)
            .ToList();
        if (nameOrUid is not null)
        {
            return Named.Find("gateway", gateways, nameOrUid);
        }

        return gateways switch
        {
            [{ Uid: { } only }] => only,
            [] => throw new CliException(
                ExitCode.NotFound,
                "no gateway is paired yet: `gantry gateway pairing-code` creates the code for one"
            ),
            _ => throw new CliException(
                ExitCode.Usage,
                $"several gateways exist, name one: {string.Join(", ", gateways.Select(one => one.Name))}"
            ),
        };
    }
}
