using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>The printer columns of the built-in kinds.</summary>
internal static class TableColumns
{
    private const string NodeRole = "node-role.kubernetes.io/";

    public static TableColumn Name { get; } = Text("Name", o => o.Name());

    public static TableColumn Age { get; } = new("Age", (o, now) => Ages.Since(o.Text("metadata", "creationTimestamp"), now));

    private static readonly TableColumn CreatedAt = Text("Created At", o => o.Text("metadata", "creationTimestamp"));

    private static readonly Dictionary<string, IReadOnlyList<TableColumn>> ByKind = new()
    {
        ["nodes"] =
        [
            Name,
            Text("Status", NodeStatus),
            Text("Roles", Roles),
            Age,
            Text("Version", o => o.Text("status", "nodeInfo", "kubeletVersion")),
            Wide("Internal-IP", o => Address(o, "InternalIP")),
            Wide("External-IP", o => Address(o, "ExternalIP")),
            Wide("OS-Image", o => o.Text("status", "nodeInfo", "osImage")),
            Wide("Kernel-Version", o => o.Text("status", "nodeInfo", "kernelVersion")),
            Wide("Container-Runtime", o => o.Text("status", "nodeInfo", "containerRuntimeVersion")),
        ],
        ["pods"] =
        [
            Name,
            Text("Ready", PodReady),
            Text("Status", PodStatus),
            Text("Restarts", _ => "0"),
            Age,
            Wide("IP", o => o.Text("status", "podIP") ?? "<none>"),
            Wide("Node", o => o.Text("spec", "nodeName") ?? "<none>"),
            Wide("Nominated Node", _ => "<none>"),
            Wide("Readiness Gates", _ => "<none>"),
        ],
        ["namespaces"] = [Name, Text("Status", o => o.Text("status", "phase")), Age],
        ["configmaps"] = [Name, Number("Data", o => Count(o, "data") + Count(o, "binaryData")), Age],
        ["secrets"] = [Name, Text("Type", o => o.Text("type")), Number("Data", o => Count(o, "data")), Age],
        ["serviceaccounts"] = [Name, Number("Secrets", o => o.Items("secrets").Count()), Age],
        ["services"] =
        [
            Name,
            Text("Type", o => o.Text("spec", "type")),
            Text("Cluster-IP", o => o.Text("spec", "clusterIP") ?? "<none>"),
            Text("External-IP", ExternalIp),
            Text("Port(s)", Ports),
            Age,
            Wide("Selector", o => Labels(o.At("spec", "selector"))),
        ],
        ["endpoints"] = [Name, Text("Endpoints", EndpointList), Age],
        ["endpointslices.discovery.k8s.io"] =
        [
            Name,
            Text("AddressType", o => o.Text("addressType")),
            Text("Ports", o => Join(o.Items("ports").Select(p => p.Number("port")?.ToString()))),
            Text("Endpoints", o => Join(o.Items("endpoints").Select(e => e.At("addresses")?[0]?.ToString()))),
            Age,
        ],
        ["deployments.apps"] =
        [
            Name,
            Text("Ready", o => $"{Of(o, "status", "readyReplicas")}/{Of(o, "spec", "replicas")}"),
            Number("Up-to-date", o => Of(o, "status", "updatedReplicas")),
            Number("Available", o => Of(o, "status", "availableReplicas")),
            Age,
            .. WideContainers,
        ],
        ["replicasets.apps"] =
        [
            Name,
            Number("Desired", o => Of(o, "spec", "replicas")),
            Number("Current", o => Of(o, "status", "replicas")),
            Number("Ready", o => Of(o, "status", "readyReplicas")),
            Age,
            .. WideContainers,
        ],
        ["daemonsets.apps"] =
        [
            Name,
            Number("Desired", o => Of(o, "status", "desiredNumberScheduled")),
            Number("Current", o => Of(o, "status", "currentNumberScheduled")),
            Number("Ready", o => Of(o, "status", "numberReady")),
            Number("Up-to-date", o => Of(o, "status", "updatedNumberScheduled")),
            Number("Available", o => Of(o, "status", "numberAvailable")),
            Text("Node Selector", o => Labels(o.At("spec", "template", "spec", "nodeSelector"))),
            Age,
            .. WideContainers,
        ],
        ["statefulsets.apps"] =
        [
            Name,
            Text("Ready", o => $"{Of(o, "status", "readyReplicas")}/{Of(o, "spec", "replicas")}"),
            Age,
            .. WideContainers.Take(2),
        ],
        ["jobs.batch"] =
        [
            Name,
            Text("Status", o => o.HasCondition("Complete") ? "Complete" : "Running"),
            Text("Completions", o => $"{Of(o, "status", "succeeded")}/{Of(o, "spec", "completions")}"),
            new TableColumn("Duration", JobDuration),
            Age,
        ],
        ["poddisruptionbudgets.policy"] =
        [
            Name,
            Text("Min Available", o => o.At("spec", "minAvailable")?.ToString() ?? "N/A"),
            Text("Max Unavailable", o => o.At("spec", "maxUnavailable")?.ToString() ?? "N/A"),
            Number("Allowed Disruptions", o => Of(o, "status", "disruptionsAllowed")),
            Age,
        ],
        ["events"] =
        [
            new TableColumn(
                "Last Seen",
                (o, now) => Ages.Since(o.Text("lastTimestamp") ?? o.Text("metadata", "creationTimestamp"), now)
            ),
            Text("Type", o => o.Text("type")),
            Text("Reason", o => o.Text("reason")),
            Text("Object", o => $"{o.Text("involvedObject", "kind")?.ToLowerInvariant()}/{o.Text("involvedObject", "name")}"),
            Text("Message", o => o.Text("message")),
            Wide("Name", o => o.Name()),
        ],
        ["leases.coordination.k8s.io"] = [Name, Text("Holder", o => o.Text("spec", "holderIdentity")), Age],
        ["persistentvolumes"] =
        [
            Name,
            Text("Capacity", o => o.Text("spec", "capacity", "storage")),
            Text("Access Modes", AccessModes),
            Text("Reclaim Policy", o => o.Text("spec", "persistentVolumeReclaimPolicy")),
            Text("Status", o => o.Text("status", "phase")),
            Text(
                "Claim",
                o =>
                    o.At("spec", "claimRef") is null
                        ? ""
                        : $"{o.Text("spec", "claimRef", "namespace")}/{o.Text("spec", "claimRef", "name")}"
            ),
            Text("StorageClass", o => o.Text("spec", "storageClassName") ?? ""),
            Age,
        ],
        ["persistentvolumeclaims"] =
        [
            Name,
            Text("Status", o => o.Text("status", "phase")),
            Text("Volume", o => o.Text("spec", "volumeName") ?? ""),
            Text("Capacity", o => o.Text("status", "capacity", "storage") ?? ""),
            Text("Access Modes", AccessModes),
            Text("StorageClass", o => o.Text("spec", "storageClassName") ?? ""),
            Age,
        ],
        ["storageclasses.storage.k8s.io"] =
        [
            Text(
                "Name",
                o => o.Name() + (o.Annotation("storageclass.kubernetes.io/is-default-class") == "true" ? " (default)" : "")
            ),
            Text("Provisioner", o => o.Text("provisioner")),
            Text("ReclaimPolicy", o => o.Text("reclaimPolicy")),
            Text("VolumeBindingMode", o => o.Text("volumeBindingMode")),
            new TableColumn("AllowVolumeExpansion", (o, _) => o.Flag("allowVolumeExpansion"), Type: "boolean"),
            Age,
        ],
        ["ingressclasses.networking.k8s.io"] = [Name, Text("Controller", o => o.Text("spec", "controller")), Age],
        ["ingresses.networking.k8s.io"] =
        [
            Name,
            Text("Class", o => o.Text("spec", "ingressClassName") ?? "<none>"),
            Text("Hosts", o => Join(o.Items("spec", "rules").Select(r => r.Text("host") ?? "*"))),
            Text("Address", _ => ""),
            Text("Ports", _ => "80"),
            Age,
        ],
        ["csidrivers.storage.k8s.io"] =
        [
            Name,
            Text(
                "AttachRequired",
                o => o.At("spec", "attachRequired") is null || o.Flag("spec", "attachRequired") ? "true" : "false"
            ),
            Age,
        ],
        ["volumeattachments.storage.k8s.io"] =
        [
            Name,
            Text("Attacher", o => o.Text("spec", "attacher")),
            Text("PV", o => o.Text("spec", "source", "persistentVolumeName") ?? ""),
            Text("Node", o => o.Text("spec", "nodeName")),
            Text("Attached", o => o.Flag("status", "attached") ? "true" : "false"),
            Age,
        ],
        ["priorityclasses.scheduling.k8s.io"] =
        [
            Name,
            Number("Value", o => o.Number("value") ?? 0),
            Text("Global-Default", o => o.Flag("globalDefault") ? "true" : "false"),
            Age,
        ],
        ["certificatesigningrequests.certificates.k8s.io"] =
        [
            Name,
            Age,
            Text("SignerName", o => o.Text("spec", "signerName")),
            Text("Requestor", o => o.Text("spec", "username")),
            Text(
                "Condition",
                o => Join(o.Items("status", "conditions").Select(c => c.Text("type"))) is var c && c == "<none>" ? "Pending" : c
            ),
        ],
        ["customresourcedefinitions.apiextensions.k8s.io"] = [Name, CreatedAt],
        ["roles.rbac.authorization.k8s.io"] = [Name, CreatedAt],
        ["clusterroles.rbac.authorization.k8s.io"] = [Name, CreatedAt],
        ["rolebindings.rbac.authorization.k8s.io"] = [Name, Text("Role", RoleOf), Age],
        ["clusterrolebindings.rbac.authorization.k8s.io"] = [Name, Text("Role", RoleOf), Age],
    };

