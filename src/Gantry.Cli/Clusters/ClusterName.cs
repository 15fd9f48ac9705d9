using System.CommandLine;
using System.CommandLine.Completions;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Clusters;

/// <summary>The argument that names a cluster; completion asks the console which there are.</summary>
public static class ClusterName
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static Argument<string> Argument(ConnectionOptions connection) => Completed(
        new Argument<string>("cluster") { Description = "Name or uid of the cluster" }, connection);

    /// <summary>For commands that have verbs beside it.</summary>
    public static Argument<string?> Optional(ConnectionOptions connection) => Completed(
        new Argument<string?>("cluster") { Description = "Name or uid of the cluster", Arity = ArgumentArity.ZeroOrOne }, connection);

    public static string Required(ParseResult command, Argument<string?> name) =>
        command.GetValue(name) ?? throw new CliException(ExitCode.Usage, "which cluster? Give its name (`gantry cluster list` shows what there is)");

    private static T Completed<T>(T argument, ConnectionOptions connection)
        where T : Argument
    {
        argument.CompletionSources.Add(context => Names(context.ParseResult, connection).Select(name => new CompletionItem(name)));
        return argument;
    }

    private static IReadOnlyList<string> Names(ParseResult command, ConnectionOptions connection)
    {
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            using var console = new ConsoleClient(connection.Resolve(command));
            var clusters = ClusterApi.SearchAsync(console, null, patience.Token).GetAwaiter().GetResult();
            return [.. clusters.Select(cluster => (string?)cluster?["metadata"]?["name"]).OfType<string>()];
        }
        catch (Exception away) when (away is CliException or OperationCanceledException)
        {
            // Nobody who presses Tab wants to read why there are no names now.
            return [];
        }
    }
}
