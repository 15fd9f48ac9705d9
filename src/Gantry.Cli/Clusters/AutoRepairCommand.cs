using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster auto-repair</c> and <c>gantry project auto-repair</c></summary>
public sealed class AutoRepairCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var setting = Choice("on", "off", "inherit");
        var repair = new Verb(
            "auto-repair",
            "Turn automatic repair of silent machines on or off; inherit uses the project's setting",
            "gantry cluster auto-repair demo off",
            "gantry cluster auto-repair demo inherit"
        )
        {
            name,
            setting,
        };
        repair.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var (called, choice) = (command.GetRequiredValue(name), command.GetRequiredValue(setting));
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                await console.CallAsync(Operations.Clusters.SetAutoRepair, [("uid", uid)], Body(choice), cancellationToken);
                Printer.Done(
                    host,
                    connection.Format(command),
                    $"{called}: auto-repair is {(choice == "inherit" ? "inherited from the project" : choice)}",
                    ("uid", uid),
                    ("autoRepair", choice)
                );
            }
        );
        return repair;
    }

    public Command CreateForProject()
    {
        var setting = new Argument<string?>("choice")
        {
            Description = "on, off [default: show the setting]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        setting.AcceptOnlyFromAmong("on", "off");
        var repair = new Verb(
            "auto-repair",
            "Show or set automatic repair for clusters that inherit it",
            "gantry project auto-repair",
            "gantry project auto-repair off --project edge"
        )
        {
            setting,
        };
        repair.SetAction(
            async (command, cancellationToken) =>
            {
                var address = connection.Resolve(command);
                using var console = new ConsoleSession(address);
                var uid = await console.ProjectUidAsync(cancellationToken);
                if (command.GetValue(setting) is not { } choice)
                {
                    var current = await console.CallAsync(Operations.Projects.GetAutoRepair, [("uid", uid)], cancellationToken);
                    var now = current.Enabled is false ? "off" : "on";
                    Printer.Write(
                        host,
                        connection.Format(command),
                        current,
                        () => $"project {address.Project}: auto-repair is {now}\n"
                    );
                    return;
                }

                await console.CallAsync(Operations.Projects.SetAutoRepair, [("uid", uid)], Body(choice), cancellationToken);
                Printer.Done(
                    host,
                    connection.Format(command),
                    $"project {address.Project}: auto-repair is {choice}",
                    ("uid", uid),
                    ("autoRepair", choice)
                );
            }
        );
        return repair;
    }

    private static AutoRepairInput Body(string choice) =>
        new(
            choice switch
            {
                "on" => true,
                "off" => false,
                _ => null,
            }
        );

    private static Argument<string> Choice(params string[] words)
    {
        var choice = new Argument<string>("choice") { Description = string.Join(", ", words) };
        choice.AcceptOnlyFromAmong(words);
        return choice;
    }
}
