using System.Text.Json.Nodes;
using Gantry.Cli.Api;

namespace Gantry.Cli.Clusters;

/// <summary>A pool as the API gave it, made into the update that changes only its size.</summary>
public static class PoolUpdate
{
    private static readonly string[] s_poolConfig =
    [
        "name", "minSize", "maxSize", "isControlPlane", "useControlPlaneAsWorker", "labels", "additionalLabels", "additionalAnnotations",
        "taints", "updateStrategy", "nodeRepaveInterval",
    ];

    private static readonly string[] s_cloudConfig =
        ["azs", "instanceType", "resourcePool", "tags", "notTags", "architecture", "useLxdVm", "network"];

    public static JsonObject Resized(JsonNode? cloudConfig, string cluster, string pool, int size)
    {
        var pools = cloudConfig?["spec"]?["machinePoolConfig"]?.AsArray() ?? [];
        var found = pools.FirstOrDefault(one => (string?)one?["name"] == pool)?.AsObject() ?? throw new CliException(
            ExitCode.NotFound,
            $"{cluster} has no pool `{pool}`; it has: {string.Join(", ", pools.Select(one => (string?)one?["name"]))}");
        var poolConfig = Pick(found, s_poolConfig);
        poolConfig["size"] = size;
        return new JsonObject { ["cloudConfig"] = Pick(found, s_cloudConfig), ["poolConfig"] = poolConfig };
    }

    /// <summary>Whether the pool has that many ready nodes and nothing else is under way.</summary>
    public static bool Reached(ClusterProgress cluster, string pool, int size) =>
        ClusterWait.IsUp(cluster)
        && cluster.Status!.Machines.Count(machine => machine.Pool == pool) == size
        && cluster.Status.Machines.All(machine => machine.NodeReady);

    private static JsonObject Pick(JsonObject from, string[] names) =>
        new(names.Where(from.ContainsKey).Select(name => KeyValuePair.Create(name, from[name]?.DeepClone())));
}
