using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    internal const string AwaitsNetworkAnnotation = "lab.gantry/awaits-network";

    /// <summary>
    /// Registers a node as its kubelet does. A registered node takes the new facts (kubelet upgraded, address changed) and
    /// becomes ready again; its labels, taints and cordon stay.
    /// </summary>
    public JsonObject AddNode(LabNode node) =>
        Run(() =>
        {
            var there = _objects.Find("nodes", node.Name)?.Read();
            var o = there ?? NewNode(node);
            if (there is null && node.AwaitsNetwork)
            {
                o.Metadata().Under("annotations")[AwaitsNetworkAnnotation] = "true";
            }

            o.Under("spec").SetOrRemove("providerID", o.Text("spec", "providerID") ?? node.ProviderId);
            ReportStatus(o, node);
            SetConditions(o, reports: true);
            var registered = there is null
                ? CreateCore(KubeResources.Nodes, o, WriteOptions.Default)
                : UpdateCore(KubeResources.Nodes, o, WriteOptions.Default);
            PutNodeLease(registered);
            if (there is null)
            {
                RecordEvent(
                    KubeResources.Nodes,
                    registered,
                    "node-controller",
                    "RegisteredNode",
                    $"Node {node.Name} event: Registered Node {node.Name} in Controller"
                );
            }

            return registered;
        });

    /// <summary>
    /// The node's kubelet starts or stops reporting. When it stops, the node's conditions become <c>Unknown</c>, its pods become
    /// unready, and pods without a longer toleration are evicted after five minutes. When it starts, the node is <c>Ready</c>
    /// once it has a network.
    /// </summary>
    /// <exception cref="KubeException">404.</exception>
    public void SetNodeReports(string name, bool reports) =>
        Run(() =>
        {
            var o = (_objects.Find("nodes", name) ?? throw KubeException.NotFound(KubeResources.Nodes, name)).Read();
            var was = IsReady(o);
            SetConditions(o, reports);
            var ready = IsReady(o);
            if (was != ready)
            {
                RecordEvent(
                    KubeResources.Nodes,
                    o,
                    ready ? "kubelet" : "node-controller",
                    ready ? "NodeReady" : "NodeNotReady",
                    ready ? $"Node {name} status is now: NodeReady" : $"Node {name} status is now: NodeNotReady",
                    warning: !ready
                );
            }

            if (reports)
            {
                PutNodeLease(o);
            }

            return UpdateCore(KubeResources.Nodes, o, WriteOptions.Default);
        });

    /// <summary>Deletes the node object with its lease and its pods. A missing node is no error.</summary>
    public void RemoveNode(string name) =>
        Run(() =>
        {
            if (_objects.Find("nodes", name) is not null)
            {
                DeleteCore(KubeResources.Nodes, name, name, DeleteOptions.AtOnce);
            }

            return true;
        });

    internal static bool IsReady(JsonObject node) => node.HasCondition("Ready");

    private static JsonObject NewNode(LabNode node)
    {
        var labels = new JsonObject
        {
            ["beta.kubernetes.io/arch"] = node.Architecture,
            ["beta.kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = node.Architecture,
            ["kubernetes.io/hostname"] = node.Name,
            ["kubernetes.io/os"] = "linux",
        };
        var annotations = new JsonObject { ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true" };
        var taints = new JsonArray();
        if (node.IsControlPlane)
        {
            labels["node-role.kubernetes.io/control-plane"] = "";
            labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
            taints.Add(Taint(new LabTaint("node-role.kubernetes.io/control-plane", "NoSchedule")));
        }

        foreach (var taint in node.Taints.Where(t => t.Key != "node-role.kubernetes.io/control-plane" || !node.IsControlPlane))
        {
            taints.Add(Taint(taint));
        }

        foreach (var (key, value) in node.Labels)
        {
            labels[key] = value;
        }

        foreach (var (key, value) in node.Annotations)
        {
            annotations[key] = value;
        }

        var spec = new JsonObject();
        if (node.PodCidr is { } cidr)
        {
            spec["podCIDR"] = cidr;
            spec["podCIDRs"] = new JsonArray(cidr);
        }

        if (taints.Count > 0)
        {
            spec["taints"] = taints;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = node.Name,
                ["labels"] = labels,
                ["annotations"] = annotations,
            },
            ["spec"] = spec,
        };
    }

    private static JsonObject Taint(LabTaint taint)
    {
        var o = new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect };
        if (taint.Value.Length > 0)
        {
            o["value"] = taint.Value;
        }

        return o;
    }

    private void ReportStatus(JsonObject o, LabNode node)
    {
        var status = o.Under("status");
        status["capacity"] = Resources(node.CpuCount * 1000, node.MemoryMiB);
        status["allocatable"] = Resources(node.CpuCount * 1000, Math.Max(node.MemoryMiB - 100, 0));
        status["addresses"] = new JsonArray(
            new JsonObject { ["type"] = "InternalIP", ["address"] = node.InternalIp },
            new JsonObject { ["type"] = "Hostname", ["address"] = node.Name }
        );
        status["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = 10250 } };
        var machineId = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{Id}/{node.Name}"))
        )[..32];
        status["nodeInfo"] = new JsonObject
        {
            ["machineID"] = machineId,
            ["systemUUID"] = new Guid(Convert.FromHexString(machineId)).ToString(),
            ["bootID"] = new Guid(Convert.FromHexString(machineId), bigEndian: true).ToString(),
            ["kernelVersion"] = node.KernelVersion,
            ["osImage"] = node.OsImage,
            ["containerRuntimeVersion"] = node.ContainerRuntime,
            ["kubeletVersion"] = node.KubeletVersion,
            ["kubeProxyVersion"] = node.KubeletVersion,
            ["operatingSystem"] = "linux",
            ["architecture"] = node.Architecture,
        };
    }

    private static JsonObject Resources(int milliCpu, int memoryMiB) =>
        new()
        {
            ["cpu"] = (milliCpu / 1000).ToString(),
            ["ephemeral-storage"] = "100Gi",
            ["hugepages-1Gi"] = "0",
            ["hugepages-2Mi"] = "0",
            ["memory"] = $"{memoryMiB * 1024L}Ki",
            ["pods"] = "110",
        };

    private void SetConditions(JsonObject o, bool reports)
    {
        var awaitsNetwork = o.Annotation(AwaitsNetworkAnnotation) is not null;
        var (pressure, because, explained) = reports
            ? ("False", (string?)null, (string?)null)
            : ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.");
        foreach (
            var (type, good, message) in ((string, string, string)[])
                [
                    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                ]
        )
        {
            o.SetCondition(type, pressure, Now, because ?? good, explained ?? message);
        }

        var (status, reason, text) = (reports, awaitsNetwork) switch
        {
            (true, false) => ("True", "KubeletReady", "kubelet is posting ready status"),
            (true, true) => (
                "False",
                "KubeletNotReady",
                "container runtime network not ready: NetworkReady=false "
                    + "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
            ),
            _ => ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
        };
        o.SetCondition("Ready", status, Now, reason, text);
        if (reports)
        {
            foreach (var condition in o.Items("status", "conditions"))
            {
                condition["lastHeartbeatTime"] = Now;
            }
        }
    }

    private void PutNodeLease(JsonObject node)
    {
        var name = node.Name();
        var lease = _objects.Find("leases.coordination.k8s.io", "kube-node-lease/" + name)?.Read();
        var spec = new JsonObject
        {
            ["holderIdentity"] = name,
            ["leaseDurationSeconds"] = 40,
            ["renewTime"] = KubeJson.MicroStamp(_time.GetUtcNow()),
        };
        if (lease is not null)
        {
            lease["spec"] = spec;
            UpdateCore(KubeResources.Leases, lease, WriteOptions.Default);
            return;
        }

        CreateCore(
            KubeResources.Leases,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = "kube-node-lease",
                    ["ownerReferences"] = new JsonArray(
                        new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "Node",
                            ["name"] = name,
                            ["uid"] = node.Uid(),
                        }
                    ),
                },
                ["spec"] = spec,
            },
            WriteOptions.Default
        );
    }
}
