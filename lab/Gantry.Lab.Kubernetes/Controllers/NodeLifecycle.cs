using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Taints nodes by their conditions, marks pods of dead nodes unready, and evicts pods that do not tolerate the taint.
/// </summary>
internal static class NodeLifecycle
{
    private const string NotReady = "node.kubernetes.io/not-ready";
    private const string Unreachable = "node.kubernetes.io/unreachable";
    private const string Unschedulable = "node.kubernetes.io/unschedulable";

    public static void Run(Moment moment)
    {
        foreach (var node in moment.List(KubeResources.Nodes))
        {
            DetectNetworkPlugin(moment, node);
            SetTaints(moment, node);
            moment.Save(KubeResources.Nodes, node);
        }

        foreach (var pod in moment.List(KubeResources.Pods))
        {
            if (pod.Text("spec", "nodeName") is not { Length: > 0 } nodeName)
            {
                continue;
            }

            var node = moment.Node(nodeName);
            if (node is null)
            {
                moment.Delete(KubeResources.Pods, pod, DeleteOptions.AtOnce);
            }
            else
            {
                FollowNode(moment, pod, node);
            }
        }
    }

    private static void DetectNetworkPlugin(Moment moment, JsonObject node)
    {
        if (node.Annotation(LabCluster.AwaitsNetworkAnnotation) is null || node.Condition("Ready").Text("status") == "Unknown")
        {
            return;
        }

        var runs = moment
            .List(KubeResources.Pods)
            .Any(p =>
                p.Text("spec", "nodeName") == node.Name()
                && p.Flag("spec", "hostNetwork")
                && p.Controller().Text("kind") == "DaemonSet"
                && p.Controller().Text("name") != "kube-proxy"
                && p.Text("status", "phase") == "Running"
            );
        if (runs)
        {
            node.Metadata().Under("annotations").Remove(LabCluster.AwaitsNetworkAnnotation);
            node.SetCondition("Ready", "True", moment.Stamp, "KubeletReady", "kubelet is posting ready status");
        }
    }

    private static void SetTaints(Moment moment, JsonObject node)
    {
        var ready = node.Condition("Ready").Text("status");
        Set(moment, node, Unreachable, "NoSchedule", ready == "Unknown");
        Set(moment, node, Unreachable, "NoExecute", ready == "Unknown");
        Set(moment, node, NotReady, "NoSchedule", ready == "False");
        Set(moment, node, NotReady, "NoExecute", ready == "False");
        var cordoned = node.Flag("spec", "unschedulable");
        if (Set(moment, node, Unschedulable, "NoSchedule", cordoned))
        {
            moment.Cluster.RecordEvent(
                KubeResources.Nodes,
                node,
                "kubelet",
                cordoned ? "NodeNotSchedulable" : "NodeSchedulable",
                $"Node {node.Name()} status is now: {(cordoned ? "NodeNotSchedulable" : "NodeSchedulable")}"
            );
        }

        if (node.At("spec", "taints") is JsonArray { Count: 0 })
        {
            node.Under("spec").Remove("taints");
        }
    }

    /// <summary>Adds or removes a taint. Returns whether the node changed.</summary>
    private static bool Set(Moment moment, JsonObject node, string key, string effect, bool wanted)
    {
        var there = node.Items("spec", "taints").FirstOrDefault(t => t.Text("key") == key && t.Text("effect") == effect);
        if (wanted && there is null)
        {
            var taint = new JsonObject { ["key"] = key, ["effect"] = effect };
            if (effect == "NoExecute" || key == Unschedulable)
            {
                taint["timeAdded"] = moment.Stamp;
            }

            node.Under("spec").ListUnder("taints").Add(taint);
            return true;
        }

        return !wanted && there is not null && node.Under("spec").ListUnder("taints").Remove(there);
    }

    private static void FollowNode(Moment moment, JsonObject pod, JsonObject node)
    {
        if (!LabCluster.IsReady(node) && pod.HasCondition("Ready") && node.Condition("Ready").Text("status") == "Unknown")
        {
            pod.SetCondition("Ready", "False", moment.Stamp);
            moment.Save(KubeResources.Pods, pod);
        }

        foreach (var taint in node.Items("spec", "taints").Where(t => t.Text("effect") == "NoExecute"))
        {
            var toleration = Taints.Tolerating(pod, taint);
            var patience = toleration.Number("tolerationSeconds");
            var since = KubeJson.Time(taint.Text("timeAdded")) ?? moment.Now;
            var mustGo = toleration is null || (patience is { } seconds && moment.Reached(since + TimeSpan.FromSeconds(seconds)));
            if (mustGo && !pod.IsDeleting())
            {
                moment.Delete(KubeResources.Pods, pod, DeleteOptions.Default);
                return;
            }
        }
    }
}

/// <summary>Matches tolerations of pods against taints of nodes.</summary>
internal static class Taints
{
    public static JsonObject? Tolerating(JsonObject pod, JsonObject taint) =>
        pod.Items("spec", "tolerations")
            .FirstOrDefault(t =>
                (t.Text("effect") is null or "" || t.Text("effect") == taint.Text("effect"))
                && (t.Text("key") is null or "" ? t.Text("operator") == "Exists" : t.Text("key") == taint.Text("key"))
                && (t.Text("operator") == "Exists" || (t.Text("value") ?? "") == (taint.Text("value") ?? ""))
            );

    /// <summary>The first taint that repels the pod from the node, or null.</summary>
    public static JsonObject? Repelling(JsonObject pod, JsonObject node) =>
        node.Items("spec", "taints")
            .FirstOrDefault(t => t.Text("effect") is "NoSchedule" or "NoExecute" && Tolerating(pod, t) is null);
}
