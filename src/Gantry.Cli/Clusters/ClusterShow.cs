using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>Writes the current state of one cluster.</summary>
public static class ClusterShow
{
    /// <summary>Writes nothing for a cluster that the console no longer keeps.</summary>
    public static async Task WriteAsync(
        CliHost host,
        ConsoleSession console,
        string uid,
        OutputFormat format,
        CancellationToken cancellationToken
    )
    {
        var progress = await console.CallAsync(Operations.Clusters.GetProgress, [("uid", uid)], cancellationToken);
        Printer.Write(host, format, progress, () => ClusterTables.Describe(ClusterProgress.Of(progress), host.Time.GetUtcNow()));
    }
}
