using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster repave …</c>: replacements that Gantry proposes, and their approval.</summary>
public sealed class RepaveCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() =>
        new("repave", "Review and approve machine replacements that Gantry proposes") { Status(), Approve() };

    private Verb Status()
    {
        var name = ClusterName.Argument(connection);
        var status = new Verb(
            "status",
            "Show the replacements that need approval, and their reasons",
            "gantry cluster repave status demo"
        )
        {
            name,
        };
        status.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = await ClusterApi.UidAsync(console, command.GetRequiredValue(name), cancellationToken);
                var repave = await console.CallAsync(Operations.Clusters.GetRepave, [("uid", uid)], cancellationToken);
                Printer.Write(host, connection.Format(command), repave, () => Text(repave, new TextLayout(host)));
            }
        );
        return status;
    }

    private Verb Approve()
    {
        var name = ClusterName.Argument(connection);
        var hash = new Option<string?>("--hash")
        {
            Description = "Hash that `status` shows; fails if the proposal has changed",
            HelpName = "HASH",
        };
        var approve = new Verb(
            "approve",
            "Approve: the machines are replaced one at a time",
            "gantry cluster repave approve demo --hash 77aa01"
        )
        {
            name,
            hash,
        };
        approve.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                await console.CallAsync(
                    Operations.Clusters.ApproveRepave,
                    [("uid", uid), ("hash", command.GetValue(hash))],
                    cancellationToken
                );
                Printer.Done(
                    host,
                    connection.Format(command),
                    $"{called}: replacements approved, one machine at a time; `gantry cluster watch {called}` shows progress",
                    ("uid", uid)
                );
            }
        );
        return approve;
    }

    public static string Text(RepaveView repave, TextLayout layout)
    {
        var cluster = repave.Metadata.Name ?? "";
        if (repave.Status.State != "Pending")
        {
            return layout.Paragraph($"{cluster}: {repave.Status.Message ?? "nothing needs approval"}").ToString();
        }

        layout.Title($"{cluster}: replacements need approval").Blank().Lines([.. repave.Spec.Reasons.Select(Reason)]);
        var machines = repave.Spec.Machines ?? [];
        if (machines.Count > 0)
        {
            layout.Blank().Paragraph($"{Counted.Of(machines.Count, "machine")}: {string.Join(", ", machines)}", 2, 2);
        }

        var hash = repave.Spec.Hash;
        return layout
            .Blank()
            .Paragraph("To approve:")
            .Blank()
            .Verbatim($"gantry cluster repave approve {cluster}{(hash is null ? "" : $" --hash {hash}")}")
            .ToString();
    }

    private static Line Reason(RepaveReasonView reason)
    {
        var (from, to) = (Version(reason.Pack?.Current), Version(reason.Pack?.Target));
        return new Line(
            [new Cell("!", TextColor.Careful), new Cell(reason.Code, TextColor.Strong)],
            reason.Message + (from is null && to is null ? "" : $" ({from ?? "nothing"} → {to ?? "nothing"})")
        );
    }

    private static string? Version(PackSide? pack) => pack?.Version is { Length: > 0 } version ? version : null;
}
