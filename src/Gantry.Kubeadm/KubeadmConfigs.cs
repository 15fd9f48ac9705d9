using System.Text;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm;

/// <summary>
/// kubeadm's configuration for one machine, in the API version that its kubeadm reads: <c>v1beta3</c> up to 1.30,
/// <c>v1beta4</c> from 1.31. The documents are JSON, which is valid YAML.
/// </summary>
internal static class KubeadmConfigs
{
    /// <summary>The minor version, for example 33.</summary>
    /// <exception cref="FormatException">The version cannot be installed.</exception>
    public static int Minor(KubernetesVersion version)
    {
        return version.IsInstallable ? version.Minor : throw new FormatException($"kubernetesVersion: {version.NotInstallable}");
    }

    public static string Init(NodeDocument node)
    {
        var cluster = node.Cluster;
        var minor = Minor(cluster.KubernetesVersion);
        var init = new JsonObject
        {
            ["apiVersion"] = ApiVersion(minor),
            ["kind"] = "InitConfiguration",
            // Without a token kubeadm creates one that is valid for 24 hours, and prints it into the log of cloud-init.
            ["bootstrapTokens"] = new JsonArray(new JsonObject { ["token"] = node.Token, ["ttl"] = "1m0s" }),
            ["nodeRegistration"] = Registration(node, minor),
        };
        if (node.Network is not null)
        {
            init["localAPIEndpoint"] = LocalEndpoint();
        }

        AddTimeouts(init, minor);
        var configuration = new JsonObject
        {
            ["apiVersion"] = ApiVersion(minor),
            ["kind"] = "ClusterConfiguration",
            ["clusterName"] = cluster.Name.Value,
            ["kubernetesVersion"] = $"v{cluster.KubernetesVersion}",
            ["controlPlaneEndpoint"] = Endpoint(node.Endpoint),
            ["networking"] = new JsonObject
            {
                ["podSubnet"] = $"{cluster.Network.PodCidr}",
                ["serviceSubnet"] = $"{cluster.Network.ServiceCidr}",
                ["dnsDomain"] = cluster.Network.DnsDomain,
            },
            ["apiServer"] = Component(cluster, "apiServer", minor),
            ["controllerManager"] = Component(cluster, "controllerManager", minor),
            ["scheduler"] = Component(cluster, "scheduler", minor),
        };
        configuration["apiServer"]!["certSANs"] = new JsonArray(node.Endpoint.Host);
        var etcd = new JsonObject();
        if (Arguments(cluster, "etcd", minor) is { } arguments)
        {
            etcd["extraArgs"] = arguments;
        }

        if (cluster.Nodes.EtcdImageTag is { } tag)
        {
            etcd["imageTag"] = tag;
        }

        if (etcd.Count > 0)
        {
            configuration["etcd"] = new JsonObject { ["local"] = etcd };
        }

        if (HasLocalModeGate(minor))
        {
            configuration["featureGates"] = new JsonObject { ["ControlPlaneKubeletLocalMode"] = true };
        }

        return $"{JsonText.Write(init)}\n---\n{JsonText.Write(configuration)}\n";
    }

    public static string Join(NodeDocument node)
    {
        var minor = Minor(node.Cluster.KubernetesVersion);
        var join = new JsonObject
        {
            ["apiVersion"] = ApiVersion(minor),
            ["kind"] = "JoinConfiguration",
            ["nodeRegistration"] = Registration(node, minor),
            ["discovery"] = new JsonObject
            {
                ["file"] = new JsonObject { ["kubeConfigPath"] = NodeBootstrap.DiscoveryPath },
                ["tlsBootstrapToken"] = node.Token,
            },
        };
        AddTimeouts(join, minor);
        if (node.Bootstrap is Bootstrap.JoinControlPlane)
        {
            join["controlPlane"] = node.Network is null
                ? new JsonObject()
                : new JsonObject { ["localAPIEndpoint"] = LocalEndpoint() };
        }

        return JsonText.Write(join) + "\n";
    }

