using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster abandon-machine</c>: let go of a machine that has left a cluster and that MAAS does not release.</summary>
public sealed class AbandonMachineCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var machine = new Argument<string>("machine") { Description = "Host name or system id" };
        var abandon = new Verb(
            "abandon-machine",
            "Let go of a machine that has left the cluster and that MAAS does not release; it stays in MAAS as it is",
            "gantry cluster abandon-machine demo node-07"
        )
        {
            name,
            machine,
        };
        abandon.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var cluster = await DesiredCluster.ReadAsync(console, called, cancellationToken);
                var left = (await cluster.MachinesAsync([command.GetRequiredValue(machine)], cancellationToken))[0];
                await console.CallAsync(
                    Operations.Clusters.AbandonMachine,
                    [("uid", cluster.Uid), ("systemId", left.SystemId)],
                    cancellationToken
                );
                Printer.Done(
                    host,
                    connection.Format(command),
                    $"{called}: {left.Hostname} is no longer waited for; release it in MAAS, or delete it there",
                    ("uid", cluster.Uid),
                    ("machine", left.SystemId)
                );
            }
        );
        return abandon;
    }
}
