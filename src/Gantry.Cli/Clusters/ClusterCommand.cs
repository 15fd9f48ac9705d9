using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Documents;
using Gantry.Cli.History;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster …</c></summary>
public sealed class ClusterCommand(CliHost host, ConnectionOptions connection)
{
    private readonly WaitOptions _wait = new();
    private readonly ClusterChanges _changes = new(host, connection);

    public Command Create() =>
        new("cluster", "Create, watch, change and delete clusters")
        {
            CreateCommand(),
            ListCommand(),
            GetCommand(),
            new ExportCommand(host, connection).Create(),
            WatchCommand(),
            new HistoryCommand(host, connection).Create(),
            _changes.Of(new ScaleVerb()),
            _changes.Of(new UpdateVerb()),
            _changes.Of(new UpgradeVerb()),
            new Command("pool", "Add and remove worker pools")
            {
                _changes.Of(new AddPoolVerb()),
                _changes.Of(new RemovePoolVerb()),
            },
            _changes.Of(new ReplaceMachineVerb()),
            new AbandonMachineCommand(host, connection).Create(),
            new RepaveCommand(host, connection).Create(),
            new CertificatesCommand(host, connection).Create(_changes),
            new AutoRepairCommand(host, connection).Create(),
            new DrainTimeoutCommand(host, connection).Create(),
            new KubeconfigCommand(host, connection).Create(),
            new DeleteCommand(host, connection).Create(),
            new ResidueCommand(host, connection).Create(),
            new AdoptCommand(host, connection).Create(),
        };

    private Command CreateCommand()
    {
        var request = new CreateRequest();
        var create = new Verb("create", "Create a cluster", "gantry cluster create demo --control-plane 3 --workers 5 --wait");
        request.AddTo(create);
        _wait.AddTo(create);
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command), host.Error.WriteLine);
                var name = command.GetRequiredValue(request.Name);
                var created = await console.CallAsync(
                    Operations.Clusters.Create,
                    [],
                    await request.BodyAsync(command, console, cancellationToken),
                    cancellationToken
                );
                var uid = created.Uid;
                if (!_wait.IsWanted(command))
                {
                    Printer.Write(host, connection.Format(command), created, () => new Table("NAME", "UID").Row(name, uid));
                    await WaitsFor.TellAsync(host, console, uid, name, cancellationToken);
                    host.Error.WriteLine($"`gantry cluster watch {name}` shows progress");
                    return;
                }

                await new ClusterWait(host, console).UntilAsync(
                    uid,
                    name,
                    ClusterWait.IsUp,
                    _wait.Limit(command),
                    cancellationToken
                );
                await ClusterShow.WriteAsync(host, console, uid, connection.Format(command), cancellationToken);
            }
        );
        return create;
    }

    private Command ListCommand()
    {
        var deleted = new Option<bool>("--deleted") { Description = "Include clusters deleted within the last 72 hours" };
        var list = new Verb("list", "List the clusters of the project", "gantry cluster list --deleted") { deleted };
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var clusters = await ClusterApi.SearchAsync(console, null, cancellationToken);
                if (command.GetValue(deleted))
                {
                    clusters = [.. clusters, .. await ClusterApi.SearchAsync(console, null, cancellationToken, deleted: true)];
                }

                Printer.Write(
                    host,
                    connection.Format(command),
                    clusters,
                    () => ClusterTables.List(clusters, host.Time.GetUtcNow())
                );
            }
        );
        return list;
    }

    private Command GetCommand()
    {
        var name = ClusterName.Argument(connection);
        var get = new Command("get", "Show the state, conditions and machines of a cluster; deleted clusters for 72 hours")
        {
            name,
        };
        get.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = await ClusterApi.UidAsync(
                    console,
                    command.GetRequiredValue(name),
                    cancellationToken,
                    alsoDeleted: true
                );
                await ClusterShow.WriteAsync(host, console, uid, connection.Format(command), cancellationToken);
            }
        );
        return get;
    }

    private Command WatchCommand()
    {
        var name = ClusterName.Argument(connection);
        var watch = new Command("watch", "Watch a cluster until it reaches its desired state or is gone") { name };
        _wait.AddTimeoutTo(watch);
        watch.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
                var last = await new ClusterWait(host, console).UntilAsync(
                    uid,
                    called,
                    cluster => ClusterWait.IsAtRest(cluster) || ClusterWait.IsGone(cluster),
                    _wait.Limit(command),
                    cancellationToken
                );
                if (last is not null && ClusterWait.IsGone(last))
                {
                    host.Error.WriteLine(DeleteCommand.Ended(called, last));
                }
            }
        );
        return watch;
    }
}
