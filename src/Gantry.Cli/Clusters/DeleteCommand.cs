using System.CommandLine;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster delete</c></summary>
public sealed class DeleteCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask" };
    private readonly Option<bool> _force = new("--force")
    {
        Description = $"Give up on what cannot be given back, and name it; after {Deletion.ForceAfter.TotalMinutes:0} minutes of deleting",
    };

    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var deletion = new DeleteVerb();
        var wait = new WaitOptions();
        var delete = deletion.Under("gantry cluster", name);
        delete.Add(_force);
        delete.Add(_yes);
        wait.AddTo(delete);
        delete.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var cluster = await WantedCluster.ReadAsync(console, command.GetRequiredValue(name), cancel);
            var wanted = await deletion.ReadAsync(command, cluster, cancel);
            if (command.GetValue(_force))
            {
                RefuseTooEarly(cluster);
                wanted = wanted with { Deletion = wanted.Deletion! with { Force = true } };
            }

            if (host.Interactive && !command.GetValue(_yes) && !Confirmed(cluster.Name))
            {
                throw new CliException(ExitCode.Cancelled, "nothing was deleted");
            }

            await wanted.MakeAsync(console, cluster, cancel);
            if (wait.IsWanted(command))
            {
                await new ClusterWait(host, console).UntilAsync(cluster.Uid, cluster.Name, ClusterWait.IsGone, wait.Limit(command), cancel);
            }

            Printer.Done(
                host,
                connection.Format(command),
                wait.IsWanted(command)
                    ? $"{cluster.Name} is deleted"
                    : $"{cluster.Name} is being deleted; `gantry cluster watch {cluster.Name}` follows it",
                ("name", cluster.Name),
                ("uid", cluster.Uid));
        });
        return delete;
    }

    private void RefuseTooEarly(WantedCluster cluster)
    {
        if (cluster.DeletedSince is not { } since)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{cluster.Name} is not being deleted: `gantry cluster delete {cluster.Name}` first, "
                + $"and --force when it has not ended after {Deletion.ForceAfter.TotalMinutes:0} minutes");
        }

        var under = host.Time.GetUtcNow() - since;
        if (under < Deletion.ForceAfter)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{cluster.Name} has been deleting for {Durations.Short(under)}; it can be forced in {Durations.Short(Deletion.ForceAfter - under)}. "
                + $"`gantry cluster watch {cluster.Name}` shows what it waits for");
        }
    }

    private bool Confirmed(string name)
    {
        host.Error.Write($"Delete {name} and give its machines back? Type its name to go on: ");
        return host.In.ReadLine()?.Trim() == name;
    }
}