    private static IReadOnlyList<TableColumn> WideContainers =>
        [
            Wide("Containers", o => Join(o.Items("spec", "template", "spec", "containers").Select(c => c.Text("name")))),
            Wide("Images", o => Join(o.Items("spec", "template", "spec", "containers").Select(c => c.Text("image")))),
            Wide("Selector", o => Labels(o.At("spec", "selector", "matchLabels"))),
        ];

    public static IReadOnlyList<TableColumn> Of(KubeResource resource) =>
        ByKind.GetValueOrDefault(resource.GroupResource) ?? [Name, Age];

    private static TableColumn Text(string name, Func<JsonObject, string?> value) => new(name, (o, _) => value(o));

    private static TableColumn Wide(string name, Func<JsonObject, string?> value) => new(name, (o, _) => value(o), Priority: 1);

    private static TableColumn Number(string name, Func<JsonObject, long> value) =>
        new(name, (o, _) => value(o), Type: "integer");

    private static long Of(JsonObject o, string part, string field) => o.Number(part, field) ?? 0;

    private static long Count(JsonObject o, string map) => (o[map] as JsonObject)?.Count ?? 0;

    private static string Join(IEnumerable<string?> values) => string.Join(",", values) is { Length: > 0 } text ? text : "<none>";

    private static string Labels(JsonNode? map) => Join((map as JsonObject ?? []).Select(p => $"{p.Key}={p.Value}"));

