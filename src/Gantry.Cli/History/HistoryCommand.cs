using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.History;

/// <summary><c>gantry cluster history</c></summary>
public sealed class HistoryCommand(CliHost host, ConnectionOptions connection)
{
    private const int Usual = 10;

    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var limit = Sizes.Count.Option("--limit", "How many changes, the newest first; 0 for all", Usual);
        var history = new Verb(
            "history",
            "Show what was asked for, what was planned, what was done and what came of it; of deleted clusters too",
            "gantry cluster history demo --limit 3") { name, limit };
        history.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var uid = await ClusterApi.UidAsync(console, called, cancel, alsoDeleted: true);
            var items = await ItemsAsync(console, uid, command.GetValue(limit), cancel);
            var (progress, _) = await ClusterApi.ProgressAsync(console, uid, cancel);
            var names = (progress.Status?.Machines ?? []).ToDictionary(machine => machine.SystemId, machine => machine.Hostname);
            Printer.Write(
                host,
                connection.Format(command),
                items,
                () => HistoryText.Of([.. items.Select(item => item.Deserialize<HistoryItem>(ApiJson.Options)!)], called, names, host.Time, new Page(host)));
        });
        return history;
    }

    private static async Task<JsonArray> ItemsAsync(ConsoleClient console, string uid, int limit, CancellationToken cancel)
    {
        const int page = 50;
        var all = new JsonArray();
        string? more = null;
        do
        {
            var size = limit == 0 ? page : Math.Min(page, limit - all.Count);
            var path = $"v1/spectroclusters/{uid}/history?limit={size}" + (more is null ? "" : $"&continue={Uri.EscapeDataString(more)}");
            var answer = await console.GetAsync(path, cancel);
            foreach (var item in (answer?["items"]?.AsArray() ?? []).Take(size))
            {
                all.Add(item?.DeepClone());
            }

            more = (string?)answer?["listmeta"]?["continue"];
        }
        while (!string.IsNullOrEmpty(more) && (limit == 0 || all.Count < limit));
        return all;
    }
}
