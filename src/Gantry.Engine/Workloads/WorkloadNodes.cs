using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>Maps a node of the Kubernetes API to the fields that the engine uses.</summary>
internal static class WorkloadNodes
{
    // Kubernetes' own node conditions other than Ready. Each is a problem when it is True.
    private static readonly string[] Problems = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

    // The reason of the container runtime's condition NetworkReady, which the kubelet repeats in the message of Ready
    // (pkg/kubelet/container/runtime.go).
    private const string NoNetwork = "reason:NetworkPluginNotReady";

    public static WorkloadNode Map(V1Node node)
    {
        var ready = node.Status?.Conditions?.FirstOrDefault(condition => condition.Type is "Ready");
        return new WorkloadNode
        {
            Name = node.Name(),
            Ready = ready?.Status is "True",
            Silent = IsSilent(node),
            ReadySince = ready?.LastTransitionTime is { } since
                ? new DateTimeOffset(DateTime.SpecifyKind(since, DateTimeKind.Utc))
                : null,
            Message = ready?.Message ?? "the kubelet has not reported yet",
            Problems =
            [
                .. (node.Status?.Conditions ?? [])
                    .Where(condition => condition.Status is "True" && Problems.Contains(condition.Type))
                    .Select(condition =>
                        condition.Message is { Length: > 0 } message ? $"{condition.Type}: {message}" : condition.Type
                    ),
            ],
            AwaitsNetwork = ready is { Status: "False" } && ready.Message?.Contains(NoNetwork, StringComparison.Ordinal) is true,
            Unschedulable = node.Spec?.Unschedulable ?? false,
            ProviderId = node.Spec?.ProviderID,
            KubeletVersion = node.Status?.NodeInfo?.KubeletVersion ?? "",
            Taints = [.. (node.Spec?.Taints ?? []).Select(Map).OfType<Taint>()],
            Labels = new Dictionary<string, string>(node.Metadata.Labels ?? new Dictionary<string, string>()),
            Annotations = new Dictionary<string, string>(node.Metadata.Annotations ?? new Dictionary<string, string>()),
        };
    }

    /// <summary>
    /// Whether the kubelet is silent: the node controller sets Ready to Unknown when the kubelet has not reported for its grace
    /// period.
    /// </summary>
    public static bool IsSilent(V1Node node) =>
        node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "Unknown" }) is true;

    // A taint that Gantry cannot parse is not one of Gantry's taints.
    private static Taint? Map(V1Taint taint) =>
        LabelKey.TryParse(taint.Key, out var key)
        && LabelValue.TryParse(taint.Value ?? "", out var value)
        && Taint.TryParseEffect(taint.Effect, out var effect)
            ? new Taint(key, value, effect)
            : null;
}
