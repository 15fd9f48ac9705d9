using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Packs;

/// <summary><c>gantry pack …</c>: what profiles are made of.</summary>
public sealed class PackCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() => new("pack", "Packs, which profiles are made of") { ListCommand() };

    private Verb ListCommand()
    {
        var list = new Verb("list", "List packs with their versions; -o yaml includes their values", "gantry pack list");
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var packs = (await console.CallAsync(Operations.Packs.List, [], cancellationToken)).Items;
                Printer.Write(
                    host,
                    connection.Format(command),
                    packs,
                    () =>
                        packs
                            .Select(pack => pack.Spec)
                            .GroupBy(pack => (pack.Layer, pack.Name))
                            .Aggregate(
                                new Table("LAYER", "PACK", "VERSIONS"),
                                (table, pack) =>
                                    table.Row(
                                        pack.Key.Layer,
                                        pack.Key.Name,
                                        string.Join(", ", pack.Select(one => one.Version).Distinct())
                                    )
                            )
                );
            }
        );
        return list;
    }
}
