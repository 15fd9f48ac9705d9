using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
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
            var (progress, _) = await ClusterApi.ProgressAsync(console, uid, cancel);
            Printer.Write(
                host, connection.Format(command), repave, () => Text(progress.Name, repave, progress.Status?.Repave, new Page(host)));
        });
        return status;
    }

    private Verb Approve()
    {
        var name = ClusterName.Argument(connection);
        var approve = new Verb("approve", "Agree: the machines are replaced one after the other", "gantry cluster repave approve demo") { name };
        approve.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            await console.PatchAsync($"v1/spectroclusters/{await ClusterApi.UidAsync(console, called, cancel)}/repave/approve", null, cancel);
            host.Error.WriteLine($"{called}: its machines are replaced one after the other; `gantry cluster watch {called}` follows it");
        });
        return approve;
    }

    /// <param name="need">What the gateway says of it, which knows the machines; <c>null</c> when nothing waits.</param>
    public static string Text(string cluster, JsonNode? repave, RepaveNeed? need, Page page)
    {
        var state = (string?)repave?["status"]?["state"] ?? "";
        var reasons = repave?["spec"]?["reasons"]?.AsArray() ?? [];
        if (need is null && (state != "Pending" || reasons.Count == 0))
        {
            return page.Title($"{cluster}: nothing waits for your agreement").ToString();
        }

        page.Title(state == "Approved"
            ? $"{cluster}: you have agreed; the machines are replaced one after the other"
            : $"{cluster}: machines are to be replaced, and wait for your agreement");
        page.Blank().Lines(need is null ? [.. reasons.Select(Reason)] : [.. need.Reasons.Select(Reason)]);
        if (need is { Machines.Count: > 0 })
        {
            page.Blank().Paragraph($"{Counted.Of(need.Machines.Count, "machine")}: {string.Join(", ", need.Machines)}", 2, 2);
        }

        if (state != "Approved")
        {
            page.Blank().Paragraph("To agree:").Blank().Verbatim($"gantry cluster repave approve {cluster}");
        }

        return page.ToString();
    }

    private static Line Reason(RepaveReason reason) => new(
        [new Cell("!", Tone.Careful), new Cell(reason.Code, Tone.Strong)],
        reason.Message + (reason.From is null && reason.To is null ? "" : $" ({reason.From ?? "nothing"} → {reason.To ?? "nothing"})"));

    private static Line Reason(JsonNode? reason) => Reason(new RepaveReason(
        (string?)reason?["code"] ?? "",
        (string?)reason?["message"] ?? "",
        (string?)reason?["pack"]?["current"]?["tag"],
        (string?)reason?["pack"]?["target"]?["tag"]));
}
