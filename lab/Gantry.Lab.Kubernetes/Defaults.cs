using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>Default values the API server fills in for omitted fields, as far as clients and controllers read them.</summary>
internal static class Defaults
{
    public static void Apply(LabCluster cluster, KubeResource resource, JsonObject o)
    {
        switch (resource.Kind)
        {
            case "Pod":
                Pod(o.Under("spec"));
                Tolerations(o.Under("spec"));
                Set(o.Under("status"), "phase", "Pending");
                Set(o.Under("status"), "qosClass", "BestEffort");
                break;
            case "Deployment":
                Set(o.Under("spec"), "replicas", 1);
                Set(o.Under("spec"), "revisionHistoryLimit", 10);
                Set(o.Under("spec"), "progressDeadlineSeconds", 600);
                Strategy(o.Under("spec").Under("strategy"));
                Template(o);
                break;
            case "ReplicaSet" or "ReplicationController":
                Set(o.Under("spec"), "replicas", 1);
                Template(o);
                break;
            case "StatefulSet":
                Set(o.Under("spec"), "replicas", 1);
                Set(o.Under("spec"), "podManagementPolicy", "OrderedReady");
                Set(o.Under("spec"), "revisionHistoryLimit", 10);
                Set(o.Under("spec").Under("updateStrategy"), "type", "RollingUpdate");
                Template(o);
                break;
            case "DaemonSet":
                Set(o.Under("spec"), "revisionHistoryLimit", 10);
                var update = o.Under("spec").Under("updateStrategy");
                Set(update, "type", "RollingUpdate");
                if (update.Text("type") == "RollingUpdate")
                {
                    Set(update.Under("rollingUpdate"), "maxUnavailable", 1);
                    Set(update.Under("rollingUpdate"), "maxSurge", 0);
                }

                Template(o);
                break;
            case "Job" when resource.Group == "batch":
                Job(o);
                break;
            case "Service" when resource.Group.Length == 0:
                Service(cluster, o);
                break;
            case "Namespace":
                Set(o.Metadata().Under("labels"), "kubernetes.io/metadata.name", o.Name());
                o.Under("spec")["finalizers"] ??= new JsonArray("kubernetes");
                Set(o.Under("status"), "phase", "Active");
                break;
            case "Secret":
                Set(o, "type", "Opaque");
                StringData(o);
                break;
            case "PersistentVolume" or "PersistentVolumeClaim":
                Set(o.Under("spec"), "volumeMode", "Filesystem");
                Set(o.Under("status"), "phase", o.Kind() == "PersistentVolume" ? "Available" : "Pending");
                break;
            case "StorageClass":
                Set(o, "reclaimPolicy", "Delete");
                Set(o, "volumeBindingMode", "Immediate");
                break;
            default:
                break;
        }
    }

    private static string? Kind(this JsonObject o) => o.Text("kind");

    private static void Template(JsonObject o) => Pod(o.Under("spec").Under("template").Under("spec"));

    private static void Pod(JsonObject spec)
    {
        Set(spec, "restartPolicy", "Always");
        Set(spec, "terminationGracePeriodSeconds", 30);
        Set(spec, "dnsPolicy", "ClusterFirst");
        Set(spec, "schedulerName", "default-scheduler");
        spec["securityContext"] ??= new JsonObject();
        if (spec.Text("serviceAccountName") is { } account)
        {
            Set(spec, "serviceAccount", account);
        }

        foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
        {
            var image = container.Text("image") ?? "";
            var latest =
                image.EndsWith(":latest", StringComparison.Ordinal)
                || !image[(image.LastIndexOf('/') + 1)..].Contains(':', StringComparison.Ordinal);
            Set(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
            Set(container, "terminationMessagePath", "/dev/termination-log");
            Set(container, "terminationMessagePolicy", "File");
            container["resources"] ??= new JsonObject();
            foreach (var port in container.Items("ports"))
            {
                Set(port, "protocol", "TCP");
            }
        }
    }

    /// <summary>Pods tolerate an unreachable node for five minutes by default.</summary>
    private static void Tolerations(JsonObject spec)
    {
        Set(spec, "serviceAccountName", "default");
        Set(spec, "serviceAccount", spec.Text("serviceAccountName")!);
        Set(spec, "enableServiceLinks", true);
        Set(spec, "preemptionPolicy", "PreemptLowerPriority");
        Set(
            spec,
            "priority",
            spec.Text("priorityClassName") switch
            {
                "system-node-critical" => 2000001000,
                "system-cluster-critical" => 2000000000,
                _ => 0,
            }
        );
        var tolerations = spec.ListUnder("tolerations");
        foreach (var key in (ReadOnlySpan<string>)["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            var tolerated = tolerations
                .OfType<JsonObject>()
                .Any(t => (t.Text("key") == key || t.Text("key") is null or "") && t.Text("effect") is null or "" or "NoExecute");
            if (!tolerated)
            {
                tolerations.Add(
                    new JsonObject
                    {
                        ["key"] = key,
                        ["operator"] = "Exists",
                        ["effect"] = "NoExecute",
                        ["tolerationSeconds"] = 300,
                    }
                );
            }
        }
    }

    private static void Strategy(JsonObject strategy)
    {
        Set(strategy, "type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            Set(strategy.Under("rollingUpdate"), "maxSurge", "25%");
            Set(strategy.Under("rollingUpdate"), "maxUnavailable", "25%");
        }
    }

    private static void Job(JsonObject o)
    {
        var spec = o.Under("spec");
        Set(spec, "parallelism", 1);
        Set(spec, "completions", 1);
        Set(spec, "backoffLimit", 6);
        Set(spec, "completionMode", "NonIndexed");
        Set(spec, "suspend", false);
        if (spec["selector"] is null)
        {
            var uid = o.Uid();
            foreach (
                var (key, value) in ((string, string)[])
                    [
                        ("batch.kubernetes.io/controller-uid", uid),
                        ("batch.kubernetes.io/job-name", o.Name()),
                        ("controller-uid", uid),
                        ("job-name", o.Name()),
                    ]
            )
            {
                spec.Under("template").Under("metadata").Under("labels")[key] = value;
            }

            spec["selector"] = new JsonObject
            {
                ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = uid },
            };
        }

        Template(o);
    }

    private static void Service(LabCluster cluster, JsonObject o)
    {
        var spec = o.Under("spec");
        Set(spec, "type", "ClusterIP");
        Set(spec, "sessionAffinity", "None");
        Set(spec, "internalTrafficPolicy", "Cluster");
        foreach (var port in spec.Items("ports"))
        {
            Set(port, "protocol", "TCP");
            port["targetPort"] ??= port["port"]?.DeepClone();
        }

        o.Under("status")["loadBalancer"] ??= new JsonObject();
        if (spec.Text("type") == "ExternalName")
        {
            return;
        }

        Set(spec, "clusterIP", cluster.FreeServiceAddress());
        spec["clusterIPs"] ??= new JsonArray(spec.Text("clusterIP"));
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        Set(spec, "ipFamilyPolicy", "SingleStack");
    }

    private static void StringData(JsonObject o)
    {
        if (o["stringData"] is not JsonObject texts)
        {
            return;
        }

        foreach (var (key, value) in texts)
        {
            o.Under("data")[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value?.GetValue<string>() ?? ""));
        }

        o.Remove("stringData");
    }

    private static void Set(JsonObject o, string property, JsonNode value)
    {
        if (o[property] is null)
        {
            o[property] = value;
        }
    }
}
