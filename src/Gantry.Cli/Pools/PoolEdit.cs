using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Pools;

/// <summary>What a person says of a machine pool; what is not said stays as it is.</summary>
public sealed record PoolEdit
{
    public int? Size { get; init; }

    /// <summary>Whether control planes take ordinary workload too.</summary>
    public bool? AlsoWorker { get; init; }

    public int? MinCpu { get; init; }

    public int? MinMemoryMiB { get; init; }

    public int? MinDiskGB { get; init; }

    public string? ResourcePool { get; init; }

    public string? Architecture { get; init; }

    /// <summary>All zones of the pool after the change; the same holds for tags.</summary>
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
        this
            is {
                Size: null,
                AlsoWorker: null,
                MinCpu: null,
                MinMemoryMiB: null,
                MinDiskGB: null,
                ResourcePool: null,
                Architecture: null,
                Zones.Count: 0,
                Tags.Count: 0,
                NotTags.Count: 0,
                Labels.Count: 0,
                Taints.Count: 0,
                Clear.Count: 0,
                Rolling: null,
                RepaveInterval: null,
                Erase: null,
            };

    /// <summary>The change in words: <c>5 machines, label team=web and zones a b</c>.</summary>
    public string Sentence
    {
        get
        {
            string[] parts = [.. Parts()];
            return parts.Length < 2 ? string.Concat(parts) : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
        }
    }

    /// <summary>A new pool, as the API takes it.</summary>
    public PoolEntity New(string name, bool controlPlane) =>
        Applied(
            new PoolCloudConfig
            {
                Azs = [],
                InstanceType = new InstanceType { MinCpu = 0, MinMemInMB = 0 },
                ResourcePool = "",
                Tags = [],
                UseLxdVm = false,
            },
            new PoolConfig
            {
                Name = name,
                Size = 0,
                MinSize = 0,
                MaxSize = 0,
                IsControlPlane = controlPlane,
                UseControlPlaneAsWorker = false,
                Labels = [controlPlane ? "control-plane" : "worker"],
                AdditionalLabels = new Dictionary<string, string>(),
                Taints = [],
            }
        );

    /// <summary>A pool as the API gave it, changed, as the API takes it.</summary>
    public PoolEntity Over(MachinePoolView pool) =>
        Applied(
            new PoolCloudConfig
            {
                Azs = pool.Azs,
                InstanceType = pool.InstanceType,
                ResourcePool = pool.ResourcePool,
                Tags = pool.Tags,
                NotTags = pool.NotTags,
                Architecture = pool.Architecture,
                ErasePolicy = pool.ErasePolicy,
                UseLxdVm = pool.UseLxdVm,
                Network = pool.Network,
            },
            new PoolConfig
            {
                Name = pool.Name,
                Size = pool.Size,
                MinSize = pool.MinSize,
                MaxSize = pool.MaxSize,
                IsControlPlane = pool.IsControlPlane,
                UseControlPlaneAsWorker = pool.UseControlPlaneAsWorker,
                Labels = pool.Labels,
                AdditionalLabels = pool.AdditionalLabels,
                AdditionalAnnotations = pool.AdditionalAnnotations,
                AdditionalTags = pool.AdditionalTags,
                Taints = pool.Taints,
                UpdateStrategy = pool.UpdateStrategy,
                MachinePoolProperties = pool.MachinePoolProperties,
                NodeRepaveInterval = pool.NodeRepaveInterval,
                SkipK8sUpgrade = pool.SkipK8sUpgrade,
                OverrideKubeadmConfiguration = pool.OverrideKubeadmConfiguration,
                More = pool.More,
            }
        );

    private IEnumerable<string> Parts()
    {
        string?[] parts =
        [
            .. Clear.Select(field => $"no {Word(field)}"),
            Size is { } size ? Counted.Of(size, "machine") : null,
            MinCpu is { } cpu ? $"at least {cpu} CPUs per machine" : null,
            MinMemoryMiB is { } memory ? $"at least {memory} MiB of memory per machine" : null,
            MinDiskGB is { } disk ? $"a disk of at least {disk} GB in each machine" : null,
            Zones.Count > 0 ? $"zones {string.Join(' ', Zones)}" : null,
            ResourcePool is { } resourcePool ? $"resource pool {resourcePool}" : null,
            Tags.Count > 0 ? $"machines tagged {string.Join(' ', Tags)}" : null,
            NotTags.Count > 0 ? $"machines not tagged {string.Join(' ', NotTags)}" : null,
            Architecture is { } architecture ? $"architecture {architecture}" : null,
            .. Labels.Select(label => label.Sentence),
            .. Taints.Select(taint => taint.Sentence),
            Rolling?.Sentence,
            RepaveInterval is { } interval ? $"at least {Durations.Rough(interval.TotalSeconds)} between replacements" : null,
            Erase is { } erase ? $"erase policy {erase.ToString().ToLowerInvariant()}" : null,
            AlsoWorker is { } alsoWorker ? (alsoWorker ? "ordinary workload allowed" : "no ordinary workload") : null,
        ];
        return parts.OfType<string>();
    }

