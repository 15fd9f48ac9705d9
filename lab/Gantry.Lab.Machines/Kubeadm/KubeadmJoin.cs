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
    private static readonly TimeSpan DiscoveryLimit = TimeSpan.FromMinutes(5);

    private readonly KubeVersion _kubeadm = host.State.Kubernetes!.Value;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (host.Record.Node is not null)
        {
            // The lab was killed after this point; the disk already holds the result.
            return;
        }

        var join = config.Join ?? throw new KubeadmException("no JoinConfiguration kind was found in the YAML file");
        var node = NodeSettings.Read(join, host.State.Hostname);
        var controlPlane = join["controlPlane"] as JsonObject;
        await host.TakeAsync(5, cancellationToken);
        Check(node, controlPlane is not null);
        var (cluster, discovery) = await DiscoverAsync(join, cancellationToken);
        var stored = StoredConfiguration(cluster.Cluster);
        CheckSkew(node, stored);
        if (controlPlane is not null)
        {
            var checks = new Preflight(node, ignored);
            checks.CheckHardware(host.State.Machine);
            checks.Finish();
        }

        var certificates = controlPlane is null ? null : SharedCertificates(cluster, controlPlane, stored);
        await host.TakeAsync(15, cancellationToken);
        CheckName(cluster.Cluster, node);
        var kubelet = node.Registered();
        KubeadmInit.RefuseSwap(host, node, config);
        var address = controlPlane?["localAPIEndpoint"]?["advertiseAddress"]?.ToString() is { Length: > 0 } given
            ? given
            : host.State.Machine.IpAddresses[0];
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
            await etcd.CheckAsync(address, cancellationToken);
        }

        host.Joins(cluster.Record.Id);
        var registered = JoinedNode.Of(host.State, node, kubelet, controlPlane is not null, address);
        if (etcd is not null)
        {
            var member = Member(node, address, controlPlane!, certificates!, stored, discovery);
            await etcd.RunAsync(member, cancellationToken);
            await cluster.ServeAsync(virtualIps: true, host.Clusters.Time.GetUtcNow(), cancellationToken);
        }

        await host.TakeAsync(15, cancellationToken);
        RequireCluster(cluster);
        JoinedNode.Register(cluster.Cluster, registered, node.Taints);
        if (controlPlane is not null)
        {
            cluster.Cluster.PutControlPlanePods(node.Name, StoredVersion(stored).ToString(), stored);
        }

        JoinedNode.PutStaticPods(cluster.Cluster, call.Files, node.Name);
        host.Runs(registered, node, swapStopsKubelet: !KubeadmInit.ToleratesSwap(node, config));
    }

    private void Check(NodeSettings node, bool controlPlane)
    {
        var checks = new Preflight(node, ignored);
        foreach (var file in (ReadOnlySpan<string>)["kubelet", "bootstrap-kubelet"])
        {
            checks.Check(
                $"FileAvailable--etc-kubernetes-{file}.conf",
                call.Files.Find($"/etc/kubernetes/{file}.conf") is null,
                $"/etc/kubernetes/{file}.conf already exists"
            );
        }

        if (!controlPlane)
        {
            checks.Check(
                "FileAvailable--etc-kubernetes-pki-ca.crt",
                call.Files.Find("/etc/kubernetes/pki/ca.crt") is null,
                "/etc/kubernetes/pki/ca.crt already exists"
            );
            checks.Check(
                "DirAvailable--etc-kubernetes-manifests",
                !call.Files.Names("/etc/kubernetes/manifests").Any(),
                "/etc/kubernetes/manifests is not empty"
            );
        }

        checks.Finish();
    }

    // Discovery uses an unverified connection: only the CA hash and the token authenticate the response.
    private async Task<(ControlPlane Cluster, ClusterEndpoint Endpoint)> DiscoverAsync(
        JsonObject join,
        CancellationToken cancellationToken
    )
    {
        if (join["discovery"]?["bootstrapToken"] is not JsonObject discovery)
        {
            throw new KubeadmException(
                "discovery: Invalid value: \"\": bootstrapToken or file must be set; the lab's kubeadm knows bootstrapToken"
            );
        }

        var token = discovery["token"]?.ToString() ?? "";
        BootstrapToken.Split(token);
        var hashes = (discovery["caCertHashes"] as JsonArray ?? []).Select(hash => hash!.ToString()).ToArray();
        if (hashes.Length == 0 && discovery["unsafeSkipCAVerification"]?.ToString() != "true")
        {
            throw new KubeadmException(
                "discovery.bootstrapToken: Invalid value: \"\": using token-based discovery without caCertHashes can be unsafe. "
                    + "Set unsafeSkipCAVerification as true in your kubeadm config file or pass caCertHashes"
            );
        }

        var endpoint = ClusterEndpoint.Parse(
            discovery["apiServerEndpoint"]?.ToString() ?? "",
            6443,
            "discovery.bootstrapToken.apiServerEndpoint"
        );
        var step = TimeSpan.FromSeconds(10);
        var problem = "";
        for (var waited = TimeSpan.Zero; waited < DiscoveryLimit; waited += step)
        {
            problem = $"lookup {endpoint.Host}: no such host";
            foreach (var target in endpoint.Targets(host))
            {
                try
                {
                    var caPem = AuthorityOf(await host.Clusters.Network.ClusterInfoAsync(target, cancellationToken));
                    var hash = NodeCertificates.KeyHash(caPem);
                    problem =
                        hashes.Length > 0 && !hashes.Contains(hash)
                            ? $"cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"{hash}\" are "
                                + "pinned"
                            : await host.Clusters.Network.ProbeAsync(target, caPem, cancellationToken)
                                ?? (
                                    host.Clusters.Behind(target.Address, caPem) is { } found
                                        ? BootstrapToken.Refuse(found.Cluster, token, host.Clusters.Time.GetUtcNow())
                                        : "the API server went away"
                                );
                    if (problem is null)
                    {
                        return (host.Clusters.Behind(target.Address, caPem)!, endpoint);
                    }
                }
                catch (HttpRequestException unreachable)
                {
                    problem = unreachable.Message;
                }
            }

            await host.WaitAsync(step, cancellationToken);
        }

        throw new KubeadmException(
            $"error execution phase preflight: couldn't validate the identity of the API Server: {problem}"
        );
    }

    private static string AuthorityOf(string kubeconfig)
    {
        var data =
            YamlText
                .Documents(kubeconfig, uniqueKeys: false)[0]
                ?["clusters"]?[0]?["cluster"]?["certificate-authority-data"]?.ToString()
            ?? throw new HttpRequestException("no valid CA in the cluster-info kubeconfig");
        return Encoding.UTF8.GetString(Convert.FromBase64String(data)).Trim();
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
        if (api == "kubeadm.k8s.io/v1beta4" && !_kubeadm.IsAtLeast(31) || version.Minor > _kubeadm.Minor)
        {
            throw new KubeadmException(
                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: Kubernetes version is "
                    + "greater than kubeadm version. "
                    + $"Please consider to upgrade kubeadm. Kubernetes version: {version}. Kubeadm version: {_kubeadm}"
            );
        }

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
        checks.Finish();
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

    private ControlPlaneMember Member(
        NodeSettings node,
        string address,
        JsonObject controlPlane,
        NodeCertificates certificates,
        JsonObject stored,
        ClusterEndpoint endpoint
    )
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
        KubeadmInit.WriteManifests(
            call.Files,
            _kubeadm,
            component => ControlPlaneCommands.Of(component, node.Name, address, stored)
        );
        var port = int.Parse(controlPlane["localAPIEndpoint"]?["bindPort"]?.ToString() ?? "6443", CultureInfo.InvariantCulture);
        return new ControlPlaneMember(
            host.State.Machine.SystemId,
            node.Name,
            address,
            port,
            StoredVersion(stored).ToString(),
            names,
            KubeVip.Read(call.Files, initializing: false).Address,
            Up: true
        )
        {
            Installation = host.Record.Installation,
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
