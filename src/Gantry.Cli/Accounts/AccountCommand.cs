using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Accounts;

/// <summary><c>gantry account …</c>: MAAS regions and their API keys.</summary>
public sealed class AccountCommand(CliHost host, ConnectionOptions connection)
{
    // The annotation of an account that names its gateway.
    private const string GatewayAnnotation = "overlordUid";

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "URL of MAAS, for example http://maas:5240/MAAS",
        Required = true,
    };
    private readonly Option<string?> _key = new("--key")
    {
        Description = "MAAS API key, or - to read it from standard input [env: GANTRY_MAAS_KEY]",
    };

    private readonly Option<string?> _ca = MaasCaOption.Create();

    private readonly Option<string?> _gateway = new("--gateway")
    {
        Description = "Gateway that reaches this MAAS [default: the only one]",
    };

    public Command Create()
    {
        _gateway.CompletedFrom(
            connection,
            async (console, cancellationToken) =>
                (await console.ListAsync(Operations.Gateways.List, [], cancellationToken)).Select(gateway =>
                    gateway.Metadata.Name
                )
        );
        return Commands();
    }

    private Command Commands() =>
        new("account", "Manage cloud accounts: MAAS regions and their keys")
        {
            ListCommand(),
            GetCommand(),
            CreateCommand(),
            UpdateCommand(),
            ValidateCommand(),
            DeleteCommand(),
        };

    private Command ListCommand()
    {
        var list = new Command("list", "List cloud accounts");
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var accounts = await AllAsync(console, cancellationToken);
                var gateways = await GatewaysAsync(console, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    accounts,
                    () =>
                        accounts.Aggregate(
                            new Table("NAME", "STATE", "ENDPOINT", "GATEWAY", "UID"),
                            (table, account) =>
                                table.Row(
                                    account.Metadata.Name,
                                    account.Status.State,
                                    account.Spec.ApiEndpoint,
                                    GatewayOf(account, gateways),
                                    account.Metadata.Uid
                                )
                        )
                );
            }
        );
        return list;
    }

    private Verb GetCommand()
    {
        var name = Existing();
        var get = new Verb("get", "Show a cloud account and its gateway, without its key", "gantry account get lab") { name };
        get.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var uid = await FindAsync(console, command.GetRequiredValue(name), cancellationToken);
                var account = await console.CallAsync(Operations.CloudAccounts.Get, [("uid", uid)], cancellationToken);
                var gateways = await GatewaysAsync(console, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    account,
                    () =>
                        $"Name:      {account.Metadata.Name}\n"
                        + $"Uid:       {uid}\n"
                        + $"State:     {account.Status.State}\n"
                        + $"Endpoint:  {account.Spec.ApiEndpoint}\n"
                        + $"CA:        {(account.Spec.CaCert is { Length: > 0 } ? "its own" : "the system's")}\n"
                        + $"Gateway:   {GatewayOf(account, gateways)}\n"
                );
            }
        );
        return get;
    }

    private static async Task<IReadOnlyDictionary<string, string?>> GatewaysAsync(
        ConsoleSession console,
        CancellationToken cancellationToken
    ) =>
        (await console.ListAsync(Operations.Gateways.List, [], cancellationToken)).ToDictionary(
            gateway => gateway.Metadata.Uid!,
            gateway => gateway.Metadata.Name
        );

    private static string? GatewayOf(MaasAccountView account, IReadOnlyDictionary<string, string?> gateways) =>
        account.Metadata.Annotations?.GetValueOrDefault(GatewayAnnotation) is { } uid
            ? gateways.GetValueOrDefault(uid) ?? uid
            : null;

    private Command CreateCommand()
    {
        var name = new Argument<string>("name");
        var create = new Command("create", "Create a cloud account; the key is sealed to the gateway")
        {
            name,
            _endpoint,
            _key,
            _ca,
            _gateway,
        };
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var gateway = await GatewayApi.UidAsync(console, command.GetValue(_gateway), cancellationToken);
                var account = Account(command);
                await ValidateAsync(console, gateway, account, cancellationToken);
                var metadata = new ObjectMeta
                {
                    Name = command.GetValue(name),
                    Annotations = new Dictionary<string, string> { [GatewayAnnotation] = gateway },
                };
                var created = await console.CallAsync(
                    Operations.CloudAccounts.Create,
                    [],
                    new MaasAccountEntity(metadata, account),
                    cancellationToken
                );
                Printer.Write(
                    host,
                    connection.Format(command),
                    created,
                    () => new Table("NAME", "UID").Row(command.GetValue(name), created.Uid)
                );
            }
        );
        return create;
    }

    private Command UpdateCommand()
    {
        var name = Existing();
        var endpoint = new Option<string?>("--endpoint") { Description = "New URL of MAAS" };
        var update = new Command("update", "Replace the key of a cloud account; --endpoint and --maas-ca set where it is used")
        {
            name,
            endpoint,
            _key,
            _ca,
        };
        update.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var nameOrUid = command.GetRequiredValue(name);
                var uid = await FindAsync(console, nameOrUid, cancellationToken);
                var known = await console.CallAsync(Operations.CloudAccounts.Get, [("uid", uid)], cancellationToken);
                var spec = known.Spec with
                {
                    ApiEndpoint = command.GetValue(endpoint) ?? known.Spec.ApiEndpoint,
                    ApiKey = Key(command),
                    CaCert = MaasCaOption.Read(command.GetValue(_ca)) ?? known.Spec.CaCert,
                };
                var gateway = known.Metadata.Annotations?.GetValueOrDefault(GatewayAnnotation) ?? "";
                await ValidateAsync(console, gateway, spec, cancellationToken);
                var metadata = new ObjectMeta
                {
                    Name = known.Metadata.Name,
                    Labels = known.Metadata.Labels ?? new Dictionary<string, string>(),
                    Annotations = known.Metadata.Annotations ?? new Dictionary<string, string>(),
                };
                await console.CallAsync(
                    Operations.CloudAccounts.Update,
                    [("uid", uid)],
                    new MaasAccountEntity(metadata, spec),
                    cancellationToken
                );
                host.Error.WriteLine($"cloud account {nameOrUid} has the new key; MAAS accepts it");
            }
        );
        return update;
    }

    private Argument<string> Existing() =>
        new Argument<string>("name") { Description = "Name or uid" }.CompletedFrom(
            connection,
            async (console, cancellationToken) =>
                (await AllAsync(console, cancellationToken)).Select(account => account.Metadata.Name)
        );

    private static Task<IReadOnlyList<MaasAccountView>> AllAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);

    private static async Task<string> FindAsync(ConsoleSession console, string nameOrUid, CancellationToken cancellationToken) =>
        Named.Find("cloud account", (await AllAsync(console, cancellationToken)).Select(account => account.Metadata), nameOrUid);

    private static Task ValidateAsync(
        ConsoleSession console,
        string gateway,
        MaasCloudAccount account,
        CancellationToken cancellationToken
    ) =>
        console.CallAsync(
            Operations.CloudAccounts.ValidateOnGateway,
            [("uid", gateway)],
            new MaasAccountValidation(account),
            cancellationToken
        );

    private Command ValidateCommand()
    {
        var validate = new Command("validate", "Check that a gateway reaches MAAS with this key")
        {
            _endpoint,
            _key,
            _ca,
            _gateway,
        };
        validate.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var gateway = await GatewayApi.UidAsync(console, command.GetValue(_gateway), cancellationToken);
                await ValidateAsync(console, gateway, Account(command), cancellationToken);
                host.Error.WriteLine($"{command.GetValue(_endpoint)} answers and accepts the key");
            }
        );
        return validate;
    }

    private Command DeleteCommand()
    {
        var name = Existing();
        var delete = new Command("delete", "Delete a cloud account that no cluster uses") { name };
        delete.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var nameOrUid = command.GetRequiredValue(name);
                var uid = await FindAsync(console, nameOrUid, cancellationToken);
                await console.CallAsync(Operations.CloudAccounts.Delete, [("uid", uid)], cancellationToken);
                host.Error.WriteLine($"cloud account {nameOrUid} is deleted");
            }
        );
        return delete;
    }

    private MaasCloudAccount Account(ParseResult command) =>
        new(command.GetValue(_endpoint), Key(command), null, MaasCaOption.Read(command.GetValue(_ca)));

    private string Key(ParseResult command)
    {
        var given = command.GetValue(_key) ?? host.Environment("GANTRY_MAAS_KEY");
        var key = given == "-" ? host.In.ReadLine()?.Trim() : given;
        return string.IsNullOrEmpty(key)
            ? throw new CliException(
                ExitCode.Usage,
                "the MAAS key is missing: set GANTRY_MAAS_KEY, or use --key - and write the key to standard input"
            )
            : key;
    }
}
