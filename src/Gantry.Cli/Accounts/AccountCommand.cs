using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Accounts;

/// <summary><c>gantry account …</c>: MAAS regions and the keys to them.</summary>
public sealed class AccountCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<string> _endpoint = new("--endpoint") { Description = "MAAS, for example http://maas:5240/MAAS", Required = true };
    private readonly Option<string?> _key = new("--key")
    {
        Description = "MAAS API key, or - to read it from standard input [env: GANTRY_MAAS_KEY]",
    };

    private readonly Option<string?> _gateway = new("--gateway") { Description = "Private cloud gateway that reaches this MAAS [default: the only one]" };

    public Command Create()
    {
        _gateway.CompletedFrom(connection, (console, cancel) => console.ListAsync("v1/overlords", cancel));
        return Commands();
    }

    private Command Commands() => new("account", "Register the MAAS regions that clusters are built in")
    {
        ListCommand(), CreateCommand(), UpdateCommand(), ValidateCommand(), DeleteCommand(),
    };

    private Command ListCommand()
    {
        var list = new Command("list", "List cloud accounts");
        list.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var accounts = await console.ListAsync("v1/cloudaccounts/maas?limit=0", cancel);
            Printer.Write(host, connection.Format(command), accounts, () => accounts.Aggregate(
                new Table("NAME", "ENDPOINT", "GATEWAY", "UID"),
                (table, account) => table.Row(
                    (string?)account?["metadata"]?["name"],
                    (string?)account?["spec"]?["apiEndpoint"],
                    (string?)account?["metadata"]?["annotations"]?["overlordUid"],
                    (string?)account?["metadata"]?["uid"])));
        });
        return list;
    }

    private Command CreateCommand()
    {
        var name = new Argument<string>("name");
        var create = new Command("create", "Add a cloud account; the key is sealed to the gateway") { name, _endpoint, _key, _gateway };
        create.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var gateway = await GatewayApi.UidAsync(console, command.GetValue(_gateway), cancel);
            var account = new JsonObject { ["apiEndpoint"] = command.GetValue(_endpoint), ["apiKey"] = Key(command) };
            await console.PostAsync(
                $"v1/overlords/maas/{gateway}/account/validate", new JsonObject { ["account"] = account.DeepClone() }, cancel);
            var created = await console.PostAsync(
                "v1/cloudaccounts/maas",
                new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = command.GetValue(name),
                        ["annotations"] = new JsonObject { ["overlordUid"] = gateway },
                    },
                    ["spec"] = account,
                },
                cancel);
            Printer.Write(
                host, connection.Format(command), created, () => new Table("NAME", "UID").Row(command.GetValue(name), (string?)created?["uid"]));
        });
        return create;
    }

    private Command UpdateCommand()
    {
        var name = Existing();
        var endpoint = new Option<string?>("--endpoint") { Description = "MAAS, when it is another address now" };
        var update = new Command("update", "Give a cloud account a new key, or MAAS's new address with it") { name, endpoint, _key };
        update.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var wanted = command.GetRequiredValue(name);
            var uid = Named.Find("cloud account", await AllAsync(console, cancel), wanted);
            var known = await console.GetAsync($"v1/cloudaccounts/maas/{uid}", cancel);
            var spec = known!["spec"]!.DeepClone().AsObject();
            spec["apiEndpoint"] = command.GetValue(endpoint) ?? (string?)spec["apiEndpoint"];
            spec["apiKey"] = Key(command);
            var gateway = (string?)known["metadata"]?["annotations"]?["overlordUid"];
            await console.PostAsync($"v1/overlords/maas/{gateway}/account/validate", new JsonObject { ["account"] = spec.DeepClone() }, cancel);
            var metadata = new JsonObject { ["name"] = known["metadata"]?["name"]?.DeepClone() };
            foreach (var kept in (string[])["labels", "annotations"])
            {
                metadata[kept] = known["metadata"]?[kept]?.DeepClone() ?? new JsonObject();
            }

            await console.PutAsync($"v1/cloudaccounts/maas/{uid}", new JsonObject { ["metadata"] = metadata, ["spec"] = spec }, cancel);
            host.Error.WriteLine($"cloud account {wanted} has its new key; MAAS accepts it");
        });
        return update;
    }

    private Argument<string> Existing() => new Argument<string>("name") { Description = "Name or uid" }.CompletedFrom(connection, AllAsync);

    private static Task<JsonArray> AllAsync(ConsoleClient console, CancellationToken cancel) => console.ListAsync("v1/cloudaccounts/maas?limit=0", cancel);

    private Command ValidateCommand()
    {
        var validate = new Command("validate", "Ask a gateway whether it reaches this MAAS with this key") { _endpoint, _key, _gateway };
        validate.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var gateway = await GatewayApi.UidAsync(console, command.GetValue(_gateway), cancel);
            var account = new JsonObject { ["apiEndpoint"] = command.GetValue(_endpoint), ["apiKey"] = Key(command) };
            await console.PostAsync($"v1/overlords/maas/{gateway}/account/validate", new JsonObject { ["account"] = account }, cancel);
            host.Error.WriteLine($"{command.GetValue(_endpoint)} answers and accepts the key");
        });
        return validate;
    }

    private Command DeleteCommand()
    {
        var name = Existing();
        var delete = new Command("delete", "Forget a cloud account that no cluster uses") { name };
        delete.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var wanted = command.GetRequiredValue(name);
            var account = Named.Find("cloud account", await AllAsync(console, cancel), wanted);
            await console.DeleteAsync($"v1/cloudaccounts/maas/{account}", cancel);
            host.Error.WriteLine($"cloud account {wanted} is deleted");
        });
        return delete;
    }

    private string Key(ParseResult command)
    {
        var given = command.GetValue(_key) ?? host.Environment("GANTRY_MAAS_KEY");
        var key = given == "-" ? host.In.ReadLine()?.Trim() : given;
        return string.IsNullOrEmpty(key)
            ? throw new CliException(ExitCode.Usage, "the MAAS key is missing: set GANTRY_MAAS_KEY, or give --key - and write it to standard input")
            : key;
    }
}
