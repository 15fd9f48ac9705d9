using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Changes;

/// <summary>A cluster as it is wanted now, read once for one command.</summary>
public sealed class WantedCluster
{
    /// <summary>Finds the control plane whatever its pool is called.</summary>
    public const string ControlPlaneAlias = "control-plane";

    private readonly ConsoleClient _console;
    private readonly JsonNode _cluster;
    private readonly IReadOnlyList<JsonObject> _pools;

    private WantedCluster(ConsoleClient console, JsonNode cluster, IReadOnlyList<JsonObject> pools)
    {
        _console = console;
        _cluster = cluster;
        _pools = pools;
    }

    public string Uid => (string)_cluster["metadata"]!["uid"]!;

    public string Name => (string?)_cluster["metadata"]?["name"] ?? Uid;

    public string ConfigUid => (string)_cluster["spec"]!["cloudConfigRef"]!["uid"]!;

    /// <summary>Since when it is being deleted.</summary>
    public DateTimeOffset? DeletedSince =>
        DateTimeOffset.TryParse(
            (string?)_cluster["metadata"]?["deletionTimestamp"], System.Globalization.CultureInfo.InvariantCulture, out var since)
        && since > DateTimeOffset.UnixEpoch
            ? since
            : null;

    /// <summary>The profiles it is made of, with the values of their packs as they are now.</summary>
    public IReadOnlyList<JsonNode> Profiles => [.. (_cluster["spec"]?["clusterProfileTemplates"]?.AsArray() ?? []).OfType<JsonNode>()];

    /// <summary>How many machines each pool is to have.</summary>
    public IReadOnlyDictionary<string, int> Sizes => _pools.ToDictionary(NameOf, pool => (int?)pool["size"] ?? 0);

    public static async Task<WantedCluster> ReadAsync(ConsoleClient console, string nameOrUid, CancellationToken cancel) =>
        await OfUidAsync(console, await ClusterApi.UidAsync(console, nameOrUid, cancel), cancel);

    public static async Task<WantedCluster> OfUidAsync(ConsoleClient console, string uid, CancellationToken cancel)
    {
        var cluster = await console.GetAsync($"v1/spectroclusters/{uid}", cancel)
            ?? throw new CliException(ExitCode.Unexpected, $"the console said nothing about cluster {uid}");
        var config = await console.GetAsync($"v1/cloudconfigs/maas/{(string?)cluster["spec"]?["cloudConfigRef"]?["uid"]}", cancel);
        return new WantedCluster(
            console, cluster, [.. (config?["spec"]?["machinePoolConfig"]?.AsArray() ?? []).Select(pool => pool!.AsObject())]);
    }

    /// <param name="name"><c>null</c> takes the only worker pool.</param>
    public JsonObject Pool(string? name)
    {
        if (name is null)
        {
            var workers = _pools.Where(pool => !IsControlPlane(pool)).ToList();
            return workers switch
            {
                [var only] => only,
                [] => throw new CliException(ExitCode.Usage, $"{Name} has no worker pool; --pool {ControlPlaneAlias} means its control plane"),
                _ => throw new CliException(ExitCode.Usage, $"{Name} has several pools, say which with --pool: {PoolNames()}"),
            };
        }

        return _pools.FirstOrDefault(pool => NameOf(pool) == name)
            ?? (name == ControlPlaneAlias ? _pools.FirstOrDefault(IsControlPlane) : null)
            ?? throw new CliException(ExitCode.NotFound, $"{Name} has no pool `{name}`; it has: {PoolNames()}");
    }

    public bool HasPool(string name) => _pools.Any(pool => NameOf(pool) == name);

    public static string NameOf(JsonObject pool) => (string?)pool["name"] ?? "";

    /// <summary>Machines that are named by host name or system id.</summary>
    public async Task<IReadOnlyList<ReportedMachine>> MachinesAsync(IReadOnlyList<string> named, CancellationToken cancel)
    {
        var (progress, _) = await ClusterApi.ProgressAsync(_console, Uid, cancel);
        var machines = progress.Status?.Machines ?? [];
        var names = string.Join(", ", machines.Select(machine => machine.Hostname).DefaultIfEmpty("none"));
        return [.. named.Select(name => machines.FirstOrDefault(machine => machine.Hostname == name || machine.SystemId == name)
            ?? throw new CliException(ExitCode.NotFound, $"{Name} has no machine `{name}`; it has: {names}"))];
    }

    /// <summary>The versions in which a pack can be had.</summary>
    public async Task<IReadOnlySet<string>> PackVersionsAsync(string pack, CancellationToken cancel)
    {
        var packs = await _console.GetAsync("v1/packs", cancel);
        return (packs?["items"]?.AsArray() ?? [])
            .Select(one => one?["spec"])
            .Where(spec => (string?)spec?["name"] == pack)
            .Select(spec => (string?)spec?["version"] ?? "")
            .ToHashSet();
    }

    /// <summary>A version of a profile that the cluster has.</summary>
    /// <param name="named">NAME:VERSION, NAME where it has one version, or a uid.</param>
    /// <returns>Its uid, name and version.</returns>
    public async Task<(string Uid, string Name, string Version)> ProfileVersionAsync(string named, CancellationToken cancel)
    {
        var uid = await CreateRequest.ProfileAsync(_console, named, cancel);
        var answer = await _console.GetAsync("v1/dashboard/clusterprofiles/metadata", cancel);
        var found = (answer?["items"]?.AsArray() ?? []).FirstOrDefault(one => (string?)one?["metadata"]?["uid"] == uid);
        var name = (string?)found?["metadata"]?["name"] ?? named;
        return Profiles.Any(profile => (string?)profile["name"] == name)
            ? (uid, name, (string?)found?["spec"]?["version"] ?? "")
            : throw new CliException(
                ExitCode.Refused,
                $"--profile: {Name} has no profile `{name}`, so it has no version of it to leave; it has: "
                + string.Join(", ", Profiles.Select(profile => (string?)profile["name"]).DefaultIfEmpty("none")));
    }

    private string PoolNames() => string.Join(", ", _pools.Select(NameOf));

    private static bool IsControlPlane(JsonObject pool) => (bool?)pool["isControlPlane"] is true;
}