    /// <summary>
    /// How a joining machine finds the API server and trusts it. Discovery by token alone reads a document without credentials, which
    /// an API server with <c>anonymous-auth=false</c> refuses.
    /// </summary>
    public static string Discovery(NodeDocument node, string caPem) =>
        JsonText.Write(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Config",
                ["clusters"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = node.Cluster.Name.Value,
                        ["cluster"] = new JsonObject
                        {
                            ["server"] = $"https://{Endpoint(node.Endpoint)}",
                            ["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(caPem)),
                        },
                    }
                ),
                ["users"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "bootstrap",
                        ["user"] = new JsonObject { ["token"] = node.Token },
                    }
                ),
                ["contexts"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "bootstrap",
                        ["context"] = new JsonObject { ["cluster"] = node.Cluster.Name.Value, ["user"] = "bootstrap" },
                    }
                ),
                ["current-context"] = "bootstrap",
            }
        ) + "\n";

    private static JsonObject LocalEndpoint() => new() { ["advertiseAddress"] = NodeAddress.Address };

    // kubeadm's own limit for a call of the API server is one minute, in which a virtual IP may not have come up.
    private static void AddTimeouts(JsonObject document, int minor)
    {
        if (minor >= 31)
        {
            document["timeouts"] = new JsonObject
            {
                ["controlPlaneComponentHealthCheck"] = "4m0s",
                ["kubernetesAPICall"] = "4m0s",
                ["etcdAPICall"] = "4m0s",
            };
        }
    }

    public static string Endpoint(ApiEndpoint endpoint) =>
        endpoint.Host.Contains(':', StringComparison.Ordinal)
            ? $"[{endpoint.Host}]:{endpoint.Port}"
            : $"{endpoint.Host}:{endpoint.Port}";

    /// <summary>
    /// Whether kubeadm has the feature gate <c>ControlPlaneKubeletLocalMode</c>. Without it a new kubelet may reach an older
    /// API server through the endpoint. From 1.36 on the gate does not exist, and kubeadm fails when it is set.
    /// </summary>
    public static bool HasLocalModeGate(int minor) => minor is >= 31 and < 36;

    /// <summary>Feature gates that kubeadm has had, and the minor version that knows them no longer.</summary>
    public static IReadOnlyList<(string Gate, int Since)> RemovedFeatureGates { get; } =
    [
        ("EtcdLearnerMode", 33),
        ("WaitForAllControlPlaneComponents", 35),
        ("ControlPlaneKubeletLocalMode", 36),
        ("NodeLocalCRISocket", 37),
        ("PublicKeysECDSA", 37),
    ];

    public static string ApiVersion(int minor) => minor >= 31 ? "kubeadm.k8s.io/v1beta4" : "kubeadm.k8s.io/v1beta3";

    private static JsonObject Registration(NodeDocument node, int minor)
    {
        var kubelet = new List<ExtraArg> { new("provider-id", $"maas:///{node.Node.Zone}/{node.Node.Machine}") };
        if (KubeletLabels(node.Pool) is { Length: > 0 } labels)
        {
            kubelet.Add(new ExtraArg("node-labels", labels));
        }

        var asked = node.Cluster.Nodes.ExtraArgs.GetValueOrDefault("kubelet") ?? [];
        if (node.Network is not null && !asked.Any(argument => argument.Name is "node-ip"))
        {
            kubelet.Add(new ExtraArg("node-ip", NodeAddress.Address));
        }

        kubelet.AddRange(asked);
        var registration = new JsonObject
        {
            ["name"] = node.Node.Hostname.ToLowerInvariant(),
            ["kubeletExtraArgs"] = Write(kubelet, minor),
        };
        if (Taints(node.Pool) is { } taints)
        {
            registration["taints"] = taints;
        }

        // cloud-init writes the manifest of the virtual IP before kubeadm starts.
        if (node.Bootstrap is Bootstrap.JoinControlPlane && node.Cluster.Endpoint is EndpointChoice.VirtualIp)
        {
            registration["ignorePreflightErrors"] = new JsonArray("DirAvailable--etc-kubernetes-manifests");
        }

        return registration;
    }

    // Without a list kubeadm taints a control plane. With an empty list the control plane is schedulable.
    private static JsonArray? Taints(MachinePool pool)
    {
        var controlPlane = pool.Role is PoolRole.ControlPlane;
        if (!(controlPlane && pool.AlsoWorker) && pool.Taints.Count is 0)
        {
            return null;
        }

        var taints = new JsonArray();
        if (controlPlane && !pool.AlsoWorker)
        {
            taints.Add((JsonNode)new JsonObject { ["key"] = "node-role.kubernetes.io/control-plane", ["effect"] = "NoSchedule" });
        }

        foreach (var taint in pool.Taints)
        {
            taints.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["key"] = taint.Key.Value,
                        ["value"] = taint.Value.Value,
                        ["effect"] = taint.Effect.ToString(),
                    }
            );
        }

        return taints;
    }

    // The NodeRestriction admission plugin forbids a kubelet most labels of Kubernetes' own domains. The engine sets those.
    private static string KubeletLabels(MachinePool pool) =>
        string.Join(
            ',',
            pool.Labels.Where(label =>
                    label.Key.Prefix is not { } domain || !(IsIn(domain, "kubernetes.io") || IsIn(domain, "k8s.io"))
                )
                .OrderBy(label => label.Key.Value, StringComparer.Ordinal)
                .Select(label => $"{label.Key}={label.Value}")
        );

    private static bool IsIn(string domain, string parent) =>
        domain == parent || domain.EndsWith($".{parent}", StringComparison.Ordinal);

    private static JsonObject Component(ClusterSpec cluster, string name, int minor)
    {
        var component = new JsonObject();
        if (Arguments(cluster, name, minor) is { } arguments)
        {
            component["extraArgs"] = arguments;
        }

        if (cluster.Nodes.ExtraVolumes.GetValueOrDefault(name) is { Count: > 0 } volumes)
        {
            component["extraVolumes"] = new JsonArray([.. volumes.Select(Write)]);
        }

        return component;
    }

    private static JsonObject Write(ComponentVolume volume)
    {
        var mount = new JsonObject
        {
            ["name"] = volume.Name,
            ["hostPath"] = volume.HostPath,
            ["mountPath"] = volume.MountPath,
            ["readOnly"] = volume.ReadOnly,
        };
        if (volume.PathType is { } type)
        {
            mount["pathType"] = type;
        }

        return mount;
    }

    private static JsonNode? Arguments(ClusterSpec cluster, string component, int minor) =>
        cluster.Nodes.ExtraArgs.GetValueOrDefault(component) is { Count: > 0 } arguments ? Write(arguments, minor) : null;

    // v1beta4 takes a list in which a name may repeat. In the map of v1beta3 the last value of a name wins.
    private static JsonNode Write(IReadOnlyList<ExtraArg> arguments, int minor)
    {
        if (minor >= 31)
        {
            return new JsonArray([
                .. arguments.Select(argument => new JsonObject { ["name"] = argument.Name, ["value"] = argument.Value }),
            ]);
        }

        var map = new JsonObject();
        foreach (var argument in arguments)
        {
            map[argument.Name] = argument.Value;
        }

        return map;
    }
}
