using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>Writes what one cluster is, and what is wanted of it.</summary>
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
        var wanted = await console.CallAsync(Operations.Documents.GetCluster, [("uid", uid)], cancellationToken);
        var shown = JsonSerializer.SerializeToNode(progress, ApiJson.Options)!.AsObject();
        shown["desired"] = JsonSerializer.SerializeToNode(wanted, ApiJson.Options);
        Printer.Write(
            host,
            format,
            shown,
            () => ClusterTables.Describe(ClusterProgress.Of(progress), host.Time.GetUtcNow(), wanted.Spec)
        );
    }
}
