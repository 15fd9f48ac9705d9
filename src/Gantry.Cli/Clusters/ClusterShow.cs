using Gantry.Cli.Api;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>Writes one cluster as it is now.</summary>
public static class ClusterShow
{
    /// <summary>Writes nothing of a cluster that the console does not keep any more.</summary>
    public static async Task WriteAsync(CliHost host, ConsoleClient console, string uid, OutputFormat format, CancellationToken cancel)
    {
        var (progress, document) = await ClusterApi.ProgressAsync(console, uid, cancel);
        document["uid"] = uid;
        Printer.Write(host, format, document, () => ClusterTables.Describe(progress, host.Time.GetUtcNow()));
    }
}
