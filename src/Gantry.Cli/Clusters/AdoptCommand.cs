using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>
/// <c>gantry cluster adopt</c>: go on with machines that carry a cluster's mark in MAAS and that the gateway's ledger has forgotten.
/// </summary>
public sealed class AdoptCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var adopt = new Verb(
            "adopt",
            "Take machines that carry the cluster's mark in MAAS into the gateway's ledger, after that was lost or put back",
            "gantry cluster adopt demo"
        )
        {
            name,
        };
        adopt.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                var adopted = await console.CallAsync(Operations.Clusters.Adopt, [("uid", uid)], cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    adopted,
                    () =>
                        adopted.Items.Count is 0
                            ? $"{called}: the ledger knows every machine that carries the mark of this cluster{Environment.NewLine}"
                            : $"{called}: adopted {string.Join(", ", adopted.Items)}{Environment.NewLine}"
                );
            }
        );
        return adopt;
    }
}
