using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Role-based access control over the cluster's current roles and bindings.</summary>
internal sealed class Authorizer(LabCluster cluster)
{
    public bool Allows(KubeUser user, string verb, string group, string plural, string subresource, string? ns, string name)
    {
        if (user.Groups.Contains("system:masters"))
        {
            return true;
        }

        var resource = subresource.Length == 0 ? plural : $"{plural}/{subresource}";
        return Rules(user, ns)
            .Any(r =>
                Has(r, "verbs", verb)
                && Has(r, "apiGroups", group)
                && (
                    Has(r, "resources", resource)
                    || (subresource.Length > 0 && Names(r, "resources").Contains("*/" + subresource))
                )
                && (r.At("resourceNames") is not JsonArray { Count: > 0 } || Names(r, "resourceNames").Contains(name))
            );
    }

    public bool AllowsPath(KubeUser user, string verb, string path) =>
        user.Groups.Contains("system:masters")
        || Rules(user, ns: null)
            .Any(r =>
                Has(r, "verbs", verb)
                && Names(r, "nonResourceURLs")
                    .Any(p => p == "*" || p == path || (p.EndsWith('*') && path.StartsWith(p[..^1], StringComparison.Ordinal)))
            );

    /// <summary>All rules that apply to the user, cluster-wide and in the namespace.</summary>
    public IEnumerable<JsonObject> Rules(KubeUser user, string? ns)
    {
        var bindings = cluster.List(KubeResources.ClusterRoleBindings);
        var local = ns is null ? [] : cluster.List(KubeResources.RoleBindings, ns);
        foreach (var binding in bindings.Concat(local).Where(b => b.Items("subjects").Any(s => Is(user, s, b.Namespace()))))
        {
            var role = binding.Text("roleRef", "name") ?? "";
            var found =
                binding.Text("roleRef", "kind") == "ClusterRole"
                    ? cluster.Find(KubeResources.ClusterRoles, ns: null, role)
                    : cluster.Find(KubeResources.Roles, binding.Namespace(), role);
            foreach (var rule in found.Items("rules"))
            {
                yield return rule;
            }
        }
    }

    private static bool Is(KubeUser user, JsonObject subject, string? ns) =>
        subject.Text("kind") switch
        {
            "User" => subject.Text("name") == user.Name,
            "Group" => user.Groups.Contains(subject.Text("name") ?? ""),
            "ServiceAccount" => user.Name == $"system:serviceaccount:{subject.Text("namespace") ?? ns}:{subject.Text("name")}",
            _ => false,
        };

    private static bool Has(JsonObject rule, string list, string value) =>
        Names(rule, list) is var names && (names.Contains("*") || names.Contains(value));

    private static IReadOnlyList<string> Names(JsonObject rule, string list) =>
        rule.At(list) is JsonArray array ? [.. array.Select(v => v!.GetValue<string>())] : [];
}
