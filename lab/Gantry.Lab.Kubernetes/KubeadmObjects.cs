using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The objects kubeadm creates in a cluster: control plane static pods, add-ons and access rules. Each call is idempotent;
/// existing objects move to the new version, as in an upgrade.
/// </summary>
public static class KubeadmObjects
{
    internal const string MirrorAnnotation = "kubernetes.io/config.mirror";

    private const string KubeSystem = "kube-system";

    /// <summary>The static pods of a control plane machine: etcd, API server, controller manager, scheduler.</summary>
    /// <param name="version">The Kubernetes version, as <c>v1.32.4</c>.</param>
    /// <param name="configuration">kubeadm's <c>ClusterConfiguration</c>; <c>null</c> for its defaults.</param>
    public static void PutControlPlanePods(
        this LabCluster cluster,
        string node,
        string version,
        JsonObject? configuration = null
    ) =>
        cluster.Run(() =>
        {
            var address =
                cluster.Objects.Find("nodes", node)?.Read().Items("status", "addresses").FirstOrDefault().Text("address") ?? "";
            foreach (var component in ControlPlaneCommands.Components)
            {
                var image = component is "etcd"
                    ? EtcdImages.Of(KubeVersion.TryParse(version) ?? default, configuration)
                    : $"registry.k8s.io/{component}:{version}";
                var pod = StaticPod(component, image, ControlPlaneCommands.Of(component, node, address, configuration));
                if (component is "etcd")
                {
                    pod.Metadata().Under("annotations")["kubeadm.kubernetes.io/etcd.advertise-client-urls"] =
                        $"https://{address}:2379";
                }
                else if (component is "kube-apiserver")
                {
                    pod.Metadata().Under("annotations")["kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"] =
                        $"{address}:6443";
                }

                Mirror(cluster, node, pod);
            }

            return true;
        });

    /// <summary>
    /// A manifest in a machine's <c>/etc/kubernetes/manifests</c>, for example kube-vip's: creates or updates its mirror pod.
    /// </summary>
    public static void PutStaticPod(this LabCluster cluster, string node, JsonObject manifest) =>
        cluster.Run(() =>
        {
            Mirror(cluster, node, manifest.Copy());
            return true;
        });

    /// <summary>Removes the mirror pod of a deleted manifest. A missing pod is no error.</summary>
    public static void RemoveStaticPod(this LabCluster cluster, string node, string name, string ns = KubeSystem) =>
        cluster.Run(() =>
        {
            if (cluster.Objects.Find("pods", $"{ns}/{name}-{node}") is not null)
            {
                cluster.DeleteCore(KubeResources.Pods, $"{ns}/{name}-{node}", $"{name}-{node}", DeleteOptions.AtOnce);
            }

            return true;
        });

    /// <summary>CoreDNS and kube-proxy, with their service accounts and configuration.</summary>
    /// <param name="version">The Kubernetes version, as <c>v1.32.4</c>; kube-proxy runs it.</param>
    public static void PutAddons(this LabCluster cluster, string version) =>
        cluster.Run(() =>
        {
            foreach (var account in (ReadOnlySpan<string>)["coredns", "kube-proxy"])
            {
                SystemObjects.Put(cluster, KubeResources.ServiceAccounts, KubeSystem, account);
            }

            SystemObjects.Put(
                cluster,
                KubeResources.ConfigMaps,
                KubeSystem,
                "coredns",
                new JsonObject
                {
                    ["data"] = new JsonObject
                    {
                        ["Corefile"] =
                            ".:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . "
                            + "/etc/resolv.conf\n}\n",
                    },
                }
            );
            SystemObjects.Put(
                cluster,
                KubeResources.ConfigMaps,
                KubeSystem,
                "kube-proxy",
                new JsonObject
                {
                    ["data"] = new JsonObject
                    {
                        ["config.conf"] = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
                    },
                }
            );
            SystemObjects.Put(cluster, KubeResources.Services, KubeSystem, "kube-dns", Dns());
            PutOrReplace(cluster, KubeResources.Deployments, "coredns", CoreDns(CoreDnsTag(version)));
            PutOrReplace(cluster, KubeResources.DaemonSets, "kube-proxy", KubeProxy(version));
            return true;
        });

