using System.Text.Json.Nodes;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Pools;

/// <summary>What a person says of a machine pool; what is not said stays as it is.</summary>
public sealed record PoolEdit
{
    private static readonly string[] s_cloudConfig =
        ["azs", "instanceType", "resourcePool", "tags", "notTags", "architecture", "useLxdVm", "network", "erasePolicy"];

    public int? Size { get; init; }

    /// <summary>Whether control planes take ordinary workload too.</summary>
    public bool? AlsoWorker { get; init; }

    public int? MinCpu { get; init; }

    public int? MinMemoryMiB { get; init; }

    public int? MinDiskGB { get; init; }

    public string? ResourcePool { get; init; }

    public string? Architecture { get; init; }

    /// <summary>All zones that the pool is to have from now on; so with the tags.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public IReadOnlyList<LabelEdit> Labels { get; init; } = [];

    public IReadOnlyList<TaintEdit> Taints { get; init; } = [];

    public RollingChoice? Rolling { get; init; }

    public TimeSpan? RepaveInterval { get; init; }

    public ErasePolicy? Erase { get; init; }

    /// <summary>Taken away before anything else is put there.</summary>
    public IReadOnlyList<PoolField> Clear { get; init; } = [];

    public bool SaysNothing =>
        this is
        {
            Size: null, AlsoWorker: null, MinCpu: null, MinMemoryMiB: null, MinDiskGB: null, ResourcePool: null, Architecture: null,
            Zones.Count: 0, Tags.Count: 0, NotTags.Count: 0, Labels.Count: 0, Taints.Count: 0, Clear.Count: 0,
            Rolling: null, RepaveInterval: null, Erase: null,
        };

    /// <summary>What follows "is to have": <c>5 machines, the label team=web and zones a, b</c>.</summary>
    public string Sentence
    {
        get
        {
            string[] parts = [.. Parts()];
            return parts.Length < 2 ? string.Concat(parts) : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
        }
    }

    /// <summary>A new pool, as the API takes it.</summary>
    public JsonObject New(string name, bool controlPlane) => Applied(
        new JsonObject
        {
            ["azs"] = new JsonArray(),
            ["instanceType"] = new JsonObject { ["minCPU"] = 0, ["minMemInMB"] = 0 },
            ["resourcePool"] = "",
            ["tags"] = new JsonArray(),
            ["useLxdVm"] = false,
        },
        new JsonObject
        {
            ["name"] = name,
            ["size"] = 0,
            ["minSize"] = 0,
            ["maxSize"] = 0,
            ["isControlPlane"] = controlPlane,
            ["useControlPlaneAsWorker"] = false,
            ["labels"] = new JsonArray(controlPlane ? "control-plane" : "worker"),
            ["additionalLabels"] = new JsonObject(),
            ["taints"] = new JsonArray(),
        });

    /// <summary>A pool as the API gave it, changed, as the API takes it.</summary>
    public JsonObject Over(JsonObject pool) => Applied(
        Picked(pool, name => s_cloudConfig.Contains(name)), Picked(pool, name => !s_cloudConfig.Contains(name)));

    private IEnumerable<string> Parts()
    {
        string?[] parts =
        [
            .. Clear.Select(field => $"no {Word(field)}"),
            Size is { } size ? Counted.Of(size, "machine") : null,
            MinCpu is { } cpu ? $"at least {cpu} CPUs a machine" : null,
            MinMemoryMiB is { } memory ? $"at least {memory} MiB of memory a machine" : null,
            MinDiskGB is { } disk ? $"a disk of at least {disk} GB a machine" : null,
            Zones.Count > 0 ? $"the zones {string.Join(' ', Zones)}" : null,
            ResourcePool is { } resourcePool ? $"the resource pool {resourcePool}" : null,
            Tags.Count > 0 ? $"machines tagged {string.Join(' ', Tags)}" : null,
            NotTags.Count > 0 ? $"machines not tagged {string.Join(' ', NotTags)}" : null,
            Architecture is { } architecture ? $"the architecture {architecture}" : null,
            .. Labels.Select(label => label.Sentence),
            .. Taints.Select(taint => taint.Sentence),
            Rolling?.Sentence,
            RepaveInterval is { } interval ? $"{Durations.Rough(interval.TotalSeconds)} between two replacements" : null,
            Erase is { } erase ? $"disks erased as {erase.ToString().ToLowerInvariant()} says" : null,
            AlsoWorker is { } alsoWorker ? (alsoWorker ? "ordinary workload too" : "no ordinary workload") : null,
        ];
        return parts.OfType<string>();
    }

