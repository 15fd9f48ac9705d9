using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The command lines that kubeadm writes into the manifests of a control plane: its own arguments, and those of a
/// <c>ClusterConfiguration</c> in place of its own of the same name. From <c>cmd/kubeadm/app/phases/controlplane</c> and
/// <c>phases/etcd</c> of kubernetes/kubernetes.
/// </summary>
public static class ControlPlaneCommands
{
    private const string Pki = "/etc/kubernetes/pki";

    /// <summary>The components of a control plane, by the names of their static pods.</summary>
    public static IReadOnlyList<string> Components { get; } =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

    /// <param name="component">One of <see cref="Components"/>.</param>
    /// <param name="address">The machine's address.</param>
    /// <param name="configuration">The <c>ClusterConfiguration</c>; <c>null</c> for kubeadm's defaults.</param>
    public static IReadOnlyList<string> Of(string component, string node, string address, JsonObject? configuration)
    {
        var own = component switch
        {
            "etcd" => Etcd(node, address),
            "kube-apiserver" => ApiServer(address, configuration),
            "kube-controller-manager" => ControllerManager(configuration),
            _ => Scheduler(),
        };
        var extra = Extra(component, configuration);
        return
        [
            component,
            .. own.Where(argument => extra.All(other => other.Name != argument.Name))
                .Concat(extra)
                .OrderBy(argument => argument.Name, StringComparer.Ordinal)
                .ThenBy(argument => argument.Value, StringComparer.Ordinal)
                .Select(argument => $"--{argument.Name}={argument.Value}"),
        ];
    }

    // v1beta3 has a map, v1beta4 a list in which a name may repeat.
    private static IReadOnlyList<(string Name, string Value)> Extra(string component, JsonObject? configuration)
    {
        var section = component switch
        {
            "etcd" => configuration?["etcd"]?["local"],
            "kube-apiserver" => configuration?["apiServer"],
            "kube-controller-manager" => configuration?["controllerManager"],
            _ => configuration?["scheduler"],
        };
        return section?["extraArgs"] switch
        {
            JsonObject map => [.. map.Select(pair => (pair.Key, pair.Value?.ToString() ?? ""))],
            JsonArray list => [.. list.Select(one => (one!["name"]!.ToString(), one["value"]?.ToString() ?? ""))],
            _ => [],
        };
    }

    private static string ServiceSubnet(JsonObject? configuration) =>
        configuration?["networking"]?["serviceSubnet"]?.ToString() ?? "10.96.0.0/12";

    private static (string Name, string Value)[] ApiServer(string address, JsonObject? configuration) =>
        [
            ("advertise-address", address),
            ("allow-privileged", "true"),
            ("authorization-mode", "Node,RBAC"),
            ("client-ca-file", $"{Pki}/ca.crt"),
            ("enable-admission-plugins", "NodeRestriction"),
            ("enable-bootstrap-token-auth", "true"),
            ("etcd-cafile", $"{Pki}/etcd/ca.crt"),
            ("etcd-certfile", $"{Pki}/apiserver-etcd-client.crt"),
            ("etcd-keyfile", $"{Pki}/apiserver-etcd-client.key"),
            ("etcd-servers", "https://127.0.0.1:2379"),
            ("kubelet-client-certificate", $"{Pki}/apiserver-kubelet-client.crt"),
            ("kubelet-client-key", $"{Pki}/apiserver-kubelet-client.key"),
            ("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"),
            ("proxy-client-cert-file", $"{Pki}/front-proxy-client.crt"),
            ("proxy-client-key-file", $"{Pki}/front-proxy-client.key"),
            ("requestheader-allowed-names", "front-proxy-client"),
            ("requestheader-client-ca-file", $"{Pki}/front-proxy-ca.crt"),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
            ("requestheader-group-headers", "X-Remote-Group"),
            ("requestheader-username-headers", "X-Remote-User"),
            ("secure-port", "6443"),
            (
                "service-account-issuer",
                $"https://kubernetes.default.svc.{configuration?["networking"]?["dnsDomain"] ?? "cluster.local"}"
            ),
            ("service-account-key-file", $"{Pki}/sa.pub"),
            ("service-account-signing-key-file", $"{Pki}/sa.key"),
            ("service-cluster-ip-range", ServiceSubnet(configuration)),
            ("tls-cert-file", $"{Pki}/apiserver.crt"),
            ("tls-private-key-file", $"{Pki}/apiserver.key"),
        ];

    private static (string Name, string Value)[] ControllerManager(JsonObject? configuration)
    {
        const string Access = "/etc/kubernetes/controller-manager.conf";
        List<(string Name, string Value)> arguments =
        [
            ("authentication-kubeconfig", Access),
            ("authorization-kubeconfig", Access),
            ("bind-address", "127.0.0.1"),
            ("client-ca-file", $"{Pki}/ca.crt"),
            ("cluster-name", configuration?["clusterName"]?.ToString() ?? "kubernetes"),
            ("cluster-signing-cert-file", $"{Pki}/ca.crt"),
            ("cluster-signing-key-file", $"{Pki}/ca.key"),
            ("controllers", "*,bootstrapsigner,tokencleaner"),
            ("kubeconfig", Access),
            ("leader-elect", "true"),
            ("requestheader-client-ca-file", $"{Pki}/front-proxy-ca.crt"),
            ("root-ca-file", $"{Pki}/ca.crt"),
            ("service-account-private-key-file", $"{Pki}/sa.key"),
            ("use-service-account-credentials", "true"),
        ];
        if (configuration?["networking"]?["podSubnet"]?.ToString() is { Length: > 0 } pods)
        {
            arguments.AddRange([
                ("allocate-node-cidrs", "true"),
                ("cluster-cidr", pods),
                ("service-cluster-ip-range", ServiceSubnet(configuration)),
            ]);
        }

        return [.. arguments];
    }

    private static (string Name, string Value)[] Scheduler()
    {
        const string Access = "/etc/kubernetes/scheduler.conf";
        return
        [
            ("authentication-kubeconfig", Access),
            ("authorization-kubeconfig", Access),
            ("bind-address", "127.0.0.1"),
            ("kubeconfig", Access),
            ("leader-elect", "true"),
        ];
    }

    private static (string Name, string Value)[] Etcd(string node, string address) =>
        [
            ("advertise-client-urls", $"https://{address}:2379"),
            ("cert-file", $"{Pki}/etcd/server.crt"),
            ("client-cert-auth", "true"),
            ("data-dir", "/var/lib/etcd"),
            ("initial-advertise-peer-urls", $"https://{address}:2380"),
            ("initial-cluster", $"{node}=https://{address}:2380"),
            ("key-file", $"{Pki}/etcd/server.key"),
            ("listen-client-urls", $"https://127.0.0.1:2379,https://{address}:2379"),
            ("listen-metrics-urls", "http://127.0.0.1:2381"),
            ("listen-peer-urls", $"https://{address}:2380"),
            ("name", node),
            ("peer-cert-file", $"{Pki}/etcd/peer.crt"),
            ("peer-client-cert-auth", "true"),
            ("peer-key-file", $"{Pki}/etcd/peer.key"),
            ("peer-trusted-ca-file", $"{Pki}/etcd/ca.crt"),
            ("snapshot-count", "10000"),
            ("trusted-ca-file", $"{Pki}/etcd/ca.crt"),
        ];
}
