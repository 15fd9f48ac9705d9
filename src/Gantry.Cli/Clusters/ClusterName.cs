using System.CommandLine;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Clusters;

/// <summary>The argument that names a cluster; completion offers the console's clusters.</summary>
public static class ClusterName
{
    public static Argument<string> Argument(ConnectionOptions connection) =>
        Completed(new Argument<string>("cluster") { Description = "Name or uid of the cluster" }, connection);

    /// <summary>For commands that also have verbs.</summary>
    public static Argument<string?> Optional(ConnectionOptions connection) =>
        Completed(
            new Argument<string?>("cluster") { Description = "Name or uid of the cluster", Arity = ArgumentArity.ZeroOrOne },
            connection
        );

    public static string Required(ParseResult command, Argument<string?> name) =>
        command.GetValue(name)
        ?? throw new CliException(ExitCode.Usage, "cluster name is missing (`gantry cluster list` shows all clusters)");

    private static T Completed<T>(T argument, ConnectionOptions connection)
        where T : Argument =>
        argument.CompletedFrom(
            connection,
            async (console, cancellationToken) =>
                (await ClusterApi.SearchAsync(console, null, cancellationToken)).Select(cluster => cluster.Metadata.Name)
        );
}
