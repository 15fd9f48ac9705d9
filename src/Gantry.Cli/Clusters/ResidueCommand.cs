using System.CommandLine;
using System.Globalization;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster residue [list|dismiss]</c>: resources that a deletion could not release.</summary>
public sealed class ResidueCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var residue = new Verb("residue", "List or dismiss what a deletion could not release", "gantry cluster residue demo");
        List(residue);
        var list = new Verb("list", "List what was not released", "gantry cluster residue list demo");
        List(list);
        residue.Add(list);
        residue.Add(Dismiss());
        return residue;
    }

    private void List(Verb list)
    {
        var name = ClusterName.Optional(connection);
        list.Add(name);
        list.SetAction(
            async (command, cancellationToken) =>
            {
                var called = ClusterName.Required(command, name);
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
                var residue = await console.CallAsync(Operations.Clusters.GetResidue, [("uid", uid)], cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    residue,
                    () => Text(called, residue, host.Time, new TextLayout(host))
                );
            }
        );
    }

    private Verb Dismiss()
    {
        var name = ClusterName.Argument(connection);
        var dismiss = new Verb("dismiss", "Dismiss it: Gantry stops trying to release it", "gantry cluster residue dismiss demo")
        {
            name,
        };
        dismiss.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
                await console.CallAsync(Operations.Clusters.DismissResidue, [("uid", uid)], cancellationToken);
                Printer.Done(host, connection.Format(command), $"{called}: residue dismissed", ("uid", uid));
            }
        );
        return dismiss;
    }

    public static string Text(string cluster, ResidueAnswer residue, TimeProvider time, TextLayout layout)
    {
        if (residue.Items.Count > 0)
        {
            layout
                .Title($"{cluster}: not released")
                .Blank()
                .Lines(Things(residue.Items, TextColor.Careful))
                .Blank()
                .Paragraph(
                    "Gantry retries until it is released, or until you dismiss it with `gantry cluster residue dismiss "
                        + $"{cluster}`."
                );
        }
        else if (residue.Dismissed.Count == 0)
        {
            layout.Paragraph($"{cluster}: everything was released");
        }

        foreach (var dismissal in residue.Dismissed)
        {
            layout
                .Blank()
                .Title($"{cluster}: dismissed by {dismissal.By} at {Moments.Full(dismissal.At, time)}")
                .Blank()
                .Lines(Things(dismissal.Items, TextColor.Quiet));
        }

        return layout.ToString();
    }

    private static IReadOnlyList<Line> Things(IReadOnlyList<string> items, TextColor color) =>
        [.. items.Select(item => new Line([new Cell("-", color)], item))];
}
