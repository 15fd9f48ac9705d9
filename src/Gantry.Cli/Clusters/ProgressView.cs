using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gantry.Cli.Clusters;

/// <summary>Progress for a terminal: a bar for the whole and a line for each machine.</summary>
public static class ProgressView
{
    private const int BarWidth = 40;
    private const int RollWidth = 20;

    /// <summary>Beyond this number, which fills a screen, only machines with activity are shown.</summary>
    private const int MostMachines = 24;

    public static IRenderable Build(ClusterProgress cluster, DateTimeOffset now)
    {
        var rows = new List<IRenderable> { Headline(cluster) };
        if (cluster.Status is not { } status)
        {
            return new Rows(rows);
        }

        if (Rolls.Of(status, cluster.Sizes) is { Count: > 0 } rolls)
        {
            rows.Add(RollLines(rolls));
        }

        rows.Add(Machines(status, now));
        rows.AddRange(
            PlainProgress.Problems(status).Select(trouble => (IRenderable)new Markup($"[yellow]! {Markup.Escape(trouble)}[/]"))
        );
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
            $"[bold]{Markup.Escape(cluster.Name)}[/]  {bar} {status.Progress, 3}%  {status.Phase}  "
                + $"[grey]{Markup.Escape(status.Message)}[/]"
        );
    }

    private static Grid RollLines(IReadOnlyList<Roll> rolls)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 2, 0) });
        foreach (var roll in rolls)
        {
            var filled = roll.Size == 0 ? RollWidth : RollWidth * roll.UpToDate / roll.Size;
            grid.AddRow(
                new Markup($"[blue]{new string('━', filled)}[/][grey]{new string('━', RollWidth - filled)}[/]"),
                new Text(roll.Sentence)
            );
        }

        return grid;
    }

    private static Grid Machines(ReportedStatus status, DateTimeOffset now)
    {
        var grid = new Grid();
        for (var column = 0; column < 6; column++)
        {
            grid.AddColumn(new GridColumn { NoWrap = column != 4, Padding = new Padding(0, 0, 2, 0) });
        }

        var shown =
            status.Machines.Count <= MostMachines
                ? status.Machines
                : [.. status.Machines.Where(machine => !IsQuiet(machine)).Take(MostMachines)];
        foreach (var machine in shown)
        {
            var (symbol, colour) = machine switch
            {
                { State: "Failed" or "Quarantined" } => ("✗", "red"),
                { State: "Draining" or "Releasing" } => ("↓", "yellow"),
                { NodeReady: true, StaleReasons.Count: > 0 } => ("◌", "yellow"),
                { NodeReady: true } => ("●", "green"),
                _ => ("○", "blue"),
            };
            grid.AddRow(
                new Markup($"  [{colour}]{symbol}[/]"),
                new Text(machine.Hostname),
                new Markup($"[grey]{Markup.Escape(machine.Pool)}[/]"),
                new Markup($"[{colour}]{Markup.Escape(machine.State)}[/]"),
                new Markup($"[grey]{Markup.Escape(machine.Stage)}[/]"),
                new Text(machine.NodeReady ? "" : Durations.Short(now - machine.StateSince))
            );
        }

        var rest = status.Machines.Except(shown).ToList();
        if (rest.Count > 0)
        {
            grid.AddRow("  …", $"{rest.Count} more", "", $"{rest.Count(IsQuiet)} of them ready", "", "");
        }

        return grid;
    }

    private static bool IsQuiet(ReportedMachine machine) => machine is { NodeReady: true, State: "Ready", StaleReasons.Count: 0 };
}
