using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary><c>kubeadm join</c> on one machine, as a worker or as a further control plane.</summary>
internal sealed class KubeadmJoin(IKubeadmHost host, ShellCall call, KubeadmConfig config, IReadOnlyList<string> ignored)
{
    private readonly KubeVersion _kubeadm = host.State.Kubernetes!.Value;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (host.Record.Joined && !host.State.KubeletRuns)
        {
            // The lab was killed after this point, and began the boot anew with an empty disk.
            return;
        }

        var join = config.Join ?? throw new KubeadmException("no JoinConfiguration kind was found in the YAML file");
        var node = NodeSettings.Read(join, host.State.Hostname);
        var controlPlane = join["controlPlane"] as JsonObject;
        await host.TakeAsync(5, cancellationToken);
        Check(node, controlPlane);
        var (cluster, discovery) = await new Discovery(host, call.Files).FindAsync(join, cancellationToken);
        var stored = StoredConfiguration(cluster.Cluster);
        CheckSkew(node, stored);
        if (controlPlane is not null)
        {
            var checks = new Preflight(node, ignored);
            checks.WarnOfNewer(StoredVersion(stored), _kubeadm);
            checks.CheckHardware(host.State.Machine);
            checks.CheckControlPlane(host.State, PortOf(controlPlane));
            checks.CheckEtcdImage(_kubeadm, stored);
            checks.Finish(call.Errors);
        }

        var certificates = controlPlane is null ? null : SharedCertificates(cluster, controlPlane, stored);
        await host.TakeAsync(15, cancellationToken);
        CheckName(cluster.Cluster, node);
        var kubelet = node.Registered();
        await KubeadmInit.AwaitKubeletAsync(host, node, config, join, cancellationToken);
        var address = controlPlane?["localAPIEndpoint"]?["advertiseAddress"]?.ToString() is { Length: > 0 } given
            ? given
            : host.State.DefaultAddress;
        if (!host.State.Machine.IpAddresses.Contains(address))
        {
            throw new KubeadmException(
                $"controlPlane.localAPIEndpoint.advertiseAddress: Invalid value: \"{address}\": no interface of this "
                    + "machine has it; "
                    + $"it has {string.Join(", ", host.State.Machine.IpAddresses)}"
            );
        }

        var etcd = certificates is null ? null : new EtcdJoin(host, cluster, certificates);
        if (etcd is not null)
        {
            WriteControlPlane(node, address, certificates!, stored, discovery);
            await etcd.CheckAsync(address, cancellationToken);
        }

        host.Joins(cluster.Record.Id);
        var registered = JoinedNode.Of(host.State, node, kubelet, controlPlane is not null);
        StartKubelet(cluster, registered, node, kubelet.Taints);
        if (etcd is not null)
        {
            await KubeadmInit.AwaitComponentsAsync(host, call.Files, stored, StoredVersion(stored), join, cancellationToken);
            call.Files.Write(StaticPods.EtcdFolder + "/member/snap/db", "");
            KubeadmInit.WriteManifest(call.Files, "etcd", _kubeadm, ControlPlaneCommands.Of("etcd", node.Name, address, stored));
            await etcd.RunAsync(Member(node, address, controlPlane!, stored), cancellationToken);
            await cluster.ServeAsync(virtualIps: true, host.Clusters.Time.GetUtcNow(), cancellationToken);
        }

        await host.TakeAsync(15, cancellationToken);
        RequireCluster(cluster);
        if (controlPlane is not null)
        {
            JoinedNode.MarkControlPlane(cluster.Cluster, node.Name, node.Taints);
            cluster.Cluster.PutControlPlanePods(node.Name, StoredVersion(stored).ToString(), stored);
        }