    /// <summary>
    /// The roles and bindings of <c>kubeadm init</c>: administrators, joining with bootstrap tokens, and the public
    /// <c>cluster-info</c>.
    /// </summary>
    public static void PutKubeadmAccess(this LabCluster cluster) =>
        cluster.Run(() =>
        {
            const string Joiners = "system:bootstrappers:kubeadm:default-node-token";
            SystemObjects.Role(cluster, "kubeadm:get-nodes", SystemObjects.Rule([""], ["nodes"], ["get"]));
            SystemObjects.Bind(cluster, "kubeadm:cluster-admins", "cluster-admin", "kubeadm:cluster-admins");
            SystemObjects.Bind(cluster, "kubeadm:get-nodes", "kubeadm:get-nodes", Joiners);
            SystemObjects.Bind(cluster, "kubeadm:kubelet-bootstrap", "system:node-bootstrapper", Joiners);
            PutRole(
                cluster,
                KubeSystem,
                "kubeadm:nodes-kubeadm-config",
                ["kubeadm-config"],
                "configmaps",
                Group(Joiners),
                Group("system:nodes")
            );
            PutRole(
                cluster,
                KubeSystem,
                "kubeadm:kubelet-config",
                ["kubelet-config"],
                "configmaps",
                Group(Joiners),
                Group("system:nodes")
            );
            PutRole(cluster, KubeSystem, "kube-proxy", ["kube-proxy"], "configmaps", Group(Joiners));
            PutRole(
                cluster,
                "kube-public",
                "kubeadm:bootstrap-signer-clusterinfo",
                ["cluster-info"],
                "configmaps",
                new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "User",
                    ["name"] = "system:anonymous",
                }
            );
            return true;
        });

    /// <summary>
    /// Deleting a mirror pod does not stop the static pod: the manifest is still on the machine, and the kubelet recreates the
    /// mirror pod.
    /// </summary>
    internal static void MirrorAgain(LabCluster cluster, JsonObject pod)
    {
        var key = $"{pod.Namespace()}/{pod.Name()}";
        if (cluster.Objects.Find("pods", key) is not null)
        {
            cluster.DeleteCore(KubeResources.Pods, key, pod.Name(), DeleteOptions.AtOnce);
        }

        var again = pod.Copy();
        foreach (
            var own in (ReadOnlySpan<string>)
                ["uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
        )
        {
            again.Metadata().Remove(own);
        }

        again.Remove("status");
        again.SetCondition("PodScheduled", "True", cluster.Now);
        cluster.CreateCore(KubeResources.Pods, again, WriteOptions.Default);
    }

    private static void Mirror(LabCluster cluster, string node, JsonObject pod)
    {
        var owner = (cluster.Objects.Find("nodes", node) ?? throw KubeException.NotFound(KubeResources.Nodes, node)).Read();
        var ns = pod.Namespace() ?? KubeSystem;
        var name = $"{pod.Name()}-{node}";
        var hash = Controllers.Workloads.Hash(pod);
        if (cluster.Objects.Find("pods", $"{ns}/{name}")?.Read() is { } there)
        {
            if (there.Annotation("kubernetes.io/config.hash") == hash)
            {
                return;
            }

            cluster.DeleteCore(KubeResources.Pods, $"{ns}/{name}", name, DeleteOptions.AtOnce);
        }

        pod.Metadata()["name"] = name;
        pod.Metadata()["namespace"] = ns;
        var annotations = pod.Metadata().Under("annotations");
        annotations["kubernetes.io/config.hash"] = hash;
        annotations[MirrorAnnotation] = hash;
        annotations["kubernetes.io/config.source"] = "file";
        pod.Metadata()["ownerReferences"] = new JsonArray(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Node",
                ["name"] = node,
                ["uid"] = owner.Uid(),
                ["controller"] = true,
            }
        );
        var spec = pod.Under("spec");
        spec["nodeName"] = node;
        spec["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists", ["effect"] = "NoExecute" });
        pod.SetCondition("PodScheduled", "True", cluster.Now);
        cluster.CreateCore(KubeResources.Pods, pod, WriteOptions.Default);
    }

    private static JsonObject StaticPod(string component, string image, IReadOnlyList<string> command) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = component,
                ["namespace"] = KubeSystem,
                ["labels"] = new JsonObject { ["component"] = component, ["tier"] = "control-plane" },
            },
            ["spec"] = new JsonObject
            {
                ["hostNetwork"] = true,
                ["priorityClassName"] = "system-node-critical",
                ["containers"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = component,
                        ["image"] = image,
                        ["command"] = new JsonArray([.. command.Select(part => JsonValue.Create(part))]),
                    }
                ),
            },
        };

    // CoreDNSVersion in cmd/kubeadm/app/constants/constants.go of each release branch.
    private static string CoreDnsTag(string version) =>
        (KubeVersion.TryParse(version)?.Minor ?? 0) switch
        {
            <= 28 => "v1.10.1",
            29 => "v1.11.1",
            <= 32 => "v1.11.3",
            33 => "v1.12.0",
            34 => "v1.12.1",
            35 => "v1.13.1",
            _ => "v1.14.2",
        };

    private static JsonObject CoreDns(string tag) =>
        new()
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["k8s-app"] = "kube-dns" } },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 2,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["k8s-app"] = "kube-dns" } },
                ["strategy"] = new JsonObject
                {
                    ["type"] = "RollingUpdate",
                    ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = 1, ["maxSurge"] = "25%" },
                },
                ["template"] = Template(
                    "kube-dns",
                    "coredns",
                    "registry.k8s.io/coredns/coredns:" + tag,
                    new JsonArray(
                        new JsonObject { ["key"] = "CriticalAddonsOnly", ["operator"] = "Exists" },
                        new JsonObject { ["key"] = "node-role.kubernetes.io/control-plane", ["effect"] = "NoSchedule" }
                    ),
                    hostNetwork: false
                ),
            },
        };

    private static JsonObject KubeProxy(string version) =>
        new()
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["k8s-app"] = "kube-proxy" } },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["k8s-app"] = "kube-proxy" } },
                ["template"] = Template(
                    "kube-proxy",
                    "kube-proxy",
                    "registry.k8s.io/kube-proxy:" + version,
                    new JsonArray(new JsonObject { ["operator"] = "Exists" }),
                    hostNetwork: true
                ),
            },
        };

    private static JsonObject Template(string app, string name, string image, JsonArray tolerations, bool hostNetwork)
    {
        var spec = new JsonObject
        {
            ["serviceAccountName"] = name,
            ["priorityClassName"] = hostNetwork ? "system-node-critical" : "system-cluster-critical",
            ["nodeSelector"] = new JsonObject { ["kubernetes.io/os"] = "linux" },
            ["tolerations"] = tolerations,
            ["containers"] = new JsonArray(new JsonObject { ["name"] = name, ["image"] = image }),
        };
        if (hostNetwork)
        {
            spec["hostNetwork"] = true;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["k8s-app"] = app } },
            ["spec"] = spec,
        };
    }

    private static JsonObject Dns() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject
                {
                    ["k8s-app"] = "kube-dns",
                    ["kubernetes.io/cluster-service"] = "true",
                    ["kubernetes.io/name"] = "CoreDNS",
                },
            },
            ["spec"] = new JsonObject
            {
                ["clusterIP"] = "10.96.0.10",
                ["selector"] = new JsonObject { ["k8s-app"] = "kube-dns" },
                ["ports"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "dns",
                        ["port"] = 53,
                        ["protocol"] = "UDP",
                        ["targetPort"] = 53,
                    },
                    new JsonObject
                    {
                        ["name"] = "dns-tcp",
                        ["port"] = 53,
                        ["protocol"] = "TCP",
                        ["targetPort"] = 53,
                    },
                    new JsonObject
                    {
                        ["name"] = "metrics",
                        ["port"] = 9153,
                        ["protocol"] = "TCP",
                        ["targetPort"] = 9153,
                    }
                ),
            },
        };

    private static void PutOrReplace(LabCluster cluster, KubeResource resource, string name, JsonObject o)
    {
        if (cluster.Objects.Find(resource.GroupResource, $"{KubeSystem}/{name}")?.Read() is { } there)
        {
            there.Under("spec")["template"] = o.At("spec", "template")!.DeepClone();
            cluster.UpdateCore(resource, there, WriteOptions.Default);
            return;
        }

        SystemObjects.Put(cluster, resource, KubeSystem, name, o);
    }

    private static void PutRole(
        LabCluster cluster,
        string ns,
        string name,
        string[] names,
        string plural,
        params JsonObject[] subjects
    )
    {
        var rule = SystemObjects.Rule([""], [plural], ["get"]);
        rule["resourceNames"] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]);
        SystemObjects.Put(cluster, KubeResources.Roles, ns, name, new JsonObject { ["rules"] = new JsonArray(rule) });
        SystemObjects.Put(
            cluster,
            KubeResources.RoleBindings,
            ns,
            name,
            new JsonObject
            {
                ["roleRef"] = new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "Role",
                    ["name"] = name,
                },
                ["subjects"] = new JsonArray([.. subjects]),
            }
        );
    }

    private static JsonObject Group(string name) =>
        new()
        {
            ["apiGroup"] = "rbac.authorization.k8s.io",
            ["kind"] = "Group",
            ["name"] = name,
        };
}
