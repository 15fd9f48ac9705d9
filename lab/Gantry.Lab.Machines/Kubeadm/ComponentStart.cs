using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// What keeps a component of the control plane from starting: a file that is not on the machine or not mounted, and a flag that its
/// version does not know. The component ends again and again, and kubeadm tells only that it does not answer.
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

    /// <returns>Why a component does not start; <c>null</c> when all do.</returns>
    public static string? Problem(MachineFiles files, JsonObject cluster, KubeVersion version)
    {
        foreach (var section in (ReadOnlySpan<string>)["etcd", "apiServer", "controllerManager", "scheduler"])
        {
            var minor = section is "etcd" ? MinorOfEtcd(cluster, version) : version.Minor;
            if (ComponentFlags.Problem(section, minor, Arguments(cluster, section)) is { } problem)
            {
                return $"{Pod(section)}: {problem}";
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
        KubeadmConfig.Arguments((section is "etcd" ? cluster["etcd"]?["local"] : cluster[section])?["extraArgs"]);

    // The first version of Kubernetes whose kubeadm installs such an etcd, as the table has it.
    private static int MinorOfEtcd(JsonObject cluster, KubeVersion version) =>
        EtcdImages.VersionOf(version, cluster) is { Major: 3, Minor: var minor }
            ? minor switch
            {
                >= 7 => 37,
                6 => 34,
                _ => 33,
            }
            : version.Minor;

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
            "etcd" => "etcd",
            "apiServer" => "kube-apiserver",
            "controllerManager" => "kube-controller-manager",
            _ => "kube-scheduler",
        };
}
