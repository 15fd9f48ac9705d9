using System.Text.RegularExpressions;

namespace Gantry.Server.Documents;

/// <summary>The place in a document of a field of the request that was made from it. Pure.</summary>
internal static partial class DocumentFields
{
    // The first prefix that fits is replaced.
    private static readonly (string Prefix, string By)[] Cluster =
    [
        ("spec.machinepoolconfig", "spec.pools"),
        ("spec.cloudAccountUid", "spec.account"),
        ("upgrade.kubernetes", "spec.kubernetes"),
        ("spec.profiles.endpoint", "spec.endpoint"),
        ("profiles", "spec.profiles"),
        ("spec.cloudConfig.domain", "spec.endpoint"),
        ("spec.cloudConfig.", "spec."),
        ("spec.clusterConfig.nodeDrainTimeout", "spec.drainTimeoutSeconds"),
        ("spec.clusterConfig.", "spec."),
        ("clusterConfig.domain", "spec.endpoint"),
        ("clusterConfig.nodeDrainTimeout", "spec.drainTimeoutSeconds"),
        ("clusterConfig.", "spec."),
    ];

    private static readonly (string Prefix, string By)[] Pool =
    [
        ("poolConfig.updateStrategy.type", "rollingUpdate"),
        ("poolConfig.updateStrategy", "rollingUpdate"),
        ("poolConfig.additionalLabels", "labels"),
        ("poolConfig.additionalAnnotations", "annotations"),
        ("poolConfig.nodeRepaveInterval", "repaveIntervalSeconds"),
        ("poolConfig.nodeDrainTimeout", "drainTimeoutSeconds"),
        ("poolConfig.isControlPlane", "controlPlane"),
        ("poolConfig.", ""),
        ("cloudConfig.azs", "zones"),
        ("cloudConfig.instanceType.minCPU", "minCpu"),
        ("cloudConfig.instanceType.minMemInMB", "minMemoryMiB"),
        ("cloudConfig.instanceType.minDiskSizeInGB", "minDiskGB"),
        ("cloudConfig.erasePolicy", "erase"),
        ("cloudConfig.", ""),
    ];

    private static readonly (string Prefix, string By)[] Profile = [("spec.template.", "spec."), ("spec.template", "spec")];

    public static string OfCluster(string field)
    {
        var place = Replaced(field, Cluster);
        if (PoolField().Match(place) is { Success: true } pool)
        {
            return pool.Groups["pool"].Value + Replaced(pool.Groups["rest"].Value, Pool);
        }

        return VersionField().IsMatch(place)
            ? "spec.kubernetes"
            : ProfileUid().Replace(place, "${profile}.name").Replace("packValues", "packs", StringComparison.Ordinal);
    }

    public static string OfProfile(string field) => Replaced(field, Profile);

    private static string Replaced(string field, (string Prefix, string By)[] table) =>
        table.FirstOrDefault(one => field.StartsWith(one.Prefix, StringComparison.Ordinal)) is { Prefix: { } prefix, By: var by }
            ? by + field[prefix.Length..]
            : field;

    [GeneratedRegex(@"^(?<pool>spec\.pools\[[0-9]+\]\.)(?<rest>.+)\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PoolField();

    // The rules of versions name the Kubernetes layer.
    [GeneratedRegex(@"^spec\.profiles\.[^.\[]+\.version\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VersionField();

    [GeneratedRegex(
        @"^(?<profile>spec\.profiles\[[0-9]+\])\.uid\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex ProfileUid();
}
