using System.CommandLine;
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
        var limit = Sizes.Count.Option("--limit", "Number of changes to show, newest first; 0 for all", Usual);
        var history = new Verb(
            "history",
            "Show requests, plans, steps and results of a cluster, deleted clusters included",
            "gantry cluster history demo --limit 3"
        )
        {
            name,
            limit,
        };
        history.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
                var items = await ItemsAsync(console, uid, command.GetValue(limit), cancellationToken);
                var progress = await ClusterApi.ProgressAsync(console, uid, cancellationToken);
                var names = (progress.Status?.Machines ?? []).ToDictionary(
                    machine => machine.SystemId,
                    machine => machine.Hostname
                );
                Printer.Write(
                    host,
                    connection.Format(command),
                    items,
                    () => HistoryText.Of(items, called, names, host.Time, new TextLayout(host))
                );
            }
        );
        return history;
    }

    private static async Task<IReadOnlyList<HistoryItem>> ItemsAsync(
        ConsoleSession console,
        string uid,
        int limit,
        CancellationToken cancellationToken
    )
    {
        const int pageSize = 50;
        var all = new List<HistoryItem>();
        string? next = null;
        do
        {
            var size = limit == 0 ? pageSize : Math.Min(pageSize, limit - all.Count);
            var answer = await console.CallAsync(
                Operations.Clusters.GetHistory,
                [("uid", uid), ("limit", $"{size}"), ("continue", next)],
                cancellationToken
            );
            all.AddRange(answer.Items.Take(size));
            next = answer.Listmeta?.Continue;
        } while (!string.IsNullOrEmpty(next) && (limit == 0 || all.Count < limit));
        return all;
    }
}
