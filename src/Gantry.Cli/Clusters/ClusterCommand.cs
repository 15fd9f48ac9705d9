using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster …</c></summary>
public sealed class ClusterCommand(CliHost host, ConnectionOptions connection)
{
    private static readonly TimeSpan s_defaultWait = TimeSpan.FromMinutes(60);
    private readonly Option<bool> _wait = new("--wait") { Description = "Stay until it is done, showing progress" };
    private readonly Option<TimeSpan> _timeout = new("--timeout")
    {
        Description = "Longest wait, 90s, 15m, 1h30m",
        DefaultValueFactory = _ => s_defaultWait,
        CustomParser = result =>
        {
            if (Durations.TryParse(result.Tokens[0].Value, out var span))
            {
                return span;
            }

            result.AddError($"--timeout: `{result.Tokens[0].Value}` is not a duration; write 90s, 15m or 1h30m");
            return s_defaultWait;
        },
    };

    public Command Create() => new("cluster", "Create, follow, change and delete clusters")
    {
        CreateCommand(),
        ListCommand(),
        GetCommand(),
        WatchCommand(),
        ScaleCommand(),
        KubeconfigCommand(),
        DeleteCommand(),
    };

    private static Argument<string> Name() => new("name") { Description = "Name or uid of the cluster" };

    private Command CreateCommand()
    {
        var request = new CreateRequest();
        var create = new Command("create", "Create a cluster");
        request.AddTo(create);
        create.Add(_wait);
        create.Add(_timeout);
        create.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var name = command.GetRequiredValue(request.Name);
            var created = await console.PostAsync("v1/spectroclusters/maas", await request.BodyAsync(command, console, cancel), cancel);
            var uid = (string)created!["uid"]!;
            if (!command.GetValue(_wait))
            {
                Printer.Write(
                    host, connection.Format(command), created, () => new Table("NAME", "UID").Row(name, uid));
                host.Error.WriteLine($"`gantry cluster watch {name}` follows it");
                return;
            }

            await new ClusterWait(host, console).UntilAsync(uid, name, ClusterWait.IsUp, command.GetValue(_timeout), cancel);
            await ShowAsync(console, uid, command, cancel);
        });
        return create;
    }

    private Command ListCommand()
    {
        var list = new Command("list", "List the clusters of the project");
        list.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var clusters = await ClusterApi.SearchAsync(console, null, cancel);
            Printer.Write(host, connection.Format(command), clusters, () => ClusterTables.List(clusters, host.Time.GetUtcNow()));
        });
        return list;
    }

    private Command GetCommand()
    {
        var name = Name();
        var get = new Command("get", "Show a cluster: state, conditions, machines") { name };
        get.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            await ShowAsync(console, await ClusterApi.UidAsync(console, command.GetRequiredValue(name), cancel), command, cancel);
        });
        return get;
    }

    private Command WatchCommand()
    {
        var name = Name();
        var watch = new Command("watch", "Follow a cluster until it is running, or gone") { name, _timeout };
        watch.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            await new ClusterWait(host, console).UntilAsync(
                uid, called, cluster => ClusterWait.IsUp(cluster) || ClusterWait.IsGone(cluster), command.GetValue(_timeout), cancel);
        });
        return watch;
    }

    private Command ScaleCommand()
    {
        var name = Name();
        var pool = new Option<string>("--pool") { Description = "Worker pool", DefaultValueFactory = _ => "worker-pool" };
        var size = new Option<int>("--size") { Description = "Machines it should have", Required = true };
        var scale = new Command("scale", "Grow or shrink a worker pool") { name, pool, size, _wait, _timeout };
        scale.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var poolName = command.GetRequiredValue(pool);
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            var configUid = await ClusterApi.CloudConfigAsync(console, uid, cancel);
            var config = await console.GetAsync($"v1/cloudconfigs/maas/{configUid}", cancel);
            var body = PoolUpdate.Resized(config, called, poolName, command.GetValue(size));
            await console.PutAsync($"v1/cloudconfigs/maas/{configUid}/machinePools/{Uri.EscapeDataString(poolName)}", body, cancel);
            if (!command.GetValue(_wait))
            {
                host.Error.WriteLine($"{called}: {poolName} is to have {command.GetValue(size)} machines; `gantry cluster watch {called}` follows it");
                return;
            }

            await new ClusterWait(host, console).UntilAsync(
                uid, called, cluster => PoolUpdate.Reached(cluster, poolName, command.GetValue(size)), command.GetValue(_timeout), cancel);
            await ShowAsync(console, uid, command, cancel);
        });
        return scale;
    }

    private Command KubeconfigCommand()
    {
        var name = Name();
        var kubeconfig = new Command("kubeconfig", "Write a fresh, short-lived admin kubeconfig to standard output") { name };
        kubeconfig.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var uid = await ClusterApi.UidAsync(console, command.GetRequiredValue(name), cancel);
            host.Out.Write(await console.DownloadAsync($"v1/spectroclusters/{uid}/assets/adminKubeconfig", cancel));
        });
        return kubeconfig;
    }

    private Command DeleteCommand()
    {
        var name = Name();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var force = new Option<bool>("--force") { Description = "Give up on what cannot be given back, after 15 minutes of deleting" };
        var delete = new Command("delete", "Delete a cluster and give everything it holds back to MAAS") { name, yes, force, _wait, _timeout };
        delete.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var called = command.GetRequiredValue(name);
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            if (host.Interactive && !command.GetValue(yes) && !Confirmed(called))
            {
                throw new CliException(ExitCode.Cancelled, "nothing was deleted");
            }

            await console.DeleteAsync($"v1/spectroclusters/{uid}{(command.GetValue(force) ? "?forceDelete=true" : "")}", cancel);
            if (command.GetValue(_wait))
            {
                await new ClusterWait(host, console).UntilAsync(uid, called, ClusterWait.IsGone, command.GetValue(_timeout), cancel);
                host.Error.WriteLine($"{called} is deleted");
            }
            else
            {
                host.Error.WriteLine($"{called} is being deleted; `gantry cluster watch {called}` follows it");
            }
        });
        return delete;
    }

    private bool Confirmed(string name)
    {
        host.Error.Write($"Delete {name} and wipe its machines? Type its name to go on: ");
        return host.In.ReadLine()?.Trim() == name;
    }

    private async Task ShowAsync(ConsoleClient console, string uid, ParseResult command, CancellationToken cancel)
    {
        var (progress, document) = await ClusterApi.ProgressAsync(console, uid, cancel);
        if (connection.Format(command) is OutputFormat.Table)
        {
            host.Out.Write(ClusterTables.Describe(progress, host.Time.GetUtcNow()));
            return;
        }

        document["uid"] = uid;
        Printer.Write(host, connection.Format(command), document, () => new Table());
    }
}
