using Gantry.Api;
using System.CommandLine;
using System.Globalization;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster residue [list|dismiss]</c>: what a deletion could not give back.</summary>
public sealed class ResidueCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var residue = new Verb("residue", "See what a deletion could not give back, or take it over", "gantry cluster residue demo");
        List(residue);
        var list = new Verb("list", "Show what was not given back", "gantry cluster residue list demo");
        List(list);
        residue.Add(list);
        residue.Add(Dismiss());
        return residue;
    }

    private void List(Verb list)
    {
        var name = ClusterName.Optional(connection);
        list.Add(name);
        list.SetAction(async (command, cancellationToken) =>
        {
            var called = ClusterName.Required(command, name);
            using var console = new ConsoleSession(connection.Resolve(command));
            var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
            var residue = await console.CallAsync(Operations.Clusters.GetResidue, [("uid", uid)], cancellationToken);
            Printer.Write(host, connection.Format(command), residue, () => Text(called, residue, host.Time, new TextLayout(host)));
        });
    }

    private Verb Dismiss()
    {
        var name = ClusterName.Argument(connection);
        var dismiss = new Verb("dismiss", "Take it over: Gantry tries no longer to give it back", "gantry cluster residue dismiss demo") { name };
        dismiss.SetAction(async (command, cancellationToken) =>
        {
            using var console = new ConsoleSession(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
            await console.CallAsync(Operations.Clusters.DismissResidue, [("uid", uid)], cancellationToken);
            Printer.Done(host, connection.Format(command), $"{called}: what was left is yours now", ("uid", uid));
        });
        return dismiss;
    }

    public static string Text(string cluster, ResidueAnswer residue, TimeProvider time, TextLayout layout)
    {
        if (residue.Items.Count > 0)
        {
            layout.Title($"{cluster}: not given back").Blank()
                .Lines(Things(residue.Items, TextColor.Careful))
                .Blank()
                .Paragraph($"Gantry goes on trying until it is gone, or until you take it over with `gantry cluster residue dismiss {cluster}`.");
        }
        else if (residue.Dismissed.Count == 0)
        {
            layout.Paragraph($"{cluster}: everything was given back");
        }

        foreach (var dismissal in residue.Dismissed)
        {
            layout.Blank().Title($"{cluster}: taken over by {dismissal.By} at {Moments.Full(dismissal.At, time)}").Blank()
                .Lines(Things(dismissal.Items, TextColor.Quiet));
        }

        return layout.ToString();
    }

    private static IReadOnlyList<Line> Things(IReadOnlyList<string> items, TextColor color) =>
        [.. items.Select(item => new Line([new Cell("-", color)], item))];
}
