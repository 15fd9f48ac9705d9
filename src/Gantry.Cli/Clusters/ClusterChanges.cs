using System.CommandLine;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Pools;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>
/// Builds a command for each change: it makes the change and, with <c>--wait</c>, follows the cluster until it is settled.
/// </summary>
public sealed class ClusterChanges(CliHost host, ConnectionOptions connection)
{
    private const string Prefix = "gantry cluster";

    /// <param name="prefix">The words before the verb where they are not <c>gantry cluster</c>.</param>
    public Verb Of(ChangeVerb change, string prefix = Prefix)
    {
        var name = ClusterName.Argument(connection);
        var wait = new WaitOptions();
        var verb = change.Under(prefix, name);
        wait.AddTo(verb);
        var confirmation = new Confirmation();
        if (change.MayLose)
        {
            confirmation.AddTo(verb);
        }

        verb.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var cluster = await DesiredCluster.ReadAsync(console, command.GetRequiredValue(name), cancellationToken);
                await RegionNames.CheckAsync(command, console, cancellationToken);
                var request = await new MergedChange(
                    host,
                    console,
                    loss => confirmation.Ask(host, command, loss.Question, loss.Word)
                ).MakeAsync(change, command, cluster, cancellationToken);
                if (!wait.IsWanted(command))
                {
                    Printer.Done(
                        host,
                        connection.Format(command),
                        $"{cluster.Name}: {request.Summary}; `gantry cluster watch {cluster.Name}` shows progress",
                        ("name", cluster.Name),
                        ("uid", cluster.Uid)
                    );
                    await WaitsFor.TellAsync(host, console, cluster.Uid, cluster.Name, cancellationToken);
                    return;
                }

                var now = await DesiredCluster.OfUidAsync(console, cluster.Uid, cancellationToken);
                await new ClusterWait(host, console).UntilAsync(
                    cluster.Uid,
                    cluster.Name,
                    ClusterWait.IsSettled(now.Sizes),
                    wait.Limit(command),
                    cancellationToken
                );
                await ClusterShow.WriteAsync(host, console, cluster.Uid, connection.Format(command), cancellationToken);
            }
        );
        return verb;
    }
}
