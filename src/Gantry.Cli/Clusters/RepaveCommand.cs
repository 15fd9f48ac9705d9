using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster repave …</c>: replacements that nobody asked for, and the agreement they wait for.</summary>
public sealed class RepaveCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() => new("repave", "See why machines are to be replaced that nobody asked to replace, and agree") { Status(), Approve() };

    private Verb Status()
    {
        var name = ClusterName.Argument(connection);
        var status = new Verb("status", "Show what waits for your agreement, and why", "gantry cluster repave status demo") { name };
        status.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var uid = await ClusterApi.UidAsync(console, command.GetRequiredValue(name), cancel);
            var repave = await console.GetAsync($"v1/spectroclusters/{uid}/repave/status", cancel);
            Printer.Write(host, connection.Format(command), repave, () => Text(repave, new Page(host)));
        });
        return status;
    }

    private Verb Approve()
    {
        var name = ClusterName.Argument(connection);
        var hash = new Option<string?>("--hash")
        {
            Description = "Of what you have read; refuses when something else waits by now", HelpName = "HASH",
        };
        var approve = new Verb(
            "approve", "Agree: the machines are replaced one after the other", "gantry cluster repave approve demo --hash 77aa01") { name, hash };
        approve.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            var read = command.GetValue(hash) is { } given ? $"?hash={Uri.EscapeDataString(given)}" : "";
            await console.PatchAsync($"v1/spectroclusters/{uid}/repave/approve{read}", null, cancel);
            Printer.Done(
                host,
                connection.Format(command),
                $"{called}: its machines are replaced one after the other; `gantry cluster watch {called}` follows it",
                ("uid", uid));
        });
        return approve;
    }

    public static string Text(JsonNode? repave, Page page)
    {
        var cluster = (string?)repave?["metadata"]?["name"] ?? "";
        if ((string?)repave?["status"]?["state"] != "Pending")
        {
            return page.Paragraph($"{cluster}: {(string?)repave?["status"]?["message"] ?? "nothing waits for your agreement"}").ToString();
        }

        page.Title($"{cluster}: machines are to be replaced, and wait for your agreement").Blank()
            .Lines([.. (repave["spec"]?["reasons"]?.AsArray() ?? []).Select(Reason)]);
        var machines = (repave["spec"]?["machines"]?.AsArray() ?? []).Select(machine => (string?)machine).ToList();
        if (machines.Count > 0)
        {
            page.Blank().Paragraph($"{Counted.Of(machines.Count, "machine")}: {string.Join(", ", machines)}", 2, 2);
        }

        var hash = (string?)repave["spec"]?["hash"];
        return page.Blank().Paragraph("To agree:").Blank()
            .Verbatim($"gantry cluster repave approve {cluster}{(hash is null ? "" : $" --hash {hash}")}")
            .ToString();
    }

    private static Line Reason(JsonNode? reason)
    {
        var (from, to) = (Version(reason?["pack"]?["current"]), Version(reason?["pack"]?["target"]));
        return new Line(
            [new Cell("!", Tone.Careful), new Cell((string?)reason?["code"], Tone.Strong)],
            (string?)reason?["message"] + (from is null && to is null ? "" : $" ({from ?? "nothing"} → {to ?? "nothing"})"));
    }

    private static string? Version(JsonNode? pack) =>
        (string?)pack?["version"] is { Length: > 0 } version ? version : (string?)pack?["tag"];
}
