using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Pools;
using Gantry.Cli.Profiles;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>The options that describe a new cluster, shared by <c>cluster create</c> and <c>plan create</c>.</summary>
public sealed class CreateRequest
{
    public Argument<string> Name { get; } =
        new("name") { Description = "Name of the cluster: lower-case letters, digits and dashes" };

    public Option<int> ControlPlane { get; } =
        new("--control-plane") { Description = "Number of control planes: 1, 3 or 5", DefaultValueFactory = _ => 1 };

    public Option<int> Workers { get; } =
        new Option<int>("--workers")
        {
            Description = "Number of workers in the pool `worker-pool`",
            DefaultValueFactory = _ => 0,
        }.Between(0, 1000, "0 to 1000");

    public Option<string[]> Pools { get; } =
        new("--pool")
        {
            Description = "Further pool, or the control plane's own with `control-plane`: " + PoolText.Form,
            HelpName = "POOL",
        };

    public Option<string?> Account { get; } = new("--account") { Description = "Cloud account [default: the only one]" };

    public Option<string?> Profile { get; } =
        new("--profile")
        {
            Description = "Cluster profile; its newest version without one [default: the only one]",
            HelpName = ProfileNames.Form,
        };

    public Option<KubernetesVersion?> Kubernetes { get; } = UpgradeVerb.KubernetesOption("the profile's");

    public Option<string[]> Zones { get; } =
        new("--zone") { Description = "Zone to take machines from; may be given several times" };

    public Option<string?> ResourcePool { get; } =
        new("--resource-pool") { Description = "MAAS resource pool to take machines from" };

    public Option<string[]> Tags { get; } =
        new("--tag") { Description = "MAAS tag that machines must carry; may be given several times" };

    public Option<string?> Endpoint { get; } =
        new("--endpoint")
        {
            Description = "API endpoint: vip (default), vip:ADDRESS, dns:DOMAIN, or HOST:PORT of your own load balancer",
        };

    public Option<TimeSpan?> DrainTimeout { get; } =
        Durations.Form.Optional(
            "--drain-timeout",
            "Time after which a leaving node is drained no longer, whatever is left on it, 10m [default: no limit]"
        );

    public Option<string[]> SshKeys { get; } = new("--ssh-key") { Description = "File with an SSH public key for the nodes" };

    public void AddTo(Command command)
    {
        command.Add(Name);
        foreach (
            var option in new Option[]
            {
                ControlPlane,
                Workers,
                Pools,
                Account,
                Profile,
                Kubernetes,
                Zones,
                ResourcePool,
                Tags,
                Endpoint,
                DrainTimeout,
                SshKeys,
            }
        )
        {
            command.Add(option);
        }
    }

    /// <summary>The request body; looks up the account and the profile.</summary>
    public async Task<ClusterEntity> BodyAsync(ParseResult command, ConsoleSession console, CancellationToken cancellationToken)
    {
        await RegionNames.CheckAsync(command, console, cancellationToken);
        var account = await AccountAsync(console, command.GetValue(Account), cancellationToken);
        var profile = await ProfileNames.FindAsync(console, command.GetValue(Profile), "--profile", cancellationToken);
        return new ClusterEntity(
            new ObjectMeta { Name = command.GetValue(Name), Uid = "" },
            new ClusterInput
            {
                CloudAccountUid = account,
                CloudConfig = new MaasClusterConfig
                {
                    Domain = "",
                    EnableLxdVm = false,
                    NtpServers = [],
                    SshKeys = [.. (command.GetValue(SshKeys) ?? []).SelectMany(SshKeyFile.Read)],
                    Endpoint = command.GetValue(Endpoint),
                    NodeDrainTimeout = (int?)command.GetValue(DrainTimeout)?.TotalSeconds,
                },
                Profiles = [new ProfileChoice(profile.Metadata.Uid, null, null, null)],
                Kubernetes = command.GetValue(Kubernetes)?.ToString(),
                MachinePoolConfig = [.. PoolsOf(command)],
            }
        );
    }

    private IEnumerable<PoolEntity> PoolsOf(ParseResult command)
    {
        var given = (command.GetValue(Pools) ?? []).Select(PoolText.Parse).ToList();
        var pools = new List<PoolText>();
        if (!given.Exists(pool => pool.ControlPlane))
        {
            pools.Add(new PoolText("control-plane-pool", ControlPlane: true, Common(command, command.GetValue(ControlPlane))));
        }

        if (command.GetValue(Workers) > 0)
        {
            pools.Add(new PoolText("worker-pool", ControlPlane: false, Common(command, command.GetValue(Workers))));
        }

        return pools.Concat(given).Select(pool => pool.Edit.New(pool.Name, pool.ControlPlane));
    }

    private PoolEdit Common(ParseResult command, int size) =>
        new()
        {
            Size = size,
            Zones = command.GetValue(Zones) ?? [],
            ResourcePool = command.GetValue(ResourcePool),
            Tags = command.GetValue(Tags) ?? [],
        };

    private static async Task<string> AccountAsync(ConsoleSession console, string? name, CancellationToken cancellationToken)
    {
        var accounts = await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);
        return Choose(
            "cloud account",
            "--account",
            accounts.Select(one => new Choice(one.Metadata.Name ?? "", one.Metadata.Uid ?? "", one.Metadata.Name ?? "")),
            name,
            "`gantry account create` adds one"
        );
    }

    private static string Choose(string what, string option, IEnumerable<Choice> from, string? nameOrUid, string howToAdd)
    {
        var all = from.ToList();
        var matching = nameOrUid is null ? all : all.FindAll(one => one.Name == nameOrUid || one.Uid == nameOrUid);
        return matching switch
        {
            [var only] => only.Uid,
            [] when all.Count == 0 => throw new CliException(ExitCode.NotFound, $"no {what} exists yet; {howToAdd}"),
            [] => throw new CliException(
                ExitCode.NotFound,
                $"{option}: {what} `{nameOrUid}` does not exist; existing: {string.Join(", ", all.Select(one => one.Shown))}"
            ),
            _ => throw new CliException(
                ExitCode.Usage,
                $"several {what}s exist, choose one with {option}: "
                    + $"{string.Join(", ", matching.Select(one => $"{one.Shown} ({one.Uid})"))}"
            ),
        };
    }

    /// <param name="Name">The name that selects the item, beside its uid.</param>
    private sealed record Choice(string Name, string Uid, string Shown);
}
