namespace Gantry.Lab.Kubernetes;

/// <summary>How a list is merged. A list without a rule is replaced as a whole.</summary>
/// <param name="Keys">Key fields of an element; empty for a set of plain values.</param>
/// <param name="MergeKey">The key field strategic merge patches use.</param>
internal sealed record ListRule(IReadOnlyList<string> Keys, string? MergeKey, bool RetainsKeys = false)
{
    public bool IsSet => Keys.Count == 0;
}

/// <summary>Merge rules of the lists that merge by key or as sets, by type and property.</summary>
internal static class ListRules
{
    private static readonly Dictionary<(string Type, string Property), ListRule> Rules = new()
    {
        [("V1ObjectMeta", "finalizers")] = Set(),
        [("V1ObjectMeta", "ownerReferences")] = By("uid"),
        [("V1PodSpec", "containers")] = By("name"),
        [("V1PodSpec", "initContainers")] = By("name"),
        [("V1PodSpec", "ephemeralContainers")] = By("name"),
        [("V1PodSpec", "volumes")] = By("name") with { RetainsKeys = true },
        [("V1PodSpec", "imagePullSecrets")] = By("name"),
        [("V1PodSpec", "hostAliases")] = By("ip"),
        [("V1PodSpec", "topologySpreadConstraints")] = By("topologyKey", "whenUnsatisfiable"),
        [("V1PodSpec", "schedulingGates")] = By("name"),
        [("V1PodSpec", "resourceClaims")] = By("name") with { RetainsKeys = true },
        [("V1PodStatus", "podIPs")] = By("ip"),
        [("V1PodStatus", "hostIPs")] = By("ip"),
        [("V1Container", "ports")] = By("containerPort", "protocol"),
        [("V1Container", "env")] = By("name"),
        [("V1Container", "volumeMounts")] = By("mountPath"),
        [("V1Container", "volumeDevices")] = By("devicePath"),
        [("V1NodeStatus", "addresses")] = By("type"),
        [("V1NodeSpec", "podCIDRs")] = Set(),
        [("V1ServiceSpec", "ports")] = By("port", "protocol"),
        [("V1ServiceAccount", "secrets")] = By("name"),
        [("V1CSINodeSpec", "drivers")] = By("name"),
        [("V1MutatingWebhookConfiguration", "webhooks")] = By("name"),
        [("V1ValidatingWebhookConfiguration", "webhooks")] = By("name"),
    };

    public static ListRule? Find(string type, string property) =>
        property == "conditions" && type.EndsWith("Status", StringComparison.Ordinal)
            ? By("type")
            : Rules.GetValueOrDefault((type, property));

    private static ListRule By(params string[] keys) => new(keys, keys[0]);

    private static ListRule Set() => new([], null);
}
