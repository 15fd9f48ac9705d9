using System.Net;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// The served kinds, in the three discovery formats. Built on request: the documents are small, and kinds change.
/// </summary>
internal static class Discovery
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private static readonly KubeResource[] ReviewKinds =
    [
        new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", Namespaced: false),
        new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", Namespaced: false),
        new("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", Namespaced: true),
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false),
        new("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", Namespaced: false),
        new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", Namespaced: false),
    ];

    private sealed record Subresource(string Name, string Group, string Version, string Kind, string[] Verbs);

    /// <summary>The version of aggregated discovery the client prefers, or null.</summary>
    public static string? WantsAggregated(string accept) =>
        !accept.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal) ? null
        : accept.Contains("v=v2;", StringComparison.Ordinal) || accept.Contains("v=v2,", StringComparison.Ordinal) ? "v2"
        : "v2beta1";

    public static JsonObject CoreVersions(IPAddress? address, int port) =>
        new()
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(
                new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = $"{address}:{port}" }
            ),
        };

    public static JsonObject Groups(LabCluster cluster) =>
        new()
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. GroupNames(cluster).Select(g => GroupObject(cluster, g))]),
        };

    public static JsonObject? Group(LabCluster cluster, string group)
    {
        if (!GroupNames(cluster).Contains(group))
        {
            return null;
        }

        var o = new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach (var (name, value) in GroupObject(cluster, group))
        {
            o[name] = value?.DeepClone();
        }

        return o;
    }

    public static JsonObject? Resources(LabCluster cluster, string group, string version)
    {
        var resources = All(cluster).Where(r => r.Group == group && r.Version == version).ToArray();
        return resources.Length == 0
            ? null
            : new JsonObject
            {
                ["kind"] = "APIResourceList",
                ["apiVersion"] = "v1",
                ["groupVersion"] = resources[0].ApiVersion,
                ["resources"] = new JsonArray([
                    .. resources.SelectMany(r => Subresources(r).Select(s => SubresourceObject(r, s)).Prepend(ResourceObject(r))),
                ]),
            };
    }

    public static JsonObject Aggregated(LabCluster cluster, bool core, string version)
    {
        var groups = core ? [""] : GroupNames(cluster);
        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = "apidiscovery.k8s.io/" + version,
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. groups.Select(g => AggregatedGroup(cluster, g))]),
        };
    }

    private static JsonObject AggregatedGroup(LabCluster cluster, string group)
    {
        var metadata = new JsonObject { ["creationTimestamp"] = null };
        if (group.Length > 0)
        {
            metadata["name"] = group;
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray([
                .. Versions(cluster, group)
                    .Select(v => new JsonObject
                    {
                        ["version"] = v,
                        ["freshness"] = "Current",
                        ["resources"] = new JsonArray([
                            .. All(cluster).Where(r => r.Group == group && r.Version == v).Select(AggregatedResource),
                        ]),
                    }),
            ]),
        };
    }

    private static JsonObject AggregatedResource(KubeResource resource)
    {
        var o = new JsonObject
        {
            ["resource"] = resource.Plural,
            ["responseKind"] = Kind(resource.Group, resource.Version, resource.Kind),
            ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.Singular,
            ["verbs"] = Texts(VerbsOf(resource)),
        };
        Names(o, resource);
        var subresources = Subresources(resource).ToArray();
        if (subresources.Length > 0)
        {
            o["subresources"] = new JsonArray([
                .. subresources.Select(s => new JsonObject
                {
                    ["subresource"] = s.Name,
                    ["responseKind"] = Kind(s.Group, s.Version, s.Kind),
                    ["verbs"] = Texts(s.Verbs),
                }),
            ]);
        }

        return o;
    }

    private static JsonObject ResourceObject(KubeResource resource)
    {
        var o = new JsonObject
        {
            ["name"] = resource.Plural,
            ["singularName"] = resource.Singular,
            ["namespaced"] = resource.Namespaced,
            ["kind"] = resource.Kind,
            ["verbs"] = Texts(VerbsOf(resource)),
        };
        Names(o, resource);
        return o;
    }

    private static JsonObject SubresourceObject(KubeResource resource, Subresource subresource)
    {
        var o = new JsonObject
        {
            ["name"] = $"{resource.Plural}/{subresource.Name}",
            ["singularName"] = "",
            ["namespaced"] = resource.Namespaced,
            ["kind"] = subresource.Kind,
            ["verbs"] = Texts(subresource.Verbs),
        };
        if (subresource.Group != resource.Group || subresource.Version != resource.Version)
        {
            o["group"] = subresource.Group;
            o["version"] = subresource.Version;
        }

        return o;
    }

    private static IEnumerable<Subresource> Subresources(KubeResource r)
    {
        if (r.HasStatus)
        {
            yield return new Subresource("status", r.Group, r.Version, r.Kind, ["get", "patch", "update"]);
        }

        if (r.HasScale)
        {
            yield return new Subresource("scale", "autoscaling", "v1", "Scale", ["get", "patch", "update"]);
        }

        if (r == KubeResources.Pods)
        {
            yield return new Subresource("binding", "", "v1", "Binding", ["create"]);
            yield return new Subresource("eviction", "policy", "v1", "Eviction", ["create"]);
            yield return new Subresource("log", "", "v1", "Pod", ["get"]);
        }
        else if (r == KubeResources.ServiceAccounts)
        {
            yield return new Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", ["create"]);
        }
        else if (r == KubeResources.Namespaces)
        {
            yield return new Subresource("finalize", "", "v1", "Namespace", ["update"]);
        }
        else if (r == KubeResources.CertificateSigningRequests)
        {
            yield return new Subresource("approval", r.Group, r.Version, r.Kind, ["get", "update"]);
        }
    }

    private static void Names(JsonObject o, KubeResource resource)
    {
        if (resource.ShortNames.Count > 0)
        {
            o["shortNames"] = Texts(resource.ShortNames);
        }

        if (resource.Categories.Count > 0)
        {
            o["categories"] = Texts(resource.Categories);
        }
    }

    private static JsonObject GroupObject(LabCluster cluster, string group)
    {
        var versions = Versions(cluster, group);
        return new JsonObject
        {
            ["name"] = group,
            ["versions"] = new JsonArray([
                .. versions.Select(v => new JsonObject { ["groupVersion"] = $"{group}/{v}", ["version"] = v }),
            ]),
            ["preferredVersion"] = new JsonObject { ["groupVersion"] = $"{group}/{versions[0]}", ["version"] = versions[0] },
        };
    }

    private static IEnumerable<KubeResource> All(LabCluster cluster) => cluster.ServedResources.Concat(ReviewKinds);

    private static string[] GroupNames(LabCluster cluster) =>
        [.. All(cluster).Select(r => r.Group).Where(g => g.Length > 0).Distinct()];

    private static string[] Versions(LabCluster cluster, string group) =>
        [.. All(cluster).Where(r => r.Group == group).Select(r => r.Version).Distinct()];

    private static string[] VerbsOf(KubeResource resource) => ReviewKinds.Contains(resource) ? ["create"] : Verbs;

    private static JsonObject Kind(string group, string version, string kind) =>
        new()
        {
            ["group"] = group,
            ["version"] = version,
            ["kind"] = kind,
        };

    private static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
