using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The objects an API server and its controllers create in an empty cluster: namespaces, service accounts, roles, the service.
/// </summary>
internal static class SystemObjects
{
    public static void Create(LabCluster cluster)
    {
        foreach (var name in (ReadOnlySpan<string>)["default", "kube-system", "kube-public", "kube-node-lease"])
        {
            Put(cluster, KubeResources.Namespaces, null, name);
        }

        foreach (
            var (name, value) in ((string, int)[])[("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)]
        )
        {
            Put(
                cluster,
                KubeResources.PriorityClasses,
                null,
                name,
                new JsonObject { ["value"] = value, ["preemptionPolicy"] = "PreemptLowerPriority" }
            );
        }

        Role(
            cluster,
            "cluster-admin",
            Rule(["*"], ["*"], ["*"]),
            new JsonObject { ["nonResourceURLs"] = new JsonArray("*"), ["verbs"] = new JsonArray("*") }
        );
        var work = (string[])["", "apps", "batch", "autoscaling", "networking.k8s.io", "policy", "discovery.k8s.io"];
        Role(cluster, "admin", Rule(work, ["*"], ["*"]), Rule(["rbac.authorization.k8s.io"], ["roles", "rolebindings"], ["*"]));
        Role(cluster, "edit", Rule(work, ["*"], ["*"]));
        Role(cluster, "view", Rule(work, ["*"], ["get", "list", "watch"]));
        Role(
            cluster,
            "system:node",
            Rule(
                [""],
                [
                    "nodes",
                    "nodes/status",
                    "pods",
                    "pods/status",
                    "pods/eviction",
                    "events",
                    "configmaps",
                    "secrets",
                    "services",
                    "endpoints",
                    "serviceaccounts/token",
                ],
                ["get", "list", "watch", "create", "update", "patch", "delete"]
            ),
            Rule(["coordination.k8s.io", "storage.k8s.io", "certificates.k8s.io", "node.k8s.io"], ["*"], ["*"])
        );
        Role(
            cluster,
            "system:discovery",
            new JsonObject
            {
                ["nonResourceURLs"] = new JsonArray(
                    "/api",
                    "/api/*",
                    "/apis",
                    "/apis/*",
                    "/healthz",
                    "/livez",
                    "/openapi",
                    "/openapi/*",
                    "/readyz",
                    "/version",
                    "/version/"
                ),
                ["verbs"] = new JsonArray("get"),
            }
        );
        Role(
            cluster,
            "system:public-info-viewer",
            new JsonObject
            {
                ["nonResourceURLs"] = new JsonArray(
                    "/healthz",
                    "/livez",
                    "/readyz",
                    "/version",
                    "/version/",
                    "/livez/*",
                    "/readyz/*"
                ),
                ["verbs"] = new JsonArray("get"),
            }
        );
        Role(
            cluster,
            "system:basic-user",
            Rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
            Rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"])
        );
        Role(
            cluster,
            "system:node-bootstrapper",
            Rule(["certificates.k8s.io"], ["certificatesigningrequests"], ["create", "get", "list", "watch"])
        );
        Role(
            cluster,
            "system:kubelet-api-admin",
            Rule([""], ["nodes"], ["get", "list", "watch", "proxy"]),
            Rule([""], ["nodes/log", "nodes/metrics", "nodes/proxy", "nodes/stats"], ["*"])
        );
        Bind(cluster, "cluster-admin", "cluster-admin", "system:masters");
        Bind(cluster, "system:node", "system:node", "system:nodes");
        Bind(cluster, "system:discovery", "system:discovery", "system:authenticated");
        Bind(cluster, "system:basic-user", "system:basic-user", "system:authenticated");
        Bind(cluster, "system:public-info-viewer", "system:public-info-viewer", "system:authenticated", "system:unauthenticated");
        Put(
            cluster,
            KubeResources.Services,
            "default",
            "kubernetes",
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" },
                },
                ["spec"] = new JsonObject
                {
                    ["clusterIP"] = "10.96.0.1",
                    ["ports"] = new JsonArray(
                        new JsonObject
                        {
                            ["name"] = "https",
                            ["port"] = 443,
                            ["protocol"] = "TCP",
                            ["targetPort"] = 6443,
                        }
                    ),
                },
            }
        );
    }

    internal static void Role(LabCluster cluster, string name, params JsonObject[] rules) =>
        Put(cluster, KubeResources.ClusterRoles, null, name, new JsonObject { ["rules"] = new JsonArray([.. rules]) });

    internal static JsonObject Rule(string[] groups, string[] resources, string[] verbs) =>
        new()
        {
            ["apiGroups"] = Texts(groups),
            ["resources"] = Texts(resources),
            ["verbs"] = Texts(verbs),
        };

    /// <summary>Binds a cluster role to groups.</summary>
    internal static void Bind(LabCluster cluster, string name, string role, params string[] groups) =>
        Put(
            cluster,
            KubeResources.ClusterRoleBindings,
            null,
            name,
            new JsonObject
            {
                ["roleRef"] = new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "ClusterRole",
                    ["name"] = role,
                },
                ["subjects"] = new JsonArray([
                    .. groups.Select(g => new JsonObject
                    {
                        ["apiGroup"] = "rbac.authorization.k8s.io",
                        ["kind"] = "Group",
                        ["name"] = g,
                    }),
                ]),
            }
        );

    /// <summary>Creates the object unless it exists.</summary>
    internal static void Put(LabCluster cluster, KubeResource resource, string? ns, string name, JsonObject? o = null)
    {
        if (cluster.Objects.Find(resource.GroupResource, LabCluster.Key(resource, ns, name)) is not null)
        {
            return;
        }

        o ??= [];
        o.Metadata()["name"] = name;
        o.Metadata().SetOrRemove("namespace", ns);
        cluster.CreateCore(resource, o, WriteOptions.Default);
    }

    private static JsonArray Texts(string[] values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
