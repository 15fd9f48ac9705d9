using System.CommandLine;
using System.Globalization;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Audits;

/// <summary><c>gantry audit</c>: who changed what, newest first.</summary>
public sealed class AuditCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<string?> _cluster = new("--cluster") { Description = "Only changes of this cluster" };
    private readonly Option<string?> _action = new("--action")
    {
        Description = "Only changes of this kind: create, update, delete, publish or action",
    };
    private readonly Option<int> _limit = new Option<int>("--limit")
    {
        Description = "Number of changes",
        DefaultValueFactory = _ => 20,
    }.Between(1, 1000, "1 to 1000");

    public Command Create()
    {
        _action.AcceptOnlyFromAmong(
            AuditActions.Create,
            AuditActions.Update,
            AuditActions.Delete,
            AuditActions.Publish,
            AuditActions.Action
        );
        var audit = new Verb(
            "audit",
            "List changes and who made them, newest first",
            "gantry audit --limit 50",
            "gantry audit --cluster demo --action update"
        )
        {
            _cluster,
            _action,
            _limit,
        };
        audit.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var cluster = command.GetValue(_cluster) is { } name
                    ? await ClusterApi.UidAsync(console, name, cancellationToken, alsoDeleted: true)
                    : null;
                var changes = await console.CallAsync(
                    Operations.Audits.List,
                    [
                        ("limit", command.GetValue(_limit).ToString(CultureInfo.InvariantCulture)),
                        ("resourceUid", cluster),
                        ("actionType", command.GetValue(_action)),
                    ],
                    cancellationToken
                );
                Printer.Write(host, connection.Format(command), changes.Items, () => Table(changes.Items));
            }
        );
        return audit;
    }

    public static Table Table(IReadOnlyList<AuditView> changes)
    {
        var table = new Table("TIME", "WHO", "ACTION", "KIND", "NAME", "WHAT");
        foreach (var change in changes)
        {
            var spec = change.Spec;
            table.Row(
                change.Metadata.CreationTimestamp?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                spec.Actor.User.EmailId is { Length: > 0 } person ? person : spec.Actor.ServiceName,
                spec.ActionType,
                spec.Resource.Kind,
                spec.Resource.Name,
                spec.ContentMsg
            );
        }

        return table;
    }
}
