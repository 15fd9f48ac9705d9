using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Pools;

/// <summary>An edit of a machine pool; options that are not given leave their setting unchanged.</summary>
public sealed record PoolEdit
{
    public int? Size { get; init; }

    /// <summary>Whether control planes also run ordinary workloads.</summary>
    public bool? AlsoWorker { get; init; }

    public int? MinCpu { get; init; }

    public int? MinMemoryMiB { get; init; }

    public int? MinDiskGB { get; init; }

    public string? ResourcePool { get; init; }

    public string? Architecture { get; init; }

    public NetworkSelector? Subnet { get; init; }

    /// <summary>All zones of the pool after the edit; the same holds for tags.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public IReadOnlyList<LabelEdit> Labels { get; init; } = [];

    public IReadOnlyList<TaintEdit> Taints { get; init; } = [];

    public RollingChoice? Rolling { get; init; }

    public TimeSpan? RepaveInterval { get; init; }

    /// <summary>Zero has no limit.</summary>
    public TimeSpan? DrainTimeout { get; init; }

    public ErasePolicy? Erase { get; init; }

    /// <summary>Fields that are cleared before the other edits are made.</summary>
    public IReadOnlyList<PoolField> Clear { get; init; } = [];

    /// <summary>Whether the edit changes no field.</summary>
    public bool IsEmpty =>
        this
            is {
                Size: null,
                AlsoWorker: null,
                MinCpu: null,
                MinMemoryMiB: null,
                MinDiskGB: null,
                ResourcePool: null,
                Architecture: null,
                Subnet: null,
                Zones.Count: 0,
                Tags.Count: 0,
                NotTags.Count: 0,
                Labels.Count: 0,
                Taints.Count: 0,
                Clear.Count: 0,
                Rolling: null,
                RepaveInterval: null,
                DrainTimeout: null,
                Erase: null,
            };

    /// <summary>The edit as text: <c>5 machines, label team=web and zones a b</c>.</summary>
    public string Sentence
    {
        get
        {
            string[] parts = [.. Parts()];
            return parts.Length < 2 ? string.Concat(parts) : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
        }
    }

    /// <summary>The request body of a new pool.</summary>
    public PoolEntity New(string name, bool controlPlane)
    {
        var pool = Over(new MachinePoolView());
        return new PoolEntity
        {
            CloudConfig = new PoolCloudConfig
            {
                Azs = pool.Azs ?? [],
                InstanceType = pool.InstanceType ?? new InstanceType { MinCpu = 0, MinMemInMB = 0 },
                ResourcePool = pool.ResourcePool ?? "",
                Tags = pool.Tags ?? [],
                NotTags = pool.NotTags,
                Architecture = pool.Architecture,
                Subnet = pool.Subnet,
                ErasePolicy = pool.ErasePolicy,
                UseLxdVm = false,
            },
            PoolConfig = new PoolConfig
            {
                Name = name,
                Size = pool.Size ?? 0,
                MinSize = 0,
                MaxSize = 0,
                IsControlPlane = controlPlane,
                UseControlPlaneAsWorker = pool.UseControlPlaneAsWorker ?? false,
                Labels = [controlPlane ? "control-plane" : "worker"],
                AdditionalLabels = pool.AdditionalLabels ?? new Dictionary<string, string>(),
                Taints = pool.Taints ?? [],
                UpdateStrategy = pool.UpdateStrategy,
                NodeRepaveInterval = pool.NodeRepaveInterval,
                NodeDrainTimeout = pool.NodeDrainTimeout,
            },
        };
    }

    /// <summary>The pool from the API with this edit applied.</summary>
    public MachinePoolView Over(MachinePoolView pool)
    {
        pool = Clear.Aggregate(pool, Without);
        return pool with
        {
            Size = Size ?? pool.Size,
            InstanceType = (MinCpu ?? MinMemoryMiB ?? MinDiskGB) is null
                ? pool.InstanceType
                : (pool.InstanceType ?? new InstanceType { MinCpu = 0, MinMemInMB = 0 }) with
                {
                    MinCpu = MinCpu ?? pool.InstanceType?.MinCpu ?? 0,
                    MinMemInMB = MinMemoryMiB ?? pool.InstanceType?.MinMemInMB ?? 0,
                    MinDiskSizeInGB = MinDiskGB ?? pool.InstanceType?.MinDiskSizeInGB,
                },
            ResourcePool = ResourcePool ?? pool.ResourcePool,
            Architecture = Architecture ?? pool.Architecture,
            Subnet = Subnet?.Value ?? pool.Subnet,
            Azs = Zones.Count > 0 ? Zones : pool.Azs,
            Tags = Tags.Count > 0 ? Tags : pool.Tags,
            NotTags = NotTags.Count > 0 ? NotTags : pool.NotTags,
            ErasePolicy = Erase?.ToString().ToLowerInvariant() ?? pool.ErasePolicy,
            UseControlPlaneAsWorker = AlsoWorker ?? pool.UseControlPlaneAsWorker,
            NodeRepaveInterval = (int?)RepaveInterval?.TotalSeconds ?? pool.NodeRepaveInterval,
            NodeDrainTimeout = (int?)DrainTimeout?.TotalSeconds ?? pool.NodeDrainTimeout,
            AdditionalLabels = Labels.Count > 0 ? Labelled(pool.AdditionalLabels) : pool.AdditionalLabels,
            Taints = Taints.Count > 0 ? Tainted(pool.Taints ?? []) : pool.Taints,
            UpdateStrategy = Rolling is { } rolling
                ? new UpdateStrategy(rolling.Type, rolling.MaxSurge, rolling.MaxUnavailable)
                : pool.UpdateStrategy,
        };
    }

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
            Subnet?.Text,
            .. Labels.Select(label => label.Sentence),
            .. Taints.Select(taint => taint.Sentence),
            Rolling?.Sentence,
            RepaveInterval is { } interval ? $"at least {Durations.Rough(interval.TotalSeconds)} between replacements" : null,
            DrainTimeout is { } drain
                ? drain > TimeSpan.Zero
                    ? $"drains end after {Durations.Rough(drain.TotalSeconds)}"
                    : "drains without limit"
                : null,
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
            PoolField.DrainTimeout => "drain timeout of its own",
            _ => field.ToString().ToLowerInvariant(),
        };

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

    private static MachinePoolView Without(MachinePoolView pool, PoolField field) =>
        field switch
        {
            PoolField.Labels => pool with { AdditionalLabels = new Dictionary<string, string>() },
            PoolField.Taints => pool with { Taints = [] },
            PoolField.Zones => pool with { Azs = [] },
            PoolField.ResourcePool => pool with { ResourcePool = "" },
            PoolField.Tags => pool with { Tags = [] },
            PoolField.NotTags => pool with { NotTags = [] },
            PoolField.DrainTimeout => pool with { NodeDrainTimeout = null },
            PoolField.Subnet => pool with { Subnet = "" },
            _ => pool with { Architecture = null },
        };
}