    private static string Word(PoolField field) => field switch
    {
        PoolField.ResourcePool => "resource pool",
        PoolField.NotTags => "tags to avoid",
        _ => field.ToString().ToLowerInvariant(),
    };

    private JsonObject Applied(JsonObject cloud, JsonObject pool)
    {
        foreach (var field in Clear)
        {
            Take(field, cloud, pool);
        }

        ApplyTo(cloud);
        ApplySize(pool);
        Set(pool, "useControlPlaneAsWorker", AlsoWorker);
        Set(pool, "nodeRepaveInterval", (int?)RepaveInterval?.TotalSeconds);
        ApplyLabels(pool);
        ApplyTaints(pool);
        if (Rolling is { } rolling)
        {
            pool["updateStrategy"] = new JsonObject
            {
                ["type"] = rolling.Type, ["maxSurge"] = rolling.MaxSurge, ["maxUnavailable"] = rolling.MaxUnavailable,
            };
        }

        return new JsonObject { ["cloudConfig"] = cloud, ["poolConfig"] = pool };
    }

    private void ApplyTo(JsonObject cloud)
    {
        if (cloud["instanceType"] is not JsonObject instance)
        {
            cloud["instanceType"] = instance = [];
        }

        Set(instance, "minCPU", MinCpu);
        Set(instance, "minMemInMB", MinMemoryMiB);
        Set(instance, "minDiskSizeInGB", MinDiskGB);
        Set(cloud, "resourcePool", ResourcePool);
        Set(cloud, "architecture", Architecture);
        Set(cloud, "azs", Zones);
        Set(cloud, "tags", Tags);
        Set(cloud, "notTags", NotTags);
        Set(cloud, "erasePolicy", Erase?.ToString().ToLowerInvariant());
    }

    // The API refuses limits of a scaler that differ from the size; pools that were made elsewhere may carry equal ones.
    private void ApplySize(JsonObject pool)
    {
        if (Size is not { } size)
        {
            return;
        }

        pool["size"] = size;
        foreach (var limit in new[] { "minSize", "maxSize" })
        {
            if ((int?)pool[limit] is > 0)
            {
                pool[limit] = size;
            }
        }
    }

    private void ApplyLabels(JsonObject pool)
    {
        if (Labels.Count == 0)
        {
            return;
        }

        if (pool["additionalLabels"] is not JsonObject labels)
        {
            pool["additionalLabels"] = labels = [];
        }

        foreach (var label in Labels)
        {
            if (label.Value is null)
            {
                labels.Remove(label.Key);
            }
            else
            {
                labels[label.Key] = label.Value;
            }
        }
    }

    private void ApplyTaints(JsonObject pool)
    {
        if (Taints.Count == 0)
        {
            return;
        }

        var taints = (pool["taints"]?.AsArray() ?? []).Select(taint => taint!.AsObject()).ToList();
        foreach (var edit in Taints)
        {
            taints.RemoveAll(taint =>
                (string?)taint["key"] == edit.Key && (edit.Effect is null || (string?)taint["effect"] == edit.Effect.ToString()));
            if (!edit.Remove)
            {
                taints.Add(new JsonObject { ["key"] = edit.Key, ["value"] = edit.Value, ["effect"] = edit.Effect.ToString() });
            }
        }

        pool["taints"] = new JsonArray([.. taints.Select(taint => taint.DeepClone())]);
    }

    private static void Take(PoolField field, JsonObject cloud, JsonObject pool)
    {
        switch (field)
        {
            case PoolField.Labels: pool["additionalLabels"] = new JsonObject(); break;
            case PoolField.Taints: pool["taints"] = new JsonArray(); break;
            case PoolField.Zones: cloud["azs"] = new JsonArray(); break;
            case PoolField.ResourcePool: cloud["resourcePool"] = ""; break;
            case PoolField.Tags: cloud["tags"] = new JsonArray(); break;
            case PoolField.NotTags: cloud["notTags"] = new JsonArray(); break;
            default: cloud.Remove("architecture"); break;
        }
    }

    private static void Set<T>(JsonObject target, string name, T? value)
    {
        if (value is not null)
        {
            target[name] = JsonValue.Create(value);
        }
    }

    private static void Set(JsonObject target, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            target[name] = new JsonArray([.. values.Select(value => (JsonNode?)JsonValue.Create(value))]);
        }
    }

    private static JsonObject Picked(JsonObject from, Func<string, bool> which) =>
        new(from.Where(property => which(property.Key)).Select(property => KeyValuePair.Create(property.Key, property.Value?.DeepClone())));
}
