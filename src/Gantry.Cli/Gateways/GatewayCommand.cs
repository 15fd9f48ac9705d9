using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Gateway;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Gateways;

/// <summary><c>gantry gateway …</c>: runs a private cloud gateway, or manages the console's gateways.</summary>
public sealed class GatewayCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() =>
        new("gateway", "Run a private cloud gateway, or list the paired ones")
        {
            RunCommand(),
            ListCommand(),
            PairingCodeCommand(),
            TakeOverCommand(),
            DeleteCommand(),
        };

    private Command RunCommand()
    {
        var console = new Option<string?>("--console") { Description = "URL of the console; required on the first start" };
        var code = new Option<string?>("--pairing-code")
        {
            Description = "From `gantry gateway pairing-code`; required on the first start [env: GANTRY_PAIRING_CODE]",
        };
        var name = new Option<string>("--name")
        {
            Description = "Name of this gateway in the console",
            DefaultValueFactory = _ => "",
        };
        var proxy = new Option<string?>("--proxy") { Description = "HTTP proxy for the connection to the console" };
        var log = new LogOptions(host);
        var run = new Command("run", "Run the gateway of this data centre") { console, code, name, proxy };
        log.AddTo(run);
        run.SetAction(
            async (command, cancellationToken) =>
            {
                using var folder = DataFolder.Hold(connection.DataFolder(command));
                using var logs = log.Create(command).ToFactory();
                logs.CreateLogger("Gantry.Cli").Starting("gateway run", folder.Path);
                try
                {
                    await using var gateway = await GatewayHost.StartAsync(
                        new GatewayOptions
                        {
                            DataFolder = folder.Sub("gateway"),
                            ConsoleUrl = command.GetValue(console) is { } url ? new Uri(url) : null,
                            PairingCode = command.GetValue(code) ?? host.Environment("GANTRY_PAIRING_CODE"),
                            Name = command.GetRequiredValue(name),
                            CaFile = command.GetValue(connection.CaFile) ?? host.Environment("GANTRY_CA_FILE"),
                            Proxy = command.GetValue(proxy),
                        },
                        host.Time,
                        logs,
                        cancellationToken
                    );
                    host.Out.WriteLine($"ready gateway {gateway.State.Name}, fingerprint {gateway.State.Fingerprint}");
                    await host.Out.FlushAsync(cancellationToken);
                    await Shutdown.RequestedOrEndedAsync(gateway.Completion, "the gateway", cancellationToken);
                }
                catch (GatewayException refused)
                {
                    throw new CliException(ExitCode.Refused, refused.Message, refused);
                }
                catch (UriFormatException wrong)
                {
                    throw new CliException(
                        ExitCode.Usage,
                        "--console is not a URL; write it as https://gantry.example:8443",
                        wrong
                    );
                }
            }
        );
        return run;
    }

    private Command ListCommand()
    {
        var list = new Command("list", "List the paired gateways");
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var gateways = await console.ListAsync(Operations.Gateways.List, [], cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    gateways,
                    () =>
                        gateways.Aggregate(
                            new Table("NAME", "STATE", "LAST SEEN", "VERSION", "FINGERPRINT", "UID"),
                            (table, gateway) =>
                                table.Row(
                                    gateway.Metadata.Name,
                                    State(gateway),
                                    ClusterTables.Age(gateway.Status.Health?.LastHeartBeatTimestamp, host.Time.GetUtcNow())
                                        is { } ago
                                        ? $"{ago} ago"
                                        : null,
                                    gateway.Status.Health?.AgentVersion,
                                    gateway.Metadata.Annotations?.GetValueOrDefault("fingerprint"),
                                    gateway.Metadata.Uid
                                )
                        )
                );
            }
        );
        return list;
    }

    private Command TakeOverCommand()
    {
        var name = Existing();
        var takeOver = new Command("takeover", "Let the instance that waits work, after the one that worked was stopped for good")
        {
            name,
        };
        takeOver.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await GatewayApi.UidAsync(console, called, cancellationToken);
                await console.CallAsync(Operations.Gateways.TakeOver, [("uid", uid)], cancellationToken);
                Printer.Done(
                    host,
                    connection.Format(command),
                    $"{called}: the next instance that asks works from now on",
                    ("uid", uid)
                );
            }
        );
        return takeOver;
    }

    private Verb DeleteCommand()
    {
        var name = Existing();
        var delete = new Verb(
            "delete",
            "Delete a gateway that serves no cluster and no account; its key is refused from then on",
            "gantry gateway delete berlin"
        )
        {
            name,
        };
        delete.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await GatewayApi.UidAsync(console, called, cancellationToken);
                await console.CallAsync(Operations.Gateways.Delete, [("uid", uid)], cancellationToken);
                Printer.Done(host, connection.Format(command), $"gateway {called} is deleted", ("uid", uid));
            }
        );
        return delete;
    }

    private Argument<string> Existing() =>
        new Argument<string>("name") { Description = "Name or uid of the gateway" }.CompletedFrom(
            connection,
            async (console, cancellationToken) =>
                (await console.ListAsync(Operations.Gateways.List, [], cancellationToken)).Select(one => one.Metadata.Name)
        );

    // The API has Palette's states; the table shows whether the gateway is online.
    public static string State(Overlord gateway) =>
        gateway.Status.State switch
        {
            "Running" when MessageOf(gateway, GatewayConditions.Problem) is { } problem => $"Online. {problem}",
            "Running" when MessageOf(gateway, GatewayConditions.SecondInstance) is not null => "Online, a second instance waits",
            "Running" => "Online",
            "Disconnected" => "Offline",
            "Pending" => "Never seen",
            var other => other,
        };

    private static string? MessageOf(Overlord gateway, string condition) =>
        gateway
            .Status.Health?.Conditions.Where(one => one.GetProperty("type").GetString() == condition)
            .Select(one => one.GetProperty("message").GetString())
            .FirstOrDefault();

    private Command PairingCodeCommand()
    {
        var pairing = new Command("pairing-code", "Create a code that pairs one gateway");
        pairing.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var code = await console.CallAsync(
                    Operations.Gateways.CreatePairingCode,
                    [("cloudType", "maas")],
                    cancellationToken
                );
                Printer.Write(host, connection.Format(command), code, () => new Table("PAIRING CODE").Row(code.Code));
            }
        );
        return pairing;
    }
}
