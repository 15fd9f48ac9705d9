using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Arguments that a cluster asks for and that its Kubernetes version does not know: the component would not start with them. From the
/// release notes of Kubernetes 1.34 to 1.37 and of etcd 3.7.
/// </summary>
internal static class RemovedArguments
{
    private const string FeatureGates = "feature-gates";

    private static readonly (string Component, int Since, string[] Names)[] Names =
    [
        ("kubelet", 34, ["cloud-config"]),
        ("kubelet", 35, ["pod-infra-container-image"]),
        (
            "kubelet",
            37,
            [
                "application-metrics-count-limit",
                "boot-id-file",
                "container-hints",
                "containerd",
                "containerd-namespace",
                "enable-load-reader",
                "event-storage-age-limit",
                "event-storage-event-limit",
                "global-housekeeping-interval",
                "log-cadvisor-usage",
                "machine-id-file",
                "storage-driver-buffer-duration",
                "storage-driver-db",
                "storage-driver-host",
                "storage-driver-password",
                "storage-driver-secure",
                "storage-driver-table",
                "storage-driver-user",
            ]
        ),
        ("controllerManager", 37, ["concurrent-service-syncs"]),
    ];

    private static readonly (int Since, string[] Names) Gates = (
        37,
        [
            "SidecarContainers",
            "APIServerTracing",
            "ConsistentListFromCache",
            "OrderedNamespaceDeletion",
            "RelaxedDNSSearchValidation",
            "AnyVolumeDataSource",
        ]
    );

    /// <summary>One sentence for each argument that the version does not know.</summary>
    public static IEnumerable<string> Check(ClusterSpec cluster) =>
        from component in cluster.Nodes.ExtraArgs
        from argument in component.Value
        from problem in Check(component.Key, argument, cluster.KubernetesVersion)
        select problem;

    private static IEnumerable<string> Check(string component, ExtraArg argument, KubernetesVersion version)
    {
        if (Since(component, argument.Name) is { } since && version.Minor >= since)
        {
            yield return $"{component} arguments: Kubernetes {version} has no {argument.Name}, which is gone since 1.{since}, and the "
                + $"{component} does not start with it; remove it from the profile first";
        }

        if (argument.Name is not FeatureGates || version.Minor < Gates.Since)
        {
            yield break;
        }

        foreach (
            var gate in argument
                .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(gate => gate.Split('=')[0])
                .Where(Gates.Names.Contains)
        )
        {
            yield return $"{component} arguments: Kubernetes {version} has no feature gate {gate}, which is gone since "
                + $"1.{Gates.Since}, and the {component} does not start with it; remove it from the profile first";
        }
    }

    // etcd 3.7, which comes with Kubernetes 1.37, has none of the experimental flags.
    private static int? Since(string component, string argument) =>
        component is "etcd" && argument.StartsWith("experimental-", StringComparison.Ordinal)
            ? 37
            : Names
                .Where(removed => removed.Component == component && removed.Names.Contains(argument))
                .Select(removed => (int?)removed.Since)
                .FirstOrDefault();
}
