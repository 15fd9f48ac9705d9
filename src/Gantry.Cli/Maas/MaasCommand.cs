using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Maas;
using Gantry.Maas.Machines;

namespace Gantry.Cli.Maas;

/// <summary><c>gantry maas …</c>: reads a MAAS region directly, without a console.</summary>
public sealed class MaasCommand(CliHost host, ConnectionOptions connection)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly MaasOptions _maas = new(host, connection);

    public Command Create() =>
        _maas.AddTo(
            new Command("maas", "Query a MAAS region directly")
            {
                CheckCommand(),
                MachinesCommand(),
                ZonesCommand(),
                PoolsCommand(),
            }
        );

    private Command CheckCommand() =>
        Looking(
            "check",
            "Check that MAAS answers and accepts the key",
            async (maas, command, cancel) =>
            {
                var version = await maas.Version.GetAsync(cancel);
                if (version.Refusal is { } tooOld)
                {
                    throw new CliException(ExitCode.Refused, tooOld);
                }

                var user = await maas.Users.WhoAmIAsync(cancel);
                var machines = await maas.Machines.ListAsync(cancel);
                var images = new RegionImages(await maas.BootResources.ListAsync(null, cancel));
                var document = new JsonObject
                {
                    ["url"] = maas.Url.AbsoluteUri,
                    ["version"] = version.Version,
                    ["user"] = user.Username,
                    ["admin"] = user.IsSuperuser,
                    ["machines"] = machines.Count,
                    ["ready"] = machines.Count(machine => machine.Status is MachineStatus.Ready),
                    ["warning"] = version.Warning,
                    ["preparedImages"] = new JsonArray([.. images.Prepared.Select(image => (JsonNode)image)]),
                    ["stockImages"] = new JsonArray([.. images.Stock.Select(image => (JsonNode)image)]),
                };
                Printer.Write(
                    host,
                    connection.Format(command),
                    document,
                    () =>
                        new Table("URL", "VERSION", "USER", "ADMIN", "MACHINES", "READY").Row(
                            maas.Url.AbsoluteUri,
                            version.Version,
                            user.Username,
                            user.IsSuperuser ? "yes" : "no",
                            $"{machines.Count}",
                            $"{machines.Count(machine => machine.Status is MachineStatus.Ready)}"
                        )
                );
                if (version.Warning is { } old)
                {
                    host.Error.WriteLine(old);
                }

                host.Error.WriteLine(images.Way);
                if (!user.IsSuperuser)
                {
                    host.Error.WriteLine(
                        $"{user.Username} is not an administrator: virtual IP endpoints work, MAAS DNS records do not"
                    );
                }
            }
        );

    private Command MachinesCommand() =>
        Looking(
            "machines",
            "List machines",
            async (maas, command, cancel) =>
            {
                var machines = await maas.Machines.ListAsync(cancel);
                Printer.Write(
                    host,
                    connection.Format(command),
                    JsonSerializer.SerializeToNode(machines, Json),
                    () =>
                        machines.Aggregate(
                            new Table(
                                "MACHINE",
                                "ID",
                                "STATUS",
                                "OWNER",
                                "POWER",
                                "CPU",
                                "MEMORY",
                                "DISKS",
                                "ZONE",
                                "POOL",
                                "TAGS"
                            ),
                            (table, machine) =>
                                table.Row(
                                    machine.Hostname,
                                    machine.SystemId,
                                    machine.Unreadable ?? (machine.StatusName + (machine.Locked ? " (locked)" : "")),
                                    machine.Owner,
                                    machine.PowerState,
                                    $"{machine.CpuCount}",
                                    $"{machine.Memory / 1024}GiB",
                                    string.Join(
                                        '+',
                                        machine.PhysicalBlockDevices.Select(disk => $"{disk.Size / 1_000_000_000}GB")
                                    ),
                                    machine.Zone?.Name,
                                    machine.Pool?.Name,
                                    string.Join(',', machine.TagNames)
                                )
                        )
                );
            }
        );

    private Command ZonesCommand() =>
        Looking(
            "zones",
            "List zones",
            async (maas, command, cancel) =>
            {
                var zones = await maas.Zones.ListAsync(cancel);
                Printer.Write(
                    host,
                    connection.Format(command),
                    JsonSerializer.SerializeToNode(zones, Json),
                    () =>
                        zones.Aggregate(new Table("ZONE", "DESCRIPTION"), (table, zone) => table.Row(zone.Name, zone.Description))
                );
            }
        );

    private Command PoolsCommand() =>
        Looking(
            "pools",
            "List resource pools",
            async (maas, command, cancel) =>
            {
                var pools = await maas.ResourcePools.ListAsync(cancel);
                Printer.Write(
                    host,
                    connection.Format(command),
                    JsonSerializer.SerializeToNode(pools, Json),
                    () =>
                        pools.Aggregate(new Table("POOL", "DESCRIPTION"), (table, pool) => table.Row(pool.Name, pool.Description))
                );
            }
        );

    private Command Looking(string name, string description, Func<MaasClient, ParseResult, CancellationToken, Task> look) =>
        _maas.Calling(new Command(name, description), look);
}
