using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// What a caller of the API may not change in an object that exists, with the messages of an API server
/// (<c>k8s.io/kubernetes/pkg/apis/*/validation</c> and the update strategies of <c>pkg/registry</c>).
/// </summary>
internal static class ImmutableFields
{
    private const string IsImmutable = "field is immutable";

    // Kinds that are not updated blindly.
    private static readonly KubeResource[] Conditional =
    [
        KubeResources.Leases,
        KubeResources.CustomResourceDefinitions,
        KubeResources.PodDisruptionBudgets,
        KubeResources.VolumeAttachments,
    ];

    // Fields of a pod that may change.
    private static readonly string[] OfPods = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"];

    private static readonly string[] OfStatefulSets =
    [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];

    /// <param name="asked">The resource version that the caller sent.</param>
    /// <exception cref="KubeException">422: the change is not allowed.</exception>
    public static void Check(KubeResource resource, JsonObject before, JsonObject after, string? asked)
    {
        if ((resource.IsCustom || Conditional.Contains(resource)) && asked is null or "")
        {
            throw Refused(resource, after, "metadata.resourceVersion", "Invalid value: 0x0: must be specified for an update");
        }

        if (before.IsDeleting())
        {
            var had = Finalizers(before);
            var added = Finalizers(after).Where(one => !had.Contains(one)).ToList();
            if (added.Count > 0)
            {
                throw Refused(
                    resource,
                    after,
                    "metadata.finalizers",
                    "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                        + $"{string.Join(", ", added.Select(one => $"\"{one}\""))}}}"
                );
            }
        }

        OfKind(resource, before, after);
    }

    private static void OfKind(KubeResource resource, JsonObject before, JsonObject after)
    {
        switch (resource.Kind)
        {
            case "Deployment" or "ReplicaSet" or "DaemonSet" when resource.Group is "apps":
                Keep(resource, before, after, "spec", "selector");
                break;
            case "StatefulSet" when resource.Group is "apps":
                KeepAllBut(
                    resource,
                    before,
                    after,
                    OfStatefulSets,
                    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                        + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                );
                break;
            case "Job" when resource.Group is "batch":
                Keep(resource, before, after, "spec", "selector");
                Keep(resource, before, after, "spec", "template");
                Keep(resource, before, after, "spec", "completions");
                break;
            case "Pod" when resource.Group is "":
                CheckPod(resource, before, after);
                break;
            case "Service" when resource.Group is "":
                var address = before.Text("spec", "clusterIP") ?? "";
                if (address.Length > 0 && after.Text("spec", "clusterIP") != address)
                {
                    var ip = after.Text("spec", "clusterIP") ?? "";
                    throw Refused(resource, after, "spec.clusterIPs[0]", $"Invalid value: [\"{ip}\"]: may not change once set");
                }

                break;
            case "Secret" or "ConfigMap" when resource.Group is "":
                Keep(resource, before, after, "type");
                if (before.Flag("immutable"))
                {
                    KeepData(resource, before, after);
                }

                break;
            case "RoleBinding" or "ClusterRoleBinding":
                if (!JsonNode.DeepEquals(before["roleRef"], after["roleRef"]))
                {
                    throw Refused(
                        resource,
                        after,
                        "roleRef",
                        $"Invalid value: {after["roleRef"]?.ToJsonString() ?? "null"}: cannot change roleRef"
                    );
                }

                break;
            case "Node" when resource.Group is "":
                Once(resource, before, after, "providerID");
                Once(resource, before, after, "podCIDR");
                break;
        }
    }

    private static void CheckPod(KubeResource resource, JsonObject before, JsonObject after)
    {
        var (had, has) = (Comparable(before), Comparable(after));
        if (!JsonNode.DeepEquals(had, has))
        {
            throw Refused(
                resource,
                after,
                "spec",
                "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                    + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                    + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
            );
        }

        static JsonObject Comparable(JsonObject pod)
        {
            var spec = (pod.At("spec") as JsonObject ?? []).Copy();
            foreach (var field in OfPods)
            {
                spec.Remove(field);
            }

            foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
            {
                container.Remove("image");
            }

            return spec;
        }
    }

    private static void Keep(KubeResource resource, JsonObject before, JsonObject after, params string[] path)
    {
        var (had, has) = (before.At(path), after.At(path));
        if (!JsonNode.DeepEquals(had, has))
        {
            throw Refused(
                resource,
                after,
                string.Join('.', path),
                $"Invalid value: {has?.ToJsonString(KubeJson.Relaxed) ?? "null"}: {IsImmutable}"
            );
        }
    }

    private static void KeepData(KubeResource resource, JsonObject before, JsonObject after)
    {
        foreach (var field in (ReadOnlySpan<string>)["immutable", "data", "binaryData"])
        {
            if (!JsonNode.DeepEquals(before[field], after[field]))
            {
                throw Refused(resource, after, field, "Forbidden: field is immutable when `immutable` is set");
            }
        }
    }

    private static void KeepAllBut(KubeResource resource, JsonObject before, JsonObject after, string[] free, string why)
    {
        var (had, has) = ((before.At("spec") as JsonObject ?? []).Copy(), (after.At("spec") as JsonObject ?? []).Copy());
        foreach (var field in free)
        {
            had.Remove(field);
            has.Remove(field);
        }

        if (!JsonNode.DeepEquals(had, has))
        {
            throw Refused(resource, after, "spec", $"Forbidden: {why}");
        }
    }

    // A field of a node that is set once.
    private static void Once(KubeResource resource, JsonObject before, JsonObject after, string field)
    {
        if (before.Text("spec", field) is { Length: > 0 } had && after.Text("spec", field) != had)
        {
            throw Refused(
                resource,
                after,
                $"spec.{(field is "podCIDR" ? "podCIDRs" : field)}",
                $"Forbidden: node updates may not change {field} except from \"\" to valid"
            );
        }
    }

    private static List<string> Finalizers(JsonObject o) =>
        [.. (o.At("metadata", "finalizers") as JsonArray ?? []).Select(one => one?.ToString() ?? "")];

    private static KubeException Refused(KubeResource resource, JsonObject o, string field, string problem) =>
        KubeException.Invalid(resource, o.Name(), field, problem);
}
