using System.Text;
using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>Parses the machine pools of a request; every problem names its field and value.</summary>
public static class PoolParser
{
    private const int MostInName = 256;

    // A week: longer is no limit.
    private const int MostDrainSeconds = 7 * 24 * 3600;

    // Replaces an invalid name, so that one response lists the problems of the other fields too.
    private static readonly DnsLabel Nameless = DnsLabel.Parse("nameless");

    private const string Reserved = "is set by Kubernetes or by Gantry itself; choose another key";

    /// <summary>Sets the defaults of omitted fields, so that clients read lists and numbers and never null.</summary>
    public static PoolEntity Complete(PoolEntity pool) =>
        new()
        {
            CloudConfig = (pool.CloudConfig ?? new PoolCloudConfig()) with
            {
                Azs = pool.CloudConfig?.Azs ?? [],
                InstanceType = Complete(pool.CloudConfig?.InstanceType ?? new InstanceType()),
                ResourcePool = pool.CloudConfig?.ResourcePool ?? "",
                Tags = pool.CloudConfig?.Tags ?? [],
                UseLxdVm = pool.CloudConfig?.UseLxdVm ?? false,
                ErasePolicy = Complete(pool.CloudConfig?.ErasePolicy),
            },
            PoolConfig = (pool.PoolConfig ?? new PoolConfig()) with
            {
                MinSize = pool.PoolConfig?.MinSize ?? 0,
                MaxSize = pool.PoolConfig?.MaxSize ?? 0,
                IsControlPlane = IsControlPlane(pool.PoolConfig),
                UseControlPlaneAsWorker = pool.PoolConfig?.UseControlPlaneAsWorker ?? false,
                Labels = pool.PoolConfig?.Labels ?? (IsControlPlane(pool.PoolConfig) ? ["control-plane"] : ["worker"]),
                AdditionalLabels = pool.PoolConfig?.AdditionalLabels ?? new Dictionary<string, string>(),
                AdditionalAnnotations = pool.PoolConfig?.AdditionalAnnotations ?? new Dictionary<string, string>(),
                // Kubernetes knows since when a node has a taint.
                Taints = [.. (pool.PoolConfig?.Taints ?? []).Select(taint => taint with { TimeAdded = null })],
                UpdateStrategy = Complete(pool.PoolConfig?.UpdateStrategy),
                NodeRepaveInterval = pool.PoolConfig?.NodeRepaveInterval ?? 0,
                MachinePoolProperties = pool.PoolConfig?.MachinePoolProperties is { ArchType.Length: > 0 } properties
                    ? properties
                    : null,
            },
        };

    private static InstanceType Complete(InstanceType type) =>
        type with
        {
            MinCpu = type.MinCpu ?? 0,
            MinMemInMB = type.MinMemInMB ?? 0,
        };

    private static UpdateStrategy Complete(UpdateStrategy? strategy) =>
        strategy is { Type.Length: > 0 }
            ? strategy
            : new UpdateStrategy(UpdateStrategies.RollingUpdateScaleOut, strategy?.MaxSurge, strategy?.MaxUnavailable);

    // MAAS's values are lower case; clients may write them in any case.
    private static string? Complete(string? erasePolicy) =>
        string.IsNullOrWhiteSpace(erasePolicy) ? null : erasePolicy.Trim().ToLowerInvariant();

