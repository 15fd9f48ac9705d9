using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// How long kubeadm waits, by its version and by what a document allows. v1beta4 has <c>timeouts</c>; of v1beta3's
/// <c>timeoutForControlPlane</c> kubeadm 1.31 to 1.34 take no notice (kubernetes/kubernetes #133513).
/// </summary>
internal static class KubeadmTimeouts
{
    private static readonly TimeSpan HealthDefault = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan CallDefault = TimeSpan.FromMinutes(1);

    /// <summary>Until the components answer on the machine.</summary>
    public static TimeSpan ControlPlane(JsonObject? document, JsonObject? cluster, KubeVersion kubeadm) =>
        Given(document, "controlPlaneComponentHealthCheck")
        ?? (kubeadm.IsAtLeast(31) && !kubeadm.IsAtLeast(35) ? null : Old(cluster))
        ?? HealthDefault;

    /// <summary>Until the kubelet is healthy.</summary>
    public static TimeSpan Kubelet(JsonObject? document) => Given(document, "kubeletHealthCheck") ?? HealthDefault;

    /// <summary>
    /// Until the API server answers at the cluster's endpoint. Since <c>WaitForAllControlPlaneComponents</c> is on (1.33), kubeadm looks at
    /// the components on the machine first, and the endpoint has the time of one call with its repetitions, a minute by default. Since
    /// 1.37 (#138449) <c>kubeadm init</c> does not use the endpoint: <c>null</c>.
    /// </summary>
    public static TimeSpan? Endpoint(JsonObject? document, JsonObject? cluster, KubeVersion kubeadm) =>
        kubeadm.IsAtLeast(37) ? null
        : WaitsForEndpointByCalls(kubeadm) ? Given(document, "kubernetesAPICall") ?? CallDefault
        : ControlPlane(document, cluster, kubeadm);

    /// <inheritdoc cref="Endpoint"/>
    public static bool WaitsForEndpointByCalls(KubeVersion kubeadm) => kubeadm.IsAtLeast(33);

    /// <summary>The form in which Go writes a duration of minutes: <c>4m0s</c>.</summary>
    public static string Text(TimeSpan duration) => $"{(int)duration.TotalMinutes}m{duration.Seconds}s";

    private static TimeSpan? Given(JsonObject? document, string name) =>
        document?["timeouts"]?[name]?.ToString() is { Length: > 0 } text ? BootstrapToken.Duration(text) : null;

    private static TimeSpan? Old(JsonObject? cluster) =>
        cluster?["apiServer"]?["timeoutForControlPlane"]?.ToString() is { Length: > 0 } text
            ? BootstrapToken.Duration(text)
            : null;
}
