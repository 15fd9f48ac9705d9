using System.Text.Json.Nodes;
using Gantry.Cli.Api;

namespace Gantry.Cli.Changes;

/// <param name="Op"><c>create</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Pool">As the API takes it.</param>
public sealed record PoolChange(string Op, string Name, JsonObject Pool);

public sealed record DeletionWish(bool Drain, bool Force);

/// <summary>What a person wants changed in a cluster: planned with one call, or made with those of the public API.</summary>
/// <param name="Wish">What is to be, in words that follow the name of the cluster: <c>worker-pool is to have 5 machines</c>.</param>
public sealed record ClusterChange(string Wish)
{
    public IReadOnlyList<PoolChange> Pools { get; init; } = [];

    /// <summary>Profiles with the values of their packs, as <c>PATCH …/profiles</c> takes them.</summary>
    public JsonArray? Profiles { get; init; }

    public DeletionWish? Deletion { get; init; }

    public bool RenewCertificates { get; init; }

    /// <summary>System ids.</summary>
    public IReadOnlyList<string> ReplaceMachines { get; init; } = [];

    /// <summary>The change as plan, why-not and what-if take it.</summary>
    public JsonObject ToWire()
    {
        var wire = new JsonObject();
        if (Pools.Count > 0)
        {
            wire["machinePools"] = new JsonArray(
                [.. Pools.Select(change => (JsonNode)new JsonObject { ["op"] = change.Op, ["pool"] = change.Pool.DeepClone() })]);
        }

        if (Profiles is not null)
        {
            wire["profiles"] = Profiles.DeepClone();
        }

        if (Deletion is { } deletion)
        {
            wire["delete"] = new JsonObject { ["drain"] = deletion.Drain };
        }

        if (RenewCertificates)
        {
            wire["renewCertificates"] = true;
        }

        if (ReplaceMachines.Count > 0)
        {
            wire["replaceMachines"] = new JsonArray([.. ReplaceMachines.Select(machine => (JsonNode?)JsonValue.Create(machine))]);
        }

        return wire;
    }

    public async Task MakeAsync(ConsoleClient console, WantedCluster cluster, CancellationToken cancel)
    {
        foreach (var change in Pools)
        {
            var pools = $"v1/cloudconfigs/maas/{cluster.ConfigUid}/machinePools";
            var pool = $"{pools}/{Uri.EscapeDataString(change.Name)}";
            await (change.Op switch
            {
                "create" => console.PostAsync(pools, change.Pool, cancel),
                "update" => console.PutAsync(pool, change.Pool, cancel),
                _ => console.DeleteAsync(pool, cancel),
            });
        }

        if (Profiles is not null)
        {
            var body = new JsonObject
            {
                ["profiles"] = Profiles.DeepClone(),
                ["spcApplySettings"] = new JsonObject { ["actionType"] = "DownloadAndInstall" },
            };
            await console.PatchAsync($"v1/spectroclusters/{cluster.Uid}/profiles?resolveNotification=true", body, cancel);
        }

        if (RenewCertificates)
        {
            await console.PatchAsync($"v1/spectroclusters/{cluster.Uid}/k8certificates/renew", null, cancel);
        }

        foreach (var machine in ReplaceMachines)
        {
            await console.PostAsync($"v1/spectroclusters/{cluster.Uid}/machines/{Uri.EscapeDataString(machine)}/replace", null, cancel);
        }

        if (Deletion is { } deletion)
        {
            await console.DeleteAsync($"v1/spectroclusters/{cluster.Uid}{Query(deletion)}", cancel);
        }
    }

    private static string Query(DeletionWish deletion)
    {
        string?[] parts = [deletion.Force ? "forceDelete=true" : null, deletion.Drain ? "drain=true" : null];
        var query = string.Join('&', parts.OfType<string>());
        return query.Length == 0 ? "" : "?" + query;
    }
}
