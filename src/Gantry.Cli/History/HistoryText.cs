using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.History;

/// <summary>The chain from a request through its plan and steps to the result, as an indented timeline.</summary>
public static class HistoryText
{
    /// <param name="names">Host names by system id; machines that have left the cluster are shown by their id.</param>
    public static string Of(
        IReadOnlyList<HistoryItem> items,
        string cluster,
        IReadOnlyDictionary<string, string> names,
        TimeProvider time,
        TextLayout layout
    )
    {
        if (items.Count == 0)
        {
            return layout.Paragraph($"{cluster}: no history yet").ToString();
        }

        foreach (var item in items)
        {
            Item(item, names, time, layout.Blank());
        }

        return layout.ToString();
    }

    private static void Item(HistoryItem item, IReadOnlyDictionary<string, string> names, TimeProvider time, TextLayout layout)
    {
        layout.Title($"{item.Generation}. {(item.Request.Length > 0 ? item.Request : "the request is no longer kept")}");
        string?[] origin = [item.At is { } at ? Moments.Full(at, time) : null, Origin(item)];
        layout.Paragraph(string.Join("  ", origin.Where(part => !string.IsNullOrEmpty(part))), 3, color: TextColor.Quiet);
        var day = item.At is { } asked ? Moments.Day(asked, time) : "";
        var lines = new List<Line>();
        foreach (var happened in (item.Events ?? []).OrderBy(one => one.At))
        {
            if (Moments.Day(happened.At, time) is var then && then != day)
            {
                lines.Add(new Line([new Cell(day = then, TextColor.Quiet)]));
            }

            lines.Add(Event(happened, names, time));
        }

        layout.Lines(lines, 5);
    }

    private static Line Event(HistoryEvent happened, IReadOnlyDictionary<string, string> names, TimeProvider time)
    {
        var color = happened.Severity switch
        {
            EventSeverities.Warning => TextColor.Careful,
            EventSeverities.Error => TextColor.Bad,
            _ => happened.Kind is EventKinds.Result ? TextColor.Good : TextColor.Plain,
        };
        return new Line(
            [
                new Cell(Moments.Clock(happened.At, time), TextColor.Quiet),
                new Cell(
                    Word(happened.Kind),
                    happened.Kind is EventKinds.Planned or EventKinds.Result ? TextColor.Strong : TextColor.Quiet
                ),
                new Cell(happened.Severity is EventSeverities.Info ? "" : "!", color),
                new Cell(happened.Reason, color),
                happened.Machine is { } machine ? names.GetValueOrDefault(machine, machine) : "",
            ],
            happened.Message
        );
    }

    private static string Word(string kind) =>
        kind switch
        {
            EventKinds.Planned => "plan",
            EventKinds.Completed => "  step",
            EventKinds.Result => "result",
            _ => "  seen",
        };

    private static string Origin(HistoryItem item) => $"{item.Action}{(item.Actor is { } actor ? $" by {Who(actor)}" : "")}";

    private static string Who(HistoryActor actor) => actor.Type is { Length: > 0 } type ? $"{actor.Name} ({type})" : actor.Name;
}