    public static MachinePool Read(Check check, string field, PoolEntity entity)
    {
        var pool = entity.PoolConfig ?? new PoolConfig();
        var cloud = entity.CloudConfig ?? new PoolCloudConfig();
        var controlPlane = IsControlPlane(pool);
        var name = check.DnsLabel(pool.Name, $"{field}.poolConfig.name");
        RefuseWhatIsNotThere(check, field, pool, cloud);
        var rolling = Rolling(check, $"{field}.poolConfig.updateStrategy", pool.UpdateStrategy, pool.Size ?? 1);
        check.That(
            !controlPlane || pool.Size is not 1 || rolling.MaxSurge > 0,
            $"{field}.poolConfig.updateStrategy.type",
            "a single control plane cannot go before another is there: the cluster would end with it; write RollingUpdateScaleOut"
        );
        return new MachinePool
        {
            Name = name ?? Nameless,
            Role = controlPlane ? PoolRole.ControlPlane : PoolRole.Worker,
            Size = Size(check, $"{field}.poolConfig.size", pool.Size, controlPlane),
            Placement = new PoolPlacement
            {
                ResourcePool = Named(check, $"{field}.cloudConfig.resourcePool", cloud.ResourcePool),
                Zones = Names(check, $"{field}.cloudConfig.azs", cloud.Azs),
                MinCpu = AtLeastZero(check, $"{field}.cloudConfig.instanceType.minCPU", cloud.InstanceType?.MinCpu),
                MinMemoryMiB = AtLeastZero(check, $"{field}.cloudConfig.instanceType.minMemInMB", cloud.InstanceType?.MinMemInMB),
                MinDiskGB = AtLeastZero(
                    check,
                    $"{field}.cloudConfig.instanceType.minDiskSizeInGB",
                    cloud.InstanceType?.MinDiskSizeInGB
                ),
                Architecture = Named(
                    check,
                    $"{field}.cloudConfig.architecture",
                    FirstGiven(cloud.Architecture, pool.MachinePoolProperties?.ArchType)
                ),
                Tags = Names(check, $"{field}.cloudConfig.tags", cloud.Tags),
                NotTags = Names(check, $"{field}.cloudConfig.notTags", cloud.NotTags),
                Subnet = string.IsNullOrWhiteSpace(cloud.Subnet)
                    ? null
                    : check.Value<NetworkSelector>($"{field}.cloudConfig.subnet", cloud.Subnet),
            },
            Labels = Labels(check, $"{field}.poolConfig.additionalLabels", pool.AdditionalLabels),
            Annotations = Annotations(check, $"{field}.poolConfig.additionalAnnotations", pool.AdditionalAnnotations),
            Taints = Taints(check, $"{field}.poolConfig.taints", pool.Taints ?? []),
            AlsoWorker = controlPlane && pool.UseControlPlaneAsWorker is true,
            RollingUpdate = rolling,
            Erase = Erase(check, $"{field}.cloudConfig.erasePolicy", cloud.ErasePolicy),
            RepaveInterval = RepaveInterval(
                check,
                $"{field}.poolConfig.nodeRepaveInterval",
                pool.NodeRepaveInterval,
                controlPlane
            ),
            DrainTimeout = DrainTimeout(check, $"{field}.poolConfig.nodeDrainTimeout", pool.NodeDrainTimeout),
        };
    }

    public static bool IsControlPlane(PoolConfig? pool) =>
        pool?.IsControlPlane is true || (pool?.Labels ?? []).Any(label => label is "control-plane" or "master");

    private static void RefuseWhatIsNotThere(Check check, string field, PoolConfig pool, PoolCloudConfig cloud)
    {
        check.That(
            cloud.UseLxdVm is not true,
            $"{field}.cloudConfig.useLxdVm",
            "true is not available: nodes are whole machines; write false"
        );
        check.That(
            pool.AdditionalTags is null or { Count: 0 },
            $"{field}.poolConfig.additionalTags",
            NotAvailable.AdditionalTags
        );
        check.That(
            Blank.Is(cloud.Network),
            $"{field}.cloudConfig.network",
            "is not available: machines take their addresses from MAAS; leave it out, or write the subnet of the pool into subnet"
        );
        check.That(
            string.IsNullOrWhiteSpace(pool.OverrideKubeadmConfiguration),
            $"{field}.poolConfig.overrideKubeadmConfiguration",
            "is not available; put the settings into the values of the Kubernetes pack"
        );
        check.That(
            pool.SkipK8sUpgrade is null or "" or "disabled",
            $"{field}.poolConfig.skipK8sUpgrade",
            $"'{ApiError.Shown(pool.SkipK8sUpgrade ?? "")}' is not available: all pools follow the cluster's version; "
                + "write disabled"
        );
        var isScaled = pool is not { MinSize: null or 0, MaxSize: null or 0 };
        check.That(!isScaled || pool.MinSize == pool.Size, $"{field}.poolConfig.minSize", NotAvailable.Autoscaling);
        check.That(!isScaled || pool.MaxSize == pool.Size, $"{field}.poolConfig.maxSize", NotAvailable.Autoscaling);
        check.That(
            IsControlPlane(pool) || pool.UseControlPlaneAsWorker is not true,
            $"{field}.poolConfig.useControlPlaneAsWorker",
            "is for the control plane: workers run workloads anyway; write false"
        );
    }

