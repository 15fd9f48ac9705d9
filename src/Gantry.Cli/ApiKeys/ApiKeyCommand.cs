using System.CommandLine;
using System.Globalization;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.ApiKeys;

/// <summary><c>gantry api-key …</c>: keys with which programs call the console.</summary>
public sealed class ApiKeyCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() => new("api-key", "List, create and delete API keys of the console") { List(), New(), Delete() };

    private Verb List()
    {
        var list = new Verb("list", "List API keys, without their values", "gantry api-key list");
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var keys = await AllAsync(console, cancellationToken);
                Printer.Write(host, connection.Format(command), keys, () => Table(keys, host.Time.GetUtcNow()));
            }
        );
        return list;
    }

    public static Table Table(IReadOnlyList<ApiKeyView> keys, DateTimeOffset now)
    {
        var table = new Table("NAME", "USER", "STATE", "EXPIRES", "UID");
        foreach (var key in keys)
        {
            table.Row(
                key.Metadata.Name,
                $"{key.Spec.User.FirstName} {key.Spec.User.LastName}".Trim(),
                !key.Status.IsActive ? "Inactive"
                    : key.Spec.Expiry <= now ? "Expired"
                    : "Active",
                key.Spec.Expiry is { } end ? end.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "never",
                key.Metadata.Uid
            );
        }

        return table;
    }

    private Verb New()
    {
        var name = new Argument<string>("name");
        var expires = Durations.Form.Optional("--expires", "Time until the key ends, 720h [default: never]");
        var create = new Verb(
            "create",
            "Create an API key of your own user; its value is written to standard output, once",
            "gantry api-key create ci --expires 720h > ci.key"
        )
        {
            name,
            expires,
        };
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var end = command.GetValue(expires) is { } span ? host.Time.GetUtcNow() + span : (DateTimeOffset?)null;
                var created = await console.CallAsync(
                    Operations.ApiKeys.Create,
                    [],
                    new ApiKeyEntity(new ObjectMeta { Name = called }, new ApiKeySpecEntity(end, UserUid: null)),
                    cancellationToken
                );
                Printer.Write(host, connection.Format(command), created, () => created.ApiKey + Environment.NewLine);
                host.Error.WriteLine($"API key {called} ({created.Uid}); nothing shows its value again");
            }
        );
        return create;
    }

    private Verb Delete()
    {
        var name = new Argument<string>("name") { Description = "Name or uid" }.CompletedFrom(
            connection,
            async (console, cancellationToken) => (await AllAsync(console, cancellationToken)).Select(key => key.Metadata.Name)
        );
        var delete = new Verb("delete", "Delete an API key: it is refused from then on", "gantry api-key delete ci") { name };
        delete.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = Named.Find("API key", (await AllAsync(console, cancellationToken)).Select(key => key.Metadata), called);
                await console.CallAsync(Operations.ApiKeys.Delete, [("uid", uid)], cancellationToken);
                Printer.Done(host, connection.Format(command), $"API key {called} is deleted", ("uid", uid));
            }
        );
        return delete;
    }

    private static Task<IReadOnlyList<ApiKeyView>> AllAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        console.ListAsync(Operations.ApiKeys.List, [("limit", "0")], cancellationToken);
}