    private static string Word(PoolField field) =>
        field switch
        {
            PoolField.ResourcePool => "resource pool",
            PoolField.NotTags => "tags to avoid",
            _ => field.ToString().ToLowerInvariant(),
        };

    private PoolEntity Applied(PoolCloudConfig cloud, PoolConfig pool)
    {
        (cloud, pool) = Clear.Aggregate((cloud, pool), (both, field) => Without(field, both.cloud, both.pool));
        return new PoolEntity
        {
            CloudConfig = cloud with
            {
                InstanceType = (cloud.InstanceType ?? new InstanceType()) with
                {
                    MinCpu = MinCpu ?? cloud.InstanceType?.MinCpu,
                    MinMemInMB = MinMemoryMiB ?? cloud.InstanceType?.MinMemInMB,
                    MinDiskSizeInGB = MinDiskGB ?? cloud.InstanceType?.MinDiskSizeInGB,
                },
                ResourcePool = ResourcePool ?? cloud.ResourcePool,
                Architecture = Architecture ?? cloud.Architecture,
                Azs = Zones.Count > 0 ? Zones : cloud.Azs,
                Tags = Tags.Count > 0 ? Tags : cloud.Tags,
                NotTags = NotTags.Count > 0 ? NotTags : cloud.NotTags,
                ErasePolicy = Erase?.ToString().ToLowerInvariant() ?? cloud.ErasePolicy,
            },
            PoolConfig = pool with
            {
                Size = Size ?? pool.Size,
                MinSize = Limit(pool.MinSize),
                MaxSize = Limit(pool.MaxSize),
                UseControlPlaneAsWorker = AlsoWorker ?? pool.UseControlPlaneAsWorker,
                NodeRepaveInterval = (int?)RepaveInterval?.TotalSeconds ?? pool.NodeRepaveInterval,
                AdditionalLabels = Labels.Count > 0 ? Labelled(pool.AdditionalLabels) : pool.AdditionalLabels,
                Taints = Taints.Count > 0 ? Tainted(pool.Taints ?? []) : pool.Taints,
                UpdateStrategy = Rolling is { } rolling
                    ? new UpdateStrategy(rolling.Type, rolling.MaxSurge, rolling.MaxUnavailable)
                    : pool.UpdateStrategy,
            },
        };
    }

    // The API refuses limits of a scaler that differ from the size; pools that were made elsewhere may carry equal ones.
    private int? Limit(int? now) => Size is not null && now is > 0 ? Size : now;

    private Dictionary<string, string> Labelled(IReadOnlyDictionary<string, string>? before)
    {
        var labels = new Dictionary<string, string>(before ?? new Dictionary<string, string>());
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

        return labels;
    }

    private List<TaintInput> Tainted(IReadOnlyList<TaintInput> before)
    {
        var taints = before.ToList();
        foreach (var edit in Taints)
        {
            taints.RemoveAll(taint => taint.Key == edit.Key && (edit.Effect is null || taint.Effect == edit.Effect.ToString()));
            if (!edit.Remove)
            {
                taints.Add(new TaintInput(edit.Key, edit.Value, edit.Effect.ToString()));
            }
        }

        return taints;
    }

    private static (PoolCloudConfig Cloud, PoolConfig Pool) Without(PoolField field, PoolCloudConfig cloud, PoolConfig pool) =>
        field switch
        {
            PoolField.Labels => (cloud, pool with { AdditionalLabels = new Dictionary<string, string>() }),
            PoolField.Taints => (cloud, pool with { Taints = [] }),
            PoolField.Zones => (cloud with { Azs = [] }, pool),
            PoolField.ResourcePool => (cloud with { ResourcePool = "" }, pool),
            PoolField.Tags => (cloud with { Tags = [] }, pool),
            PoolField.NotTags => (cloud with { NotTags = [] }, pool),
            _ => (cloud with { Architecture = null }, pool),
        };
}
