using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>The registration settings of a machine's kubelet: the <c>nodeRegistration</c> of a kubeadm document.</summary>
internal sealed partial record NodeSettings(
    string Name,
    IReadOnlyDictionary<string, string> KubeletArguments,
    IReadOnlyList<LabTaint>? Taints,
    IReadOnlyList<string> IgnoredChecks
)
{
    private static readonly string[] AllowedPrefixes = ["kubelet.kubernetes.io/", "node.kubernetes.io/"];

    private static readonly HashSet<string> AllowedLabels = new(StringComparer.Ordinal)
    {
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    };

    /// <exception cref="KubeadmException">The name is not a valid node name.</exception>
    public static NodeSettings Read(JsonObject? document, string hostname)
    {
        var registration = document?["nodeRegistration"] as JsonObject ?? [];
        var arguments = KubeadmConfig.Arguments(registration["kubeletExtraArgs"]);
        var name = arguments.GetValueOrDefault("hostname-override") ?? registration["name"]?.ToString() ?? hostname;
        if (!NodeName().IsMatch(name))
        {
            throw new KubeadmException(
                $"nodeRegistration.name: Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of "
                    + "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            );
        }

        return new NodeSettings(
            name,
            arguments,
            registration["taints"] is JsonArray taints
                ?
                [
                    .. taints.Select(taint => new LabTaint(
                        taint!["key"]!.ToString(),
                        taint["effect"]?.ToString() ?? "",
                        taint["value"]?.ToString() ?? ""
                    )),
                ]
                : null,
            [.. (registration["ignorePreflightErrors"] as JsonArray ?? []).Select(check => check!.ToString())]
        );
    }

    public bool Ignores(string check) =>
        IgnoredChecks.Any(ignored =>
            ignored.Equals("all", StringComparison.OrdinalIgnoreCase) || ignored.Equals(check, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Labels and taints from kubelet flags.</summary>
    /// <exception cref="KubeadmException">The kubelet refuses the flags and does not start.</exception>
    public (IReadOnlyDictionary<string, string> Labels, IReadOnlyList<LabTaint> Taints) Registered()
    {
        var labels = Pairs("node-labels").ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var refused = labels.Keys.Where(key => IsReserved(key)).ToArray();
        if (refused.Length > 0)
        {
            throw new KubeadmException(
                "the kubelet does not start: failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels "
                    + $"specified with --node-labels: [{string.Join(' ', refused)}]"
            );
        }

        return (
            labels,
            [
                .. Pairs("register-with-taints")
                    .Select(pair => new LabTaint(
                        pair.Key,
                        pair.Value[(pair.Value.LastIndexOf(':') + 1)..],
                        pair.Value[..Math.Max(0, pair.Value.LastIndexOf(':'))]
                    )),
            ]
        );
    }

    private static bool IsReserved(string key)
    {
        var domain = key.Split('/')[0];
        return key.Contains('/', StringComparison.Ordinal)
            && !AllowedLabels.Contains(key)
            && !AllowedPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))
            && (
                domain is "kubernetes.io" or "k8s.io"
                || domain.EndsWith(".kubernetes.io", StringComparison.Ordinal)
                || domain.EndsWith(".k8s.io", StringComparison.Ordinal)
            );
    }

    // key=value, or key:effect for a taint without a value.
    private IEnumerable<(string Key, string Value)> Pairs(string flag)
    {
        foreach (
            var item in (KubeletArguments.GetValueOrDefault(flag) ?? "").Split(
                ',',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
            )
        )
        {
            var cut = item.IndexOf('=', StringComparison.Ordinal);
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            yield return cut >= 0 ? (item[..cut], item[(cut + 1)..])
            : colon >= 0 ? (item[..colon], item[colon..])
            : (item, "");
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex NodeName();
}
