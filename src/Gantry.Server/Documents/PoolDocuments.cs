using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;

namespace Gantry.Server.Documents;

/// <summary>Machine pools as documents, both ways. Pure.</summary>
internal static class PoolDocuments
{
    private const string One = "1";
    private const string None = "0";

    /// <summary>The pool without what is the default.</summary>
    public static PoolDocument Write(PoolEntity entity)
    {
        var pool = entity.PoolConfig ?? new PoolConfig();
        var cloud = entity.CloudConfig ?? new PoolCloudConfig();
        var controlPlane = PoolParser.IsControlPlane(pool);
        return new PoolDocument
        {
            Name = pool.Name,
            ControlPlane = controlPlane ? true : null,
            Size = pool.Size,
            Schedulable = controlPlane && pool.UseControlPlaneAsWorker is true ? true : null,
            MinCpu = AboveZero(cloud.InstanceType?.MinCpu),
            MinMemoryMiB = AboveZero(cloud.InstanceType?.MinMemInMB),
            MinDiskGB = AboveZero(cloud.InstanceType?.MinDiskSizeInGB),
            Zones = Some(cloud.Azs),
            ResourcePool = Text(cloud.ResourcePool),
            Tags = Some(cloud.Tags),
            NotTags = Some(cloud.NotTags),
            Architecture = Text(cloud.Architecture) ?? Text(pool.MachinePoolProperties?.ArchType),
            Subnet = Text(cloud.Subnet),
            Labels = Some(pool.AdditionalLabels),
            Annotations = Some(pool.AdditionalAnnotations),
            Taints = Some<TaintDocument>([
                .. (pool.Taints ?? []).Select(taint => new TaintDocument
                {
                    Key = taint.Key,
                    Value = Text(taint.Value),
                    Effect = taint.Effect,
                }),
            ]),
            RollingUpdate = Rolling(pool.UpdateStrategy),
            RepaveIntervalSeconds = AboveZero(pool.NodeRepaveInterval),
            DrainTimeoutSeconds = pool.NodeDrainTimeout,
            Erase = Text(cloud.ErasePolicy) is { } erase and not ErasePolicies.None ? erase : null,
        };
    }

    /// <param name="before">The pool as the cluster has it; what a document does not hold stays.</param>
    public static PoolEntity Read(PoolDocument document, PoolEntity? before)
    {
        var read = PoolParser.Complete(
            new PoolEntity
            {
                CloudConfig = (before?.CloudConfig ?? new PoolCloudConfig()) with
                {
                    Azs = document.Zones ?? [],
                    InstanceType = new InstanceType
                    {
                        MinCpu = document.MinCpu ?? 0,
                        MinMemInMB = document.MinMemoryMiB ?? 0,
                        MinDiskSizeInGB = document.MinDiskGB,
                    },
                    ResourcePool = document.ResourcePool ?? "",
                    Tags = document.Tags ?? [],
                    NotTags = document.NotTags,
                    Architecture = document.Architecture,
                    Subnet = document.Subnet,
                    ErasePolicy = document.Erase,
                },
                PoolConfig = (before?.PoolConfig ?? new PoolConfig()) with
                {
                    Name = document.Name,
                    Size = document.Size,
                    MinSize = 0,
                    MaxSize = 0,
                    IsControlPlane = document.ControlPlane is true,
                    UseControlPlaneAsWorker = document.Schedulable is true,
                    AdditionalLabels = document.Labels ?? new Dictionary<string, string>(),
                    AdditionalAnnotations = document.Annotations ?? new Dictionary<string, string>(),
                    Taints = [.. (document.Taints ?? []).Select(taint => new TaintInput(taint.Key, taint.Value, taint.Effect))],
                    UpdateStrategy = Strategy(document.RollingUpdate),
                    MachinePoolProperties = null,
                    NodeRepaveInterval = document.RepaveIntervalSeconds ?? 0,
                    NodeDrainTimeout = document.DrainTimeoutSeconds,
                },
            }
        );

        // The same can be said in several ways; what says the same is left as it was written.
        return before is not null && StoreJson.Write(Write(read)) == StoreJson.Write(Write(before)) ? before : read;
    }

    private static RollingUpdateDocument? Rolling(UpdateStrategy? strategy) =>
        strategy?.Type switch
        {
            UpdateStrategies.RollingUpdateScaleIn => new() { MaxSurge = None, MaxUnavailable = One },
            UpdateStrategies.OverrideScaling
                when (Amount(strategy.MaxSurge), Amount(strategy.MaxUnavailable)) is not (One, None) => new()
            {
                MaxSurge = Amount(strategy.MaxSurge),
                MaxUnavailable = Amount(strategy.MaxUnavailable),
            },
            _ => null,
        };

    private static UpdateStrategy Strategy(RollingUpdateDocument? rolling) =>
        (Amount(rolling?.MaxSurge), Amount(rolling?.MaxUnavailable)) switch
        {
            _ when rolling is null => new(UpdateStrategies.RollingUpdateScaleOut, null, null),
            (One, None) => new(UpdateStrategies.RollingUpdateScaleOut, null, null),
            (None, One) => new(UpdateStrategies.RollingUpdateScaleIn, null, null),
            var (surge, unavailable) => new(UpdateStrategies.OverrideScaling, surge, unavailable),
        };

    private static string Amount(string? text) => Text(text)?.Trim() ?? None;

    private static int? AboveZero(int? value) => value is 0 ? null : value;

    public static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    public static IReadOnlyList<T>? Some<T>(IReadOnlyList<T>? list) => list is { Count: > 0 } ? list : null;

    public static IReadOnlyDictionary<string, string>? Some(IReadOnlyDictionary<string, string>? map) =>
        map is { Count: > 0 } ? map : null;
}