    private static string NodeStatus(JsonObject node)
    {
        var ready = node.Condition("Ready").Text("status") switch
        {
            "True" => "Ready",
            null => "Unknown",
            _ => "NotReady",
        };
        return node.Flag("spec", "unschedulable") ? ready + ",SchedulingDisabled" : ready;
    }

    private static string Roles(JsonObject node) =>
        Join(
            (node.At("metadata", "labels") as JsonObject ?? [])
                .Where(l => l.Key.StartsWith(NodeRole, StringComparison.Ordinal))
                .Select(l => l.Key[NodeRole.Length..])
                .Order(StringComparer.Ordinal)
        );

    private static string Address(JsonObject node, string type) =>
        node.Items("status", "addresses").FirstOrDefault(a => a.Text("type") == type).Text("address") ?? "<none>";

    private static string PodReady(JsonObject pod)
    {
        var runs = pod.HasCondition("Ready") || pod.HasCondition("ContainersReady");
        var ready = runs ? pod.Items("status", "containerStatuses").Count(container => container.Flag("ready")) : 0;
        return $"{ready}/{pod.Items("spec", "containers").Count()}";
    }

    private static string PodStatus(JsonObject pod)
    {
        if (pod.IsDeleting())
        {
            return "Terminating";
        }

        return pod.Text("status", "phase") switch
        {
            "Succeeded" => "Completed",
            "Pending" when pod.Text("spec", "nodeName") is { Length: > 0 } => "ContainerCreating",
            "Failed" => pod.Text("status", "reason") ?? "Error",
            var phase => phase ?? "Unknown",
        };
    }

    private static string ExternalIp(JsonObject service)
    {
        var addresses = service
            .Items("status", "loadBalancer", "ingress")
            .Select(i => i.Text("ip") ?? i.Text("hostname"))
            .ToArray();
        return addresses.Length > 0 ? Join(addresses)
            : service.Text("spec", "type") == "LoadBalancer" ? "<pending>"
            : "<none>";
    }

    private static string Ports(JsonObject service) =>
        Join(
            service
                .Items("spec", "ports")
                .Select(p =>
                    p.Number("nodePort") is { } nodePort
                        ? $"{p.Number("port")}:{nodePort}/{p.Text("protocol")}"
                        : $"{p.Number("port")}/{p.Text("protocol")}"
                )
        );

    private static string EndpointList(JsonObject endpoints) =>
        Join(
            endpoints
                .Items("subsets")
                .SelectMany(s =>
                    s.Items("addresses").SelectMany(a => s.Items("ports").Select(p => $"{a.Text("ip")}:{p.Number("port")}"))
                )
        );

    private static JsonNode? JobDuration(JsonObject job, DateTimeOffset now)
    {
        var start = KubeJson.Time(job.Text("status", "startTime"));
        return start is null ? "" : Ages.Of((KubeJson.Time(job.Text("status", "completionTime")) ?? now) - start.Value);
    }

    private static string AccessModes(JsonObject o) =>
        string.Join(
            ",",
            (o.At("spec", "accessModes") as JsonArray ?? []).Select(m =>
                m?.ToString() switch
                {
                    "ReadWriteOnce" => "RWO",
                    "ReadOnlyMany" => "ROX",
                    "ReadWriteMany" => "RWX",
                    "ReadWriteOncePod" => "RWOP",
                    var other => other,
                }
            )
        );

    private static string RoleOf(JsonObject binding) => $"{binding.Text("roleRef", "kind")}/{binding.Text("roleRef", "name")}";
}
