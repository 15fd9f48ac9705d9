using System.CommandLine;
using System.Text.Json.Nodes;
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
        var wanted = Choice("on", "off", "inherit");
        var repair = new Verb(
            "auto-repair",
            "Say whether machines that fell silent are power-cycled and replaced without a person; inherit takes what the project says",
            "gantry cluster auto-repair demo off",
            "gantry cluster auto-repair demo inherit") { name, wanted };
        repair.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var (called, choice) = (command.GetRequiredValue(name), command.GetRequiredValue(wanted));
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            await console.PutAsync($"v1/spectroclusters/{uid}/autoRepair", Body(choice), cancel);
            Printer.Done(
                host,
                connection.Format(command),
                $"{called}: auto-repair is {(choice == "inherit" ? "as its project says" : choice)}",
                ("uid", uid),
                ("autoRepair", choice));
        });
        return repair;
    }

    public Command CreateForProject()
    {
        var wanted = Choice("on", "off");
        var repair = new Verb(
            "auto-repair",
            "Say what holds for the clusters that do not say it themselves",
            "gantry project auto-repair off --project edge") { wanted };
        repair.SetAction(async (command, cancel) =>
        {
            var address = connection.Resolve(command);
            using var console = new ConsoleClient(address);
            var choice = command.GetRequiredValue(wanted);
            var uid = await console.ProjectUidAsync(cancel);
            await console.PutAsync($"v1/projects/{uid}/autoRepair", Body(choice), cancel);
            Printer.Done(
                host, connection.Format(command), $"project {address.Project}: auto-repair is {choice}", ("uid", uid), ("autoRepair", choice));
        });
        return repair;
    }

    private static JsonObject Body(string choice) => new()
    {
        ["enabled"] = choice switch { "on" => true, "off" => false, _ => (JsonNode?)null },
    };

    private static Argument<string> Choice(params string[] words)
    {
        var choice = new Argument<string>("choice") { Description = string.Join(", ", words) };
        choice.AcceptOnlyFromAmong(words);
        return choice;
    }
}
