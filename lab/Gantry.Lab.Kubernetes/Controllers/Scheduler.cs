using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Binds pods to nodes: among the nodes that fit, the one with the fewest pods, then by name.</summary>
internal static class Scheduler
{
    private const int PodsPerNode = 110;

    public static void Run(Moment moment)
    {
        var waiting = moment
            .List(KubeResources.Pods)
            .Where(p => p.Text("spec", "nodeName") is null or "" && !p.IsDeleting())
            .ToArray();
        if (waiting.Length == 0)
        {
            return;
        }

        var load = moment
            .List(KubeResources.Pods)
            .Where(p => p.Text("spec", "nodeName") is { Length: > 0 })
            .GroupBy(p => p.Text("spec", "nodeName")!)
            .ToDictionary(g => g.Key, g => g.ToList());
        foreach (var pod in waiting)
        {
            var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
            JsonObject? best = null;
            foreach (var node in moment.List(KubeResources.Nodes))
            {
                var there = load.GetValueOrDefault(node.Name()) ?? [];
                if (Obstacle(pod, node, there) is { } reason)
                {
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                }
                else if (best is null || there.Count < (load.GetValueOrDefault(best.Name())?.Count ?? 0))
                {
                    best = node;
                }
            }

            if (best is null)
            {
                var message =
                    $"0/{moment.List(KubeResources.Nodes).Count} nodes are available"
                    + (reasons.Count == 0 ? "." : ": " + string.Join(", ", reasons.Select(r => $"{r.Value} {r.Key}")) + ".");
                if (pod.Condition("PodScheduled").Text("message") != message)
                {
                    moment.Cluster.RecordEvent(
                        KubeResources.Pods,
                        pod,
                        "default-scheduler",
                        "FailedScheduling",
                        message,
                        warning: true
                    );
                }

                pod.SetCondition("PodScheduled", "False", moment.Stamp, "Unschedulable", message);
            }
            else
            {
                Bind(moment, pod, best.Name());
                (load.TryGetValue(best.Name(), out var list) ? list : load[best.Name()] = []).Add(pod);
            }

            moment.Save(KubeResources.Pods, pod);
        }
    }

    public static void Bind(Moment moment, JsonObject pod, string node)
    {
        pod.Under("spec")["nodeName"] = node;
        pod.SetCondition("PodScheduled", "True", moment.Stamp);
    }

    /// <summary>Why the pod cannot run on the node, or null. The daemon set controller uses it too.</summary>
    public static string? Obstacle(JsonObject pod, JsonObject node, IReadOnlyCollection<JsonObject> there)
    {
        if (node.Flag("spec", "unschedulable") && Taints.Tolerating(pod, Unschedulable) is null)
        {
            return "node(s) were unschedulable";
        }

        if (Taints.Repelling(pod, node) is { } taint)
        {
            return $"node(s) had untolerated taint {{{taint.Text("key")}: {taint.Text("value")}}}";
        }

        if (!Selector.OfMap(pod.At("spec", "nodeSelector")).MatchesLabels(node) || !Affine(pod, node))
        {
            return "node(s) didn't match Pod's node affinity/selector";
        }

        if (there.Any(other => Repels(pod, other)))
        {
            return "node(s) didn't match pod anti-affinity rules";
        }

        return there.Count >= PodsPerNode ? "Too many pods" : null;
    }

    private static JsonObject Unschedulable { get; } =
        new() { ["key"] = "node.kubernetes.io/unschedulable", ["effect"] = "NoSchedule" };

    private static bool Affine(JsonObject pod, JsonObject node)
    {
        var terms = pod.Items(
                "spec",
                "affinity",
                "nodeAffinity",
                "requiredDuringSchedulingIgnoredDuringExecution",
                "nodeSelectorTerms"
            )
            .ToArray();
        return terms.Length == 0
            || terms.Any(t => Selector.OfTerm(t).MatchesLabels(node) && Selector.OfFieldTerm(t).MatchesFields(node));
    }

    /// <summary>Required pod anti-affinity by host name, which spreads replicas.</summary>
    private static bool Repels(JsonObject pod, JsonObject other) =>
        pod.Items("spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
            .Any(t =>
                t.Text("topologyKey") == "kubernetes.io/hostname"
                && pod.Namespace() == other.Namespace()
                && Selector.Of(t.At("labelSelector"))?.MatchesLabels(other) == true
            );
}