    private static int Size(Check check, string field, int? size, bool controlPlane)
    {
        if (size is not { } given)
        {
            check.Problem(field, "is missing; write how many machines the pool has");
            return 0;
        }

        if (controlPlane)
        {
            check.That(
                MachinePool.IsControlPlaneSize(given),
                field,
                $"{given} control planes cannot keep a quorum well; write 1, 3 or 5"
            );
        }
        else
        {
            check.That(
                given is >= 0 and <= MachinePool.MostMachines,
                field,
                $"{given} is not a size; write 0 to {MachinePool.MostMachines}"
            );
        }

        return given;
    }

    private static ErasePolicy Erase(Check check, string field, string? policy)
    {
        var word = Complete(policy);
        check.OneOf(field, word, typeof(ErasePolicies));
        return word is not null && Enum.TryParse<ErasePolicy>(word, ignoreCase: true, out var known) ? known : ErasePolicy.None;
    }

    private static TimeSpan RepaveInterval(Check check, string field, int? seconds, bool controlPlane)
    {
        check.That(seconds is null or >= 0, field, $"{seconds} is negative; write seconds between two replacements, or 0");
        check.That(
            !controlPlane || seconds is null or <= 0,
            field,
            "is for worker pools: control planes follow one another as their etcd allows; write 0"
        );
        return TimeSpan.FromSeconds(Math.Max(0, seconds ?? 0));
    }

    /// <returns>Zero has no limit; <c>null</c> when nothing was given.</returns>
    public static TimeSpan? DrainTimeout(Check check, string field, int? seconds)
    {
        check.That(
            seconds is null or (>= 0 and <= MostDrainSeconds),
            field,
            $"{seconds} is not a drain timeout; write 1 to {MostDrainSeconds} seconds, or 0 for no limit"
        );
        return seconds is { } given ? TimeSpan.FromSeconds(Math.Clamp(given, 0, MostDrainSeconds)) : null;
    }

    private static int AtLeastZero(Check check, string field, int? value)
    {
        check.That(value is null or >= 0, field, $"{value} is negative; write 0 for any");
        return value ?? 0;
    }

    private static string? FirstGiven(params string?[] values) =>
        Array.Find(values, value => !string.IsNullOrWhiteSpace(value))?.Trim();

    private static ValueList<string> Names(Check check, string field, IReadOnlyList<string>? names)
    {
        check.That((names ?? []).All(name => !string.IsNullOrWhiteSpace(name)), field, "holds an empty name; leave it out");
        return [.. (names ?? []).Select((name, index) => Named(check, $"{field}[{index}]", name)).OfType<string>().Distinct()];
    }

    // MAAS names its objects by visible characters; its constraints separate them by commas.
    private static string? Named(Check check, string field, string? name)
    {
        var trimmed = name?.Trim(' ');
        if (string.IsNullOrWhiteSpace(trimmed))
        {
            return null;
        }

        check.That(
            trimmed.Length <= MostInName && !trimmed.Any(character => char.IsControl(character) || character is ','),
            field,
            $"'{ApiError.Shown(trimmed)}' cannot be a name in MAAS; use up to {MostInName} characters without commas and line breaks"
        );
        return trimmed;
    }

    private static ValueMap<LabelKey, LabelValue> Labels(Check check, string field, IReadOnlyDictionary<string, string>? labels)
    {
        var read = new Dictionary<LabelKey, LabelValue>();
        foreach (var (key, value) in labels ?? new Dictionary<string, string>())
        {
            var at = $"{field}.{ApiError.Shown(key)}";
            if ((check.Value<LabelKey>(at, key), check.Value<LabelValue>(at, value ?? "")) is ({ } name, { } content))
            {
                check.That(!ReservedKeys.IsLabel(name), at, Reserved);
                read[name] = content;
            }
        }

        return [.. read];
    }