        JoinedNode.PutStaticPods(cluster.Cluster, call.Files, node.Name);
        host.Runs(registered, node, swapStopsKubelet: !KubeadmInit.ToleratesSwap(node, config));
    }

    /// <summary>The phase <c>mark-control-plane</c> alone, on a machine whose join was cut before it.</summary>
    /// <exception cref="KubeadmException">The machine is no node yet.</exception>
    public void MarkControlPlane()
    {
        var node = NodeSettings.Read(config.Join, host.State.Hostname);
        if (host.Record is not { Node: { } registered, ClusterId: { } id } || host.Clusters.Find(id) is not { } cluster)
        {
            throw new KubeadmException(
                $"error execution phase control-plane-join/mark-control-plane: nodes \"{node.Name}\" not found"
            );
        }

        JoinedNode.MarkControlPlane(cluster.Cluster, node.Name, node.Taints);
        cluster.Cluster.PutControlPlanePods(node.Name, registered.KubeletVersion, StoredConfiguration(cluster.Cluster));
        JoinedNode.PutStaticPods(cluster.Cluster, call.Files, node.Name);
        host.Runs(registered, node, swapStopsKubelet: !KubeadmInit.ToleratesSwap(node, config));
    }

    // The phase kubelet-start ends when the kubelet has exchanged the token for credentials of its own.
    private void StartKubelet(ControlPlane cluster, LabNode node, NodeSettings settings, IReadOnlyList<LabTaint> taints)
    {
        call.Files.Write("/etc/kubernetes/kubelet.conf", "kind: Config\n", 0b110_000_000);
        call.Files.Write("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
        if (!node.IsControlPlane)
        {
            call.Files.Write("/etc/kubernetes/pki/ca.crt", cluster.Record.CaPem);
        }

        JoinedNode.RegisterUnmarked(cluster.Cluster, node, taints);
        host.Registers(node, settings);
    }

    private static int PortOf(JsonObject controlPlane) =>
        int.Parse(controlPlane["localAPIEndpoint"]?["bindPort"]?.ToString() ?? "6443", CultureInfo.InvariantCulture);

    private void Check(NodeSettings node, JsonObject? controlPlane)
    {
        var checks = new Preflight(node, ignored);
        checks.CheckSystem(host.State);
        checks.CheckKubelet(host.State);
        foreach (var file in (ReadOnlySpan<string>)["kubelet", "bootstrap-kubelet"])
        {
            checks.Check(
                $"FileAvailable--etc-kubernetes-{file}.conf",
                call.Files.Find($"/etc/kubernetes/{file}.conf") is null,
                $"/etc/kubernetes/{file}.conf already exists"
            );
        }

        checks.Check(
            "DirAvailable--etc-kubernetes-manifests",
            !call.Files.Names(StaticPods.Folder).Any(),
            $"{StaticPods.Folder} is not empty"
        );
        if (controlPlane is null)
        {
            checks.Check(
                "FileAvailable--etc-kubernetes-pki-ca.crt",
                call.Files.Find("/etc/kubernetes/pki/ca.crt") is null,
                "/etc/kubernetes/pki/ca.crt already exists"
            );
        }

        checks.Finish(call.Errors);
    }

    private static JsonObject StoredConfiguration(LabCluster cluster) =>
        cluster.Find(KubeResources.ConfigMaps, "kube-system", "kubeadm-config")?["data"]?["ClusterConfiguration"]?.ToString()
            is { } text
        && YamlText.Documents(text, uniqueKeys: false)[0] is JsonObject stored
            ? stored
            : throw new KubeadmException(
                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: "
                    + "configmaps \"kubeadm-config\" not found"
            );

    private static KubeVersion StoredVersion(JsonObject stored) =>
        KubeVersion.TryParse(stored["kubernetesVersion"]?.ToString())
        ?? throw new KubeadmException(
            "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: kubernetesVersion is not a version"
        );

    private void CheckSkew(NodeSettings node, JsonObject stored)
    {
        var version = StoredVersion(stored);
        if (version.Minor < _kubeadm.Minor - 1)
        {
            throw new KubeadmException(
                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: this version of kubeadm "
                    + "only supports deploying "
                    + $"clusters with the control plane version >= 1.{_kubeadm.Minor - 1}.0. Current version: {version}"
            );
        }

        var api = stored["apiVersion"]?.ToString();
        if (api is not null && !KubeadmSchema.Reads(_kubeadm, api[(api.IndexOf('/', StringComparison.Ordinal) + 1)..]))
        {
            throw new KubeadmException(
                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to decode cluster "
                    + $"configuration data: no kind \"ClusterConfiguration\" is registered for version \"{api}\""
            );
        }

        KubeadmConfig.CheckFeatureGates(stored, _kubeadm);

        // The document is not read strictly, but one that does not fit the shape of its version cannot be read at all.
        if (
            KubeadmSchema.Check(api is "kubeadm.k8s.io/v1beta4" ? "v1beta4" : "v1beta3", "ClusterConfiguration", stored)
                is { } problem
            && problem.Contains("cannot unmarshal", StringComparison.Ordinal)
        )
        {
            throw new KubeadmException(
                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to decode cluster "
                    + $"configuration data: {problem}"
            );
        }

        var checks = new Preflight(node, ignored);
        checks.Check(
            "KubeletVersion",
            _kubeadm.Minor <= version.Minor,
            "the kubelet version is higher than the control plane version. This is not a supported version skew "
                + $"and may lead to a malfunctional cluster. Kubelet version: \"{_kubeadm}\" Control plane version: \"{version}\""
        );
        checks.Finish(call.Errors);
    }

    private NodeCertificates SharedCertificates(ControlPlane cluster, JsonObject controlPlane, JsonObject stored)
    {
        if (stored["controlPlaneEndpoint"]?.ToString() is not { Length: > 0 })
        {
            throw new KubeadmException(
                "error execution phase preflight: \nOne or more conditions for hosting a new control plane instance is "
                    + "not satisfied.\n\n"
                    + "unable to add a new control plane instance to a cluster that doesn't have a stable "
                    + "controlPlaneEndpoint address"
            );
        }

        if (controlPlane["certificateKey"]?.ToString() is { Length: > 0 })
        {
            throw new KubeadmException(
                "error execution phase control-plane-prepare/download-certs: error downloading certs: error downloading "
                    + "the secret: "
                    + "Secret \"kubeadm-certs\" was not found in the \"kube-system\" Namespace. This Secret might have "
                    + "expired. Please, run `kubeadm init phase upload-certs --upload-certs` "
                    + "on a control plane to generate a new one"
            );
        }

        var certificates = NodeCertificates.ForJoin(call.Files, host.Clusters.Time.GetUtcNow());
        return NodeCertificates.KeyHash(certificates.CaPem) == NodeCertificates.KeyHash(cluster.Record.CaPem)
            ? certificates
            : throw new KubeadmException(
                "error execution phase control-plane-prepare/certs: /etc/kubernetes/pki/ca.crt is not the authority of "
                    + "the cluster at the endpoint: "
                    + "certificates signed with it would not be accepted there"
            );
    }

    private void CheckName(LabCluster cluster, NodeSettings node)
    {
        var there = cluster.Find(KubeResources.Nodes, null, node.Name);
        var ready =
            there?["status"]?["conditions"] is JsonArray conditions
            && conditions.Any(c => c!["type"]!.ToString() == "Ready" && c["status"]!.ToString() == "True");
        if (ready && host.Record.ClusterId is null)
        {
            throw new KubeadmException(
                $"error execution phase kubelet-start: a Node with name \"{node.Name}\" and status \"Ready\" already "
                    + "exists in the cluster. You must delete "
                    + "the existing Node or change the name of this new joining Node"
            );
        }
    }

    // The phase control-plane-prepare: certificates, kubeconfigs and manifests, before the kubelet is started.
    private void WriteControlPlane(
        NodeSettings node,
        string address,
        NodeCertificates certificates,
        JsonObject stored,
        ClusterEndpoint endpoint
    )
    {
        call.Files.Write(
            "/etc/kubernetes/admin.conf",
            certificates.Kubeconfig(
                $"https://{endpoint}",
                "kubernetes-admin",
                StoredVersion(stored).IsAtLeast(29) ? "kubeadm:cluster-admins" : "system:masters",
                host.Clusters.Time.GetUtcNow()
            ),
            0b110_000_000
        );
        foreach (var component in ControlPlaneCommands.Components.Where(component => component is not "etcd"))
        {
            KubeadmInit.WriteManifest(
                call.Files,
                component,
                _kubeadm,
                ControlPlaneCommands.Of(component, node.Name, address, stored)
            );
        }
    }

    private ControlPlaneMember Member(NodeSettings node, string address, JsonObject controlPlane, JsonObject stored)
    {
        var networking = stored["networking"] as JsonObject ?? [];
        var names = NodeCertificates.ApiServerNames(
            node.Name,
            address,
            ClusterEndpoint.Parse(stored["controlPlaneEndpoint"]!.ToString(), 6443, "controlPlaneEndpoint").Host,
            networking["serviceSubnet"]?.ToString() ?? "10.96.0.0/12",
            networking["dnsDomain"]?.ToString() ?? "cluster.local",
            (stored["apiServer"]?["certSANs"] as JsonArray ?? []).Select(san => san!.ToString())
        );
        return new ControlPlaneMember(
            host.State.Machine.SystemId,
            node.Name,
            address,
            PortOf(controlPlane),
            StoredVersion(stored).ToString(),
            names,
            KubeVip.Read(call.Files, host.State.Machine, initializing: false).Address,
            Up: true
        )
        {
            Installation = host.Record.Installation,
            EtcdVersion = $"{EtcdImages.VersionOf(_kubeadm, stored)}",
        };
    }

    private void RequireCluster(ControlPlane cluster)
    {
        if (host.Clusters.Find(cluster.Record.Id) is null || !cluster.Record.HasQuorum)
        {
            throw new KubeadmException(
                $"error execution phase kubelet-start: Get \"https://{cluster.Record.Endpoint}\": dial tcp "
                    + $"{cluster.Record.Endpoint}: connect: connection refused"
            );
        }
    }
}
