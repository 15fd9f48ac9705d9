namespace Gantry.Clusters.Model;

/// <summary>
/// The files that a cluster's arguments give to the components of its control plane. A component runs in a container and sees what
/// kubeadm mounts into it alone. Flags: the reference pages of kube-apiserver, kube-controller-manager and kube-scheduler; mounts:
/// <c>cmd/kubeadm/app/phases/controlplane/volumes.go</c>.
/// </summary>
public static class ComponentFiles
{
    private static readonly Dictionary<string, string[]> Flags = new(StringComparer.Ordinal)
    {
        ["apiServer"] =
        [
            "admission-control-config-file",
            "audit-policy-file",
            "audit-webhook-config-file",
            "authentication-config",
            "authentication-token-webhook-config-file",
            "authorization-config",
            "authorization-policy-file",
            "authorization-webhook-config-file",
            "client-ca-file",
            "egress-selector-config-file",
            "encryption-provider-config",
            "kubelet-certificate-authority",
            "oidc-ca-file",
            "peer-ca-file",
            "tls-cert-file",
            "tls-private-key-file",
            "token-auth-file",
            "tracing-config-file",
        ],
        ["controllerManager"] = ["client-ca-file", "tls-cert-file", "tls-private-key-file"],
        ["scheduler"] = ["client-ca-file", "config", "tls-cert-file", "tls-private-key-file"],
    };

    private static readonly string[] Certificates =
    [
        "/etc/ssl/certs",
        "/etc/pki",
        "/etc/ca-certificates",
        "/usr/local/share/ca-certificates",
        "/usr/share/ca-certificates",
        "/etc/kubernetes/pki",
    ];

    private static readonly Dictionary<string, string[]> OwnMounts = new(StringComparer.Ordinal)
    {
        ["apiServer"] = Certificates,
        ["controllerManager"] =
        [
            .. Certificates,
            "/etc/kubernetes/controller-manager.conf",
            "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
        ],
        ["scheduler"] = ["/etc/kubernetes/scheduler.conf"],
    };

    /// <summary>The names that kubeadm gives to its own volumes.</summary>
    public static ValueList<string> OwnVolumes { get; } =
    [
        "ca-certs",
        "etc-ca-certificates",
        "etc-pki",
        "etc-pki-ca-trust",
        "etc-pki-tls-certs",
        "flexvolume-dir",
        "k8s-certs",
        "kubeconfig",
        "usr-local-share-ca-certificates",
        "usr-share-ca-certificates",
    ];

    /// <summary>The components that take volumes, with the names of kubeadm's configuration.</summary>
    public static ValueList<string> Components { get; } = ["apiServer", "controllerManager", "scheduler"];

    /// <summary>
    /// The files that arguments of a component name, each with its path on the machine; <c>null</c> where the component does not see it.
    /// </summary>
    public static IEnumerable<(ExtraArg Argument, string? OnMachine)> NamedBy(NodeEnvironment nodes, string component) =>
        from argument in nodes.ExtraArgs.GetValueOrDefault(component) ?? []
        where Flags.GetValueOrDefault(component)?.Contains(argument.Name) is true && argument.Value.Length > 0
        select (argument, OnMachine(nodes, component, argument.Value));

    /// <summary>What has to be on a control plane before its components start, each path with what needs it.</summary>
    public static IEnumerable<(string Path, string NeededBy)> Needed(NodeEnvironment nodes) =>
        (
            from component in Components
            from needed in (IEnumerable<(string Path, string NeededBy)>)
                [
                    .. NamedBy(nodes, component)
                        .Where(named => named.OnMachine is not null)
                        .Select(named => (named.OnMachine!, $"{named.Argument.Name} of {component}")),
                    .. (nodes.ExtraVolumes.GetValueOrDefault(component) ?? [])
                        .Where(volume => volume.HasToExist)
                        .Select(volume => (volume.HostPath, $"the volume {volume.Name} of {component}")),
                ]
            select needed
        ).DistinctBy(needed => needed.Path);

    // Of nested mounts the longest counts.
    private static string? OnMachine(NodeEnvironment nodes, string component, string path) =>
        (nodes.ExtraVolumes.GetValueOrDefault(component) ?? [])
            .Select(volume => (Host: volume.HostPath, Mount: volume.MountPath))
            .Concat(OwnMounts[component].Select(own => (Host: own, Mount: own)))
            .Where(mount => path == mount.Mount || path.StartsWith(mount.Mount + "/", StringComparison.Ordinal))
            .OrderByDescending(mount => mount.Mount.Length)
            .Select(mount => mount.Host + path[mount.Mount.Length..])
            .FirstOrDefault();
}
