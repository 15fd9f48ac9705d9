using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// What keeps a component of the control plane from starting: a file that is not on the machine or not mounted, and a flag that its
/// version has dropped. The component ends again and again, and kubeadm tells only that it does not answer.
/// </summary>
internal static class ComponentStart
{
    // Flags that name a file which the component reads when it starts.
    private static readonly (string Section, string[] Flags)[] FileFlags =
    [
        (
            "apiServer",
            [
                "admission-control-config-file",
                "audit-policy-file",
                "audit-webhook-config-file",
                "authentication-config",
                "authentication-token-webhook-config-file",
                "authorization-config",
                "authorization-webhook-config-file",
                "egress-selector-config-file",
                "encryption-provider-config",
                "oidc-ca-file",
                "token-auth-file",
                "tracing-config-file",
            ]
        ),
        ("controllerManager", ["tls-cert-file"]),
        ("scheduler", ["config", "tls-cert-file"]),
    ];

    // The changelogs of Kubernetes 1.34 to 1.37.
    private static readonly (string Section, string Flag, int Since)[] Dropped =
    [
        ("apiServer", "enable-logs-handler", 34),
        ("controllerManager", "concurrent-service-syncs", 37),
    ];

    /// <returns>Why a component does not start; <c>null</c> when all do.</returns>
    public static string? Problem(MachineFiles files, JsonObject cluster, KubeVersion version)
    {
        foreach (var (section, flag, since) in Dropped)
        {
            if (version.IsAtLeast(since) && Arguments(cluster, section).ContainsKey(flag))
            {
                return $"{Pod(section)}: Error: unknown flag: --{flag}";
            }
        }

        foreach (var (section, flags) in FileFlags)
        {
            var arguments = Arguments(cluster, section);
            foreach (var path in flags.Select(arguments.GetValueOrDefault).OfType<string>())
            {
                if (OnMachine(cluster, section, path) is not { } host || !IsThere(files, host))
                {
                    return $"{Pod(section)}: open {path}: no such file or directory";
                }
            }

            foreach (var volume in Volumes(cluster, section))
            {
                var path = volume["hostPath"]?.ToString() ?? "";
                if (volume["pathType"]?.ToString() is "File" or "Directory" && !IsThere(files, path))
                {
                    return $"{Pod(section)}: MountVolume.SetUp failed: hostPath type check failed: {path}";
                }
            }
        }

        return null;
    }

    private static Dictionary<string, string> Arguments(JsonObject cluster, string section) =>
        KubeadmConfig.Arguments(cluster[section]?["extraArgs"]);

    private static IEnumerable<JsonNode> Volumes(JsonObject cluster, string section) =>
        (cluster[section]?["extraVolumes"] as JsonArray ?? []).OfType<JsonNode>();

    private static string? OnMachine(JsonObject cluster, string section, string path)
    {
        foreach (var volume in Volumes(cluster, section))
        {
            var mount = volume["mountPath"]?.ToString() ?? "";
            if (path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal))
            {
                return volume["hostPath"] + path[mount.Length..];
            }
        }

        return section is not "scheduler" && path.StartsWith("/etc/kubernetes/pki/", StringComparison.Ordinal) ? path : null;
    }

    private static bool IsThere(MachineFiles files, string path) => files.Find(path) is not null || files.Names(path).Any();

    private static string Pod(string section) =>
        section switch
        {
            "apiServer" => "kube-apiserver",
            "controllerManager" => "kube-controller-manager",
            _ => "kube-scheduler",
        };
}
