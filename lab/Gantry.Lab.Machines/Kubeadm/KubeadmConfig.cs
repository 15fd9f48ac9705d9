using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>kubeadm exits with status 1 and this message on standard error.</summary>
internal class KubeadmException(string message) : Exception(message);

/// <summary>The API server runs, and the cluster's endpoint does not lead to it.</summary>
internal sealed class EndpointException(string message) : KubeadmException(message);

/// <summary>The documents of a <c>--config</c> file, read as strictly as a given kubeadm version reads them.</summary>
internal sealed record KubeadmConfig(JsonObject? Init, JsonObject? Cluster, JsonObject? Join, JsonObject? Kubelet)
{
    /// <exception cref="KubeadmException">This kubeadm version cannot read the file.</exception>
    public static KubeadmConfig Read(string text, KubeVersion kubeadm)
    {
        IReadOnlyList<JsonNode?> documents;
        try
        {
            documents = YamlText.Documents(text, uniqueKeys: true);
        }
        catch (FormatException problem)
        {
            throw new KubeadmException($"error unmarshaling configuration: {problem.Message}");
        }

        JsonObject? init = null,
            cluster = null,
            join = null,
            kubelet = null;
        foreach (var document in documents)
        {
            if (document is null)
            {
                continue;
            }

            var map = document as JsonObject ?? throw new KubeadmException("invalid configuration: a document is not a map");
            var (apiVersion, kind) = (map["apiVersion"]?.ToString() ?? "", map["kind"]?.ToString() ?? "");
            if (kind.Length == 0 || apiVersion.Length == 0)
            {
                throw new KubeadmException(
                    "invalid configuration: kind and apiVersion is mandatory information that must be specified"
                );
            }

            if (apiVersion is "kubelet.config.k8s.io/v1beta1" or "kubeproxy.config.k8s.io/v1alpha1")
            {
                kubelet = kind == "KubeletConfiguration" ? map : kubelet;
                continue;
            }

            Check(apiVersion, kind, map, kubeadm);
            switch (kind)
            {
                case "InitConfiguration":
                    init = Once(init, map, kind);
                    break;
                case "ClusterConfiguration":
                    cluster = Once(cluster, map, kind);
                    break;
                default:
                    join = Once(join, map, kind);
                    break;
            }
        }

        return new KubeadmConfig(init, cluster, join, kubelet);
    }

    /// <summary>Extra arguments in either form; the last value of a repeated name counts.</summary>
    public static Dictionary<string, string> Arguments(JsonNode? node)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (
            var (name, value) in node switch
            {
                JsonObject map => map.Select(pair => (pair.Key, pair.Value?.ToString() ?? "")),
                JsonArray list => list.Select(item => (item!["name"]!.ToString(), item["value"]?.ToString() ?? "")),
                _ => [],
            }
        )
        {
            arguments[name] = value;
        }

        return arguments;
    }

    /// <exception cref="KubeadmException">The document names a feature gate that this kubeadm does not have.</exception>
    public static void CheckFeatureGates(JsonObject cluster, KubeVersion kubeadm)
    {
        foreach (var (gate, _) in cluster["featureGates"] as JsonObject ?? [])
        {
            if (!KubeadmSchema.HasFeatureGate(kubeadm, gate))
            {
                throw new KubeadmException($"featureGates: Invalid value: {{}}: {gate} is not a valid feature name.");
            }
        }
    }

    private static void Check(string apiVersion, string kind, JsonObject map, KubeVersion kubeadm)
    {
        var version = apiVersion.StartsWith("kubeadm.k8s.io/", StringComparison.Ordinal)
            ? apiVersion["kubeadm.k8s.io/".Length..]
            : "";
        if (!KubeadmSchema.Reads(kubeadm, version) || !KubeadmSchema.Knows(version, kind))
        {
            throw new KubeadmException(
                $"no kind \"{kind}\" is registered for version \"{apiVersion}\" in kubeadm {kubeadm}; it reads "
                    + $"kubeadm.k8s.io/{(kubeadm.IsAtLeast(31) ? "v1beta4" : "v1beta3")}"
            );
        }

        if (kind is "ClusterConfiguration")
        {
            CheckFeatureGates(map, kubeadm);
        }

        if (KubeadmSchema.Check(version, kind, map) is { } problem)
        {
            throw new KubeadmException(
                $"error unmarshaling configuration schema.GroupVersionKind{{Group:\"kubeadm.k8s.io\", "
                    + $"Version:\"{version}\", Kind:\"{kind}\"}}: {problem}"
            );
        }
    }

    private static JsonObject Once(JsonObject? before, JsonObject now, string kind) =>
        before is null ? now : throw new KubeadmException($"invalid configuration: multiple documents of kind {kind}");
}
