using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Pools;
using Gantry.Cli.Profiles;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Changes;

/// <summary>The desired state of a cluster, read once for one command.</summary>
public sealed class DesiredCluster
{
    /// <summary>An alias of the control plane's pool, whatever its name.</summary>
    public const string ControlPlaneAlias = "control-plane";

    private readonly ConsoleSession _console;
    private readonly ClusterView _cluster;
    private readonly IReadOnlyList<MachinePoolView> _pools;

    private DesiredCluster(ConsoleSession console, ClusterView cluster, IReadOnlyList<MachinePoolView> pools)
    {
        _console = console;
        _cluster = cluster;
        _pools = pools;
    }

    public string Uid => _cluster.Metadata.Uid!;

    public string Name => _cluster.Metadata.Name ?? Uid;

    /// <summary>Generation of the desired state, read before the pools, so that a change between the two is noticed.</summary>
    public long Generation => _cluster.Generation;

    /// <summary>Start of the deletion; <c>null</c> while the cluster is not being deleted.</summary>
    public DateTimeOffset? DeletedSince =>
        _cluster.Metadata.DeletionTimestamp is { } since && since > DateTimeOffset.UnixEpoch ? since : null;

    /// <summary>The profiles of the cluster, with the present values of their packs.</summary>
    public IReadOnlyList<TemplateView> Profiles => _cluster.Spec.ClusterProfileTemplates ?? [];

    /// <summary>Desired number of machines by pool.</summary>
    public IReadOnlyDictionary<string, int> Sizes => _pools.ToDictionary(NameOf, pool => pool.Size ?? 0);

    public static async Task<DesiredCluster> ReadAsync(
        ConsoleSession console,
        string nameOrUid,
        CancellationToken cancellationToken
    ) => await OfUidAsync(console, await ClusterApi.UidAsync(console, nameOrUid, cancellationToken), cancellationToken);

    public static async Task<DesiredCluster> OfUidAsync(ConsoleSession console, string uid, CancellationToken cancellationToken)
    {
        var cluster = await console.CallAsync(Operations.Clusters.Get, [("uid", uid)], cancellationToken);
        var config = await console.CallAsync(
            Operations.CloudConfigs.Get,
            [("configUid", cluster.Spec.CloudConfigRef.Uid)],
            cancellationToken
        );
        return new DesiredCluster(console, cluster, config.Spec.MachinePoolConfig ?? []);
    }

    /// <param name="name"><c>null</c> takes the only worker pool.</param>
    public MachinePoolView Pool(string? name)
    {
        if (name is null)
        {
            var workers = _pools.Where(pool => !IsControlPlane(pool)).ToList();
            return workers switch
            {
                [var only] => only,
                [] => throw new CliException(
                    ExitCode.Usage,
                    $"{Name} has no worker pool; --pool {ControlPlaneAlias} means its control plane"
                ),
                _ => throw new CliException(ExitCode.Usage, $"{Name} has several pools, choose one with --pool: {PoolNames()}"),
            };
        }

        return _pools.FirstOrDefault(pool => NameOf(pool) == name)
            ?? (name == ControlPlaneAlias ? _pools.FirstOrDefault(IsControlPlane) : null)
            ?? throw new CliException(ExitCode.NotFound, $"{Name} has no pool `{name}`; it has: {PoolNames()}");
    }

    public MachinePoolView? FindPool(string name) => _pools.FirstOrDefault(pool => NameOf(pool) == name);

    public bool HasPool(string name) => FindPool(name) is not null;

    public static string NameOf(MachinePoolView pool) => pool.Name ?? "";

    /// <summary>Finds machines by host name or system id.</summary>
    public async Task<IReadOnlyList<ReportedMachine>> MachinesAsync(
        IReadOnlyList<string> named,
        CancellationToken cancellationToken
    )
    {
        var progress = await ClusterApi.ProgressAsync(_console, Uid, cancellationToken);
        var machines = progress.Status?.Machines ?? [];
        var names = string.Join(", ", machines.Select(machine => machine.Hostname).DefaultIfEmpty("none"));
        return
        [
            .. named.Select(name =>
                machines.FirstOrDefault(machine => machine.Hostname == name || machine.SystemId == name)
                ?? throw new CliException(ExitCode.NotFound, $"{Name} has no machine `{name}`; it has: {names}")
            ),
        ];
    }

    /// <summary>A change of one pool.</summary>
    public ClusterChange Change(PoolChange pool) => new() { Generation = Generation, MachinePools = [pool] };

    /// <summary>The loss of all machines of a pool.</summary>
    public Loss LossOf(MachinePoolView pool, string verb, string? end = null) =>
        new(
            $"{verb} pool {NameOf(pool)} of {Name} {(end is null ? "" : $"{end} ")}and release its "
                + $"{Counted.Of(pool.Size ?? 0, "machine")}?",
            NameOf(pool)
        );

    /// <summary>A pool edit as a change, which holds only the edited fields.</summary>
    public ClusterChange Edit(PoolEdit edit, MachinePoolView pool) =>
        Change(new PoolChange(PoolOperations.Patch, Name: NameOf(pool), Patch: MachinePoolPatch.Between(pool, edit.Over(pool))));

    /// <summary>Finds a version of one of the cluster's profiles.</summary>
    /// <param name="named">NAME:VERSION, NAME for its newest version, or a uid.</param>
    /// <returns>Uid, name and version of the profile.</returns>
    public async Task<(string Uid, string Name, string Version)> ProfileVersionAsync(
        string named,
        CancellationToken cancellationToken
    )
    {
        var found = await ProfileNames.FindAsync(_console, named, "--profile", cancellationToken);
        var name = found.Metadata.Name;
        return Profiles.Any(profile => profile.Name == name)
            ? (found.Metadata.Uid, name, found.Spec.Version)
            : throw new CliException(
                ExitCode.Refused,
                $"--profile: {Name} has no profile `{name}`; it has: "
                    + string.Join(", ", Profiles.Select(profile => profile.Name).DefaultIfEmpty("none"))
            );
    }

    private string PoolNames() => string.Join(", ", _pools.Select(NameOf));

    private static bool IsControlPlane(MachinePoolView pool) => pool.IsControlPlane is true;
}
