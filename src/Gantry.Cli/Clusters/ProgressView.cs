using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary>Progress for a terminal: a bar for the whole, one for each pool that rolls, and a line for each machine.</summary>
public static class ProgressView
{
    private const int BarWidth = 30;
    private const int RollWidth = 15;

    /// <summary>Below this width machines are shown without their pool.</summary>
    private const int Wide = 100;

    /// <summary>
    /// As many machines as the rows have room for: those with activity first, and the others as one number. The headline always
    /// stays.
    /// </summary>
    public static string Build(ClusterProgress cluster, DateTimeOffset now, (int Columns, int Rows) screen, TextStyle style)
    {
        var machines = cluster.Status?.Machines ?? [];
        var text = "";
        for (var shown = Math.Min(machines.Count, screen.Rows); shown >= 0; shown--)
        {
            text = Build(cluster, now, new TextLayout(screen.Columns, style), shown);
            if (LiveText.RowsOf(text, screen.Columns) < screen.Rows)
            {
                return text;
            }
        }

        // Not even the problems have room.
        return string.Concat(text.Split('\n').Take(Math.Max(1, screen.Rows - 2)).Select(line => line + "\n"));
    }

    private static string Build(ClusterProgress cluster, DateTimeOffset now, TextLayout layout, int shown)
    {
        if (cluster.Status is not { } status)
        {
            return layout.Title($"{cluster.Name}: waiting for the gateway").ToString();
        }

        var rolls = Rolls.Of(cluster);
        var percent = rolls.Count > 0 ? Rolls.Percent(rolls) : status.Progress;
        var state =
            rolls.Count > 0 ? PlainProgress.Rolling(status, rolls) + PlainProgress.Left(cluster) : $"{status.Phase} {percent}%";
        layout
            .Lines(
                [
                    new Line(
                        [new Cell(cluster.Name, TextColor.Strong), new Cell(Bar(percent, 100, BarWidth), TextColor.Good)],
                        state
                    ),
                ],
                indent: 0
            )
            .Paragraph(PlainProgress.Note(status), indent: 2, color: TextColor.Quiet)
            .Lines([
                .. rolls.Select(roll => new Line(
                    [new Cell(roll.Pool), new Cell(Bar(roll.UpToDate, roll.Size, RollWidth), TextColor.Good)],
                    $"{roll.UpToDate} of {roll.Size} up to date{string.Concat(roll.Blocked.Select(one => $"; {one}"))}"
                )),
            ]);
        Machines(layout, status, now, shown);
        foreach (var trouble in PlainProgress.Problems(status))
        {
            layout.Paragraph($"! {trouble}", hanging: 2, color: TextColor.Careful);
        }

        return layout.ToString();
    }

    // Filled and empty differ without colours too.
    private static string Bar(int part, int whole, int width)
    {
        var filled = whole == 0 ? width : width * Math.Clamp(part, 0, whole) / whole;
        return new string('█', filled) + new string('░', width - filled);
    }

    private static void Machines(TextLayout layout, ReportedStatus status, DateTimeOffset now, int shown)
    {
        var chosen = status.Machines.OrderBy(IsQuiet).Take(shown).ToHashSet();
        layout.Lines([.. status.Machines.Where(chosen.Contains).Select(machine => Line(machine, now, layout.Width >= Wide))]);
        var rest = status.Machines.Where(machine => !chosen.Contains(machine)).ToList();
        if (rest.Count > 0)
        {
            var ready = rest.Count(IsQuiet);
            layout.Paragraph(
                ready == rest.Count ? $"… {rest.Count} more are ready" : $"… {rest.Count} more, {ready} of them ready",
                indent: 2,
                color: TextColor.Quiet
            );
        }
    }

    private static Line Line(ReportedMachine machine, DateTimeOffset now, bool withPool)
    {
        var (symbol, color) = machine switch
        {
            { State: "Failed" or "Quarantined" } => ("✗", TextColor.Bad),
            { State: "Draining" or "Releasing" } => ("↓", TextColor.Careful),
            { NodeReady: true, StaleReasons.Count: > 0 } => ("◌", TextColor.Careful),
            { NodeReady: true } => ("●", TextColor.Good),
            _ => ("○", TextColor.Plain),
        };
        return new Line(
            [
                new Cell(symbol, color),
                new Cell(machine.Hostname),
                new Cell(withPool ? machine.Pool : "", TextColor.Quiet),
                new Cell(machine.State, color),
                new Cell(IsQuiet(machine) ? "" : Durations.Short(now - machine.StateSince), Right: true),
            ],
            machine.Stage,
            TextColor.Quiet
        );
    }

    private static bool IsQuiet(ReportedMachine machine) => machine is { NodeReady: true, State: "Ready", StaleReasons.Count: 0 };
}
