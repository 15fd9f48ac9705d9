using Gantry.Cli.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gantry.Cli.Clusters;

/// <summary>Progress for a person at a terminal: a bar for the whole and a line for each machine.</summary>
public static class ProgressView
{
    private const int BarWidth = 40;

    public static IRenderable Build(ClusterProgress cluster, DateTimeOffset now)
    {
        var rows = new List<IRenderable> { Headline(cluster) };
        if (cluster.Status is not { } status)
        {
            return new Rows(rows);
        }

        rows.Add(Machines(status, now));
        rows.AddRange(PlainProgress.Troubles(status).Select(trouble => (IRenderable)new Markup($"[yellow]! {Markup.Escape(trouble)}[/]")));
        return new Rows(rows);
    }

    private static Markup Headline(ClusterProgress cluster)
    {
        if (cluster.Status is not { } status)
        {
            return new Markup($"[bold]{Markup.Escape(cluster.Name)}[/]  waiting for the gateway");
        }

        var filled = BarWidth * Math.Clamp(status.Progress, 0, 100) / 100;
        var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/]";
        return new Markup(
            $"[bold]{Markup.Escape(cluster.Name)}[/]  {bar} {status.Progress,3}%  {status.Phase}  [grey]{Markup.Escape(status.Message)}[/]");
    }

    private static Grid Machines(ClusterStatus status, DateTimeOffset now)
    {
        var grid = new Grid();
        for (var column = 0; column < 6; column++)
        {
            grid.AddColumn(new GridColumn { NoWrap = column != 4, Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (var machine in status.Machines)
        {
            var (symbol, colour) = machine switch
            {
                { NodeReady: true } => ("●", "green"),
                { State: "Failed" or "Quarantined" } => ("✗", "red"),
                _ => ("○", "blue"),
            };
            grid.AddRow(
                new Markup($"  [{colour}]{symbol}[/]"),
                new Text(machine.Hostname),
                new Markup($"[grey]{Markup.Escape(machine.Pool)}[/]"),
                new Markup($"[{colour}]{Markup.Escape(machine.State)}[/]"),
                new Markup($"[grey]{Markup.Escape(machine.Stage)}[/]"),
                new Text(machine.NodeReady ? "" : Durations.Short(now - machine.StateSince)));
        }

        return grid;
    }
}
