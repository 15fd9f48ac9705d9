using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>The kubelets of all live nodes: they start pods, complete job pods and remove deleted pods.</summary>
internal static class Kubelets
{
    public static void Run(Moment moment)
    {
        foreach (var pod in moment.List(KubeResources.Pods))
        {
            var node = moment.Node(pod.Text("spec", "nodeName"));
            if (node is null || node.Condition("Ready").Text("status") == "Unknown")
            {
                continue;
            }

            if (pod.IsDeleting())
            {
                Stop(moment, pod);
            }
            else if (pod.Text("status", "phase") == "Pending")
            {
                Start(moment, pod, node);
            }
            else if (pod.Text("status", "phase") == "Running")
            {
                UpdatePod(moment, pod);
            }
        }
    }

    private static void Stop(Moment moment, JsonObject pod)
    {
        var grace = TimeSpan.FromSeconds(pod.Number("metadata", "deletionGracePeriodSeconds") ?? 0);
        var deadline = KubeJson.Time(pod.Text("metadata", "deletionTimestamp")) ?? moment.Now;
        var stopped = deadline - grace + (moment.Cluster.Pace.PodStop < grace ? moment.Cluster.Pace.PodStop : grace);
        if (grace > TimeSpan.Zero && moment.Reached(stopped))
        {
            moment.Delete(KubeResources.Pods, pod, DeleteOptions.AtOnce);
        }
    }

    private static void Start(Moment moment, JsonObject pod, JsonObject node)
    {
        var hostNetwork = pod.Flag("spec", "hostNetwork");
        if (!hostNetwork && node.Annotation(LabCluster.AwaitsNetworkAnnotation) is not null)
        {
            return;
        }

        var bound = KubeJson.Time(pod.Condition("PodScheduled").Text("lastTransitionTime")) ?? moment.Now;
        if (!moment.Reached(bound + moment.Cluster.Pace.PodStart))
        {
            return;
        }

        var status = pod.Under("status");
        status["phase"] = "Running";
        status["startTime"] = moment.Stamp;
        status["hostIP"] = node.Items("status", "addresses").FirstOrDefault(a => a.Text("type") == "InternalIP").Text("address");
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = status["hostIP"]?.DeepClone() });
        var ip = hostNetwork ? status.Text("hostIP")! : PodNetwork.Address(moment, node, Number(pod.Uid()));
        status["podIP"] = ip;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip });
        foreach (var type in (ReadOnlySpan<string>)["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"])
        {
            pod.SetCondition(type, "True", moment.Stamp);
        }

        var containers = new JsonArray();
        foreach (var container in pod.Items("spec", "containers"))
        {
            containers.Add(
                ContainerStatus(
                    pod,
                    container,
                    ready: true,
                    new JsonObject { ["running"] = new JsonObject { ["startedAt"] = moment.Stamp } }
                )
            );
        }

        status["containerStatuses"] = containers;
        moment.Save(KubeResources.Pods, pod);
    }

    /// <summary>Pods become ready again with their node; a job pod completes after its start duration.</summary>
    private static void UpdatePod(Moment moment, JsonObject pod)
    {
        if (pod.Controller().Text("kind") == "Job")
        {
            var started = KubeJson.Time(pod.Text("status", "startTime")) ?? moment.Now;
            if (moment.Reached(started + moment.Cluster.Pace.PodStart))
            {
                Succeed(moment, pod);
            }

            return;
        }

        if (!pod.HasCondition("Ready"))
        {
            pod.SetCondition("Ready", "True", moment.Stamp);
            moment.Save(KubeResources.Pods, pod);
        }
    }

    private static void Succeed(Moment moment, JsonObject pod)
    {
        var status = pod.Under("status");
        status["phase"] = "Succeeded";
        pod.SetCondition("Ready", "False", moment.Stamp, "PodCompleted");
        pod.SetCondition("ContainersReady", "False", moment.Stamp, "PodCompleted");
        var containers = new JsonArray();
        foreach (var container in pod.Items("spec", "containers"))
        {
            containers.Add(
                ContainerStatus(
                    pod,
                    container,
                    ready: false,
                    new JsonObject
                    {
                        ["terminated"] = new JsonObject
                        {
                            ["exitCode"] = 0,
                            ["reason"] = "Completed",
                            ["startedAt"] = status.Text("startTime"),
                            ["finishedAt"] = moment.Stamp,
                        },
                    }
                )
            );
        }

        status["containerStatuses"] = containers;
        moment.Save(KubeResources.Pods, pod);
    }

    private static JsonObject ContainerStatus(JsonObject pod, JsonObject container, bool ready, JsonObject state) =>
        new()
        {
            ["name"] = container.Text("name"),
            ["image"] = container.Text("image"),
            ["imageID"] = container.Text("image"),
            ["containerID"] = "containerd://" + Hex($"{pod.Uid()}/{container.Text("name")}"),
            ["ready"] = ready,
            ["started"] = ready,
            ["restartCount"] = 0,
            ["state"] = state,
            ["lastState"] = new JsonObject(),
        };

    /// <summary>A stable number for a pod, so that its address is stable while that address is free.</summary>
    private static uint Number(string uid) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(uid))) >> 1;

    private static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
