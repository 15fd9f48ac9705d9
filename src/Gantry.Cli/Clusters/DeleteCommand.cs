using System.CommandLine;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster delete</c></summary>
public sealed class DeleteCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Confirmation _confirmation = new();
    private readonly Option<bool> _force = new("--force")
    {
        Description =
            $"Abandon what cannot be released, and list it; possible after {Deletion.ForceAfter.TotalMinutes:0} "
            + "minutes of deleting",
    };

    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var deletion = new DeleteVerb();
        var wait = new WaitOptions();
        var delete = deletion.Under("gantry cluster", name);
        delete.Add(_force);
        _confirmation.AddTo(delete);
        wait.AddTo(delete);
        delete.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var cluster = await DesiredCluster.ReadAsync(console, command.GetRequiredValue(name), cancellationToken);
                var request = await deletion.ReadAsync(command, cluster, cancellationToken);
                if (command.GetValue(_force))
                {
                    RefuseTooEarly(cluster);
                    request = request with { Force = true };
                }

                _confirmation.Ask(host, command, $"Delete {cluster.Name} and release its machines?", cluster.Name);
                await request.MakeAsync(console, cluster, cancellationToken);
                var sentence = Begun(cluster.Name, command.GetValue(_force));
                if (wait.IsWanted(command))
                {
                    sentence = Ended(
                        cluster.Name,
                        await new ClusterWait(host, console).UntilAsync(
                            cluster.Uid,
                            cluster.Name,
                            ClusterWait.IsGone,
                            wait.Limit(command),
                            cancellationToken
                        )
                    );
                }

                Printer.Done(host, connection.Format(command), sentence, ("name", cluster.Name), ("uid", cluster.Uid));
            }
        );
        return delete;
    }

    /// <param name="last">The last progress; <c>null</c> when the console no longer keeps the cluster.</param>
    public static string Ended(string name, ClusterProgress? last) =>
        last?.Status?.Residue is { Count: > 0 } left
            ? $"{name} is deleted, and {Counted.Of(left.Count, "thing")} could not be released: `gantry cluster residue "
                + $"{name}` lists {(left.Count is 1 ? "it" : "them")}"
            : $"{name} is deleted";

    private static string Begun(string name, bool force) =>
        $"{name} is being deleted; `gantry cluster watch {name}` shows progress"
        + (force ? $"; `gantry cluster residue {name}` lists what cannot be released" : "");

    private void RefuseTooEarly(DesiredCluster cluster)
    {
        if (cluster.DeletedSince is not { } since)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{cluster.Name} is not being deleted: run `gantry cluster delete {cluster.Name}` first, "
                    + $"and use --force if the deletion has not finished after {Deletion.ForceAfter.TotalMinutes:0} minutes"
            );
        }

        var under = host.Time.GetUtcNow() - since;
        if (under < Deletion.ForceAfter)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{cluster.Name} has been deleting for {Durations.Short(under)}; --force is possible in "
                    + $"{Durations.Short(Deletion.ForceAfter - under)}. "
                    + $"`gantry cluster watch {cluster.Name}` shows what it waits for"
            );
        }
    }
}
