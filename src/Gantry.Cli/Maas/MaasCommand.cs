using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Accounts;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Maas;
using Gantry.Maas.Machines;

namespace Gantry.Cli.Maas;

/// <summary><c>gantry maas …</c>: reads a MAAS region directly, without a console.</summary>
public sealed class MaasCommand(CliHost host, ConnectionOptions connection)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Option<string?> _maas = new("--maas")
    {
        Description = "URL of MAAS, for example http://maas:5240/MAAS [default: the lab's]",
        Recursive = true,
    };
    private readonly Option<string?> _key = new("--maas-key")
    {
        Description = "API key of MAAS [env: GANTRY_MAAS_KEY]",
        Recursive = true,
    };
    private readonly Option<string?> _ca = MaasCaOption.Create(recursive: true);

    public Command Create() =>
        new("maas", "Query a MAAS region directly")
        {
            CheckCommand(),
            MachinesCommand(),
            ZonesCommand(),
            PoolsCommand(),
            _maas,
            _key,
            _ca,
        };

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
                var document = new JsonObject
                {
                    ["url"] = maas.Url.AbsoluteUri,
                    ["version"] = version.Version,
                    ["user"] = user.Username,
                    ["admin"] = user.IsSuperuser,
                    ["machines"] = machines.Count,
                    ["ready"] = machines.Count(machine => machine.Status is MachineStatus.Ready),
                    ["warning"] = version.Warning,
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
                                    machine.StatusName + (machine.Locked ? " (locked)" : ""),
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

    private Command Looking(string name, string description, Func<MaasClient, ParseResult, CancellationToken, Task> look)
    {
        var command = new Command(name, description);
        command.SetAction(
            async (parsed, cancel) =>
            {
                try
                {
                    using var maas = Open(parsed);
                    await look(maas, parsed, cancel);
                }
                catch (FormatException malformed)
                {
                    throw new CliException(ExitCode.Usage, malformed.Message, malformed);
                }
                catch (MaasException failure)
                {
                    throw new CliException(
                        failure switch
                        {
                            MaasCredentialsRejectedException or MaasForbiddenException => ExitCode.NoAccess,
                            MaasNotFoundException => ExitCode.NotFound,
                            MaasUnavailableException or MaasOutcomeUnknownException => ExitCode.Unreachable,
                            MaasUnexpectedException => ExitCode.Unexpected,
                            _ => ExitCode.Refused,
                        },
                        failure.Message,
                        failure
                    );
                }
            }
        );
        return command;
    }

    private MaasClient Open(ParseResult command)
    {
        var known = Credentials.Read(connection.DataFolder(command));
        var url =
            command.GetValue(_maas)
            ?? known?.MaasUrl
            ?? throw new CliException(
                ExitCode.Usage,
                "--maas is missing: set it to the URL of your MAAS, or start the lab with `gantry up`"
            );
        var key =
            command.GetValue(_key)
            ?? host.Environment("GANTRY_MAAS_KEY")
            ?? (command.GetValue(_maas) is null ? known?.MaasKey : null)
            ?? throw new CliException(
                ExitCode.Usage,
                "the MAAS key is missing: set GANTRY_MAAS_KEY or --maas-key CONSUMER:TOKEN:SECRET"
            );
        var options = new MaasClientOptions(MaasEndpoint.Parse(url), MaasApiKey.Parse(key))
        {
            CaPem = MaasCaOption.Read(command.GetValue(_ca)),
            ReadAttempts = 2,
        };
        return new MaasClient(options, host.Time);
    }
}