    private static ValueMap<LabelKey, string> Annotations(
        Check check,
        string field,
        IReadOnlyDictionary<string, string>? annotations
    )
    {
        var read = new Dictionary<LabelKey, string>();
        foreach (var (key, value) in annotations ?? new Dictionary<string, string>())
        {
            var at = $"{field}.{ApiError.Shown(key)}";
            if (!LabelKey.TryParseAnnotation(key, out var name))
            {
                check.Problem(at, $"'{ApiError.Shown(key)}' is not a key of an annotation; write {LabelKey.Write}");
                continue;
            }

            check.That(!ReservedKeys.IsAnnotation(name), at, Reserved);
            read[name] = value ?? "";
        }

        var bytes = read.Sum(one => (long)Encoding.UTF8.GetByteCount(one.Key.Value) + Encoding.UTF8.GetByteCount(one.Value));
        check.That(
            bytes <= MachinePool.MostAnnotationBytes,
            field,
            $"has {bytes} bytes; keys and values of a pool's annotations have {MachinePool.MostAnnotationBytes} together at most"
        );

        return [.. read];
    }

    private static ValueList<Taint> Taints(Check check, string field, IReadOnlyList<TaintInput> taints)
    {
        var read = taints.Select((taint, index) => (Taint: ReadTaint(check, $"{field}[{index}]", taint), Index: index)).ToList();
        foreach (var twice in read.Where(one => one.Taint is not null).GroupBy(one => (one.Taint!.Key, one.Taint.Effect)))
        {
            check.That(
                twice.Count() is 1,
                $"{field}[{twice.Last().Index}]",
                $"'{twice.Key.Key}:{twice.Key.Effect}' is there twice; a node has one taint for a key and an effect"
            );
        }

        return [.. read.Select(one => one.Taint).OfType<Taint>()];
    }

    private static Taint? ReadTaint(Check check, string field, TaintInput taint)
    {
        var key = check.Value<LabelKey>($"{field}.key", taint.Key);
        check.That(key is null || !ReservedKeys.IsTaint(key), $"{field}.key", Reserved);
        var value = check.Value<LabelValue>($"{field}.value", taint.Value ?? "");
        if (!Taint.TryParseEffect(taint.Effect, out var effect))
        {
            check.Problem($"{field}.effect", Wording.NoneOf(taint.Effect ?? "", Vocabulary.Of(typeof(TaintEffects))));
            return null;
        }

        return key is null || value is null ? null : new Taint(key, value, effect);
    }

    private static RollingUpdate Rolling(Check check, string field, UpdateStrategy? strategy, int size)
    {
        switch (strategy?.Type)
        {
            case null or "" or UpdateStrategies.RollingUpdateScaleOut:
                return RollingUpdate.ExpandFirst;
            case UpdateStrategies.RollingUpdateScaleIn:
                return RollingUpdate.ContractFirst;
            case UpdateStrategies.OverrideScaling:
                var surge = Amount(check, $"{field}.maxSurge", strategy.MaxSurge, size, roundUp: true);
                var unavailable = Amount(check, $"{field}.maxUnavailable", strategy.MaxUnavailable, size, roundUp: false);
                check.That(
                    surge + unavailable > 0 || check.Failed,
                    field,
                    "maxSurge and maxUnavailable are both 0, so nothing could ever be replaced"
                );
                return new RollingUpdate(surge, unavailable);
            default:
                check.OneOf($"{field}.type", strategy.Type, typeof(UpdateStrategies));
                return RollingUpdate.ExpandFirst;
        }
    }

    // Kubernetes rounds a share of the size up for surge and down for unavailable.
    private static int Amount(Check check, string field, string? text, int size, bool roundUp)
    {
        var trimmed = text?.Trim() ?? "";
        if (trimmed.Length == 0)
        {
            return 0;
        }

        var amount = check.Value<MachineAmount>(field, trimmed);
        return roundUp ? amount.RoundedUp(size) : amount.RoundedDown(size);
    }
}
