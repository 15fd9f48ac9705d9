using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Clusters.Etcd;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary><c>kubeadm init</c> on one machine.</summary>
internal sealed class KubeadmInit(IKubeadmHost host, ShellCall call, KubeadmConfig config, IReadOnlyList<string> ignored)
{
    private readonly KubeVersion _kubeadm = host.State.Kubernetes!.Value;
    private readonly JsonObject _cluster = config.Cluster ?? [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (host.Record.Joined && !host.State.KubeletRuns)
        {
            // The lab was killed after this point, and began the boot anew with an empty disk.
            return;
        }

        if (config.Join is not null && config.Init is null && config.Cluster is null)
        {
            throw new KubeadmException("no InitConfiguration or ClusterConfiguration kind was found in the YAML file");
        }

        var node = NodeSettings.Read(config.Init, host.State.Hostname);
        var version = TargetVersion();
        var advertise = config.Init?["localAPIEndpoint"]?["advertiseAddress"]?.ToString() is { Length: > 0 } given
            ? given
            : host.State.DefaultAddress;
        if (!host.State.Machine.IpAddresses.Contains(advertise))
        {
            throw new KubeadmException(
                $"localAPIEndpoint.advertiseAddress: Invalid value: \"{advertise}\": no interface of this machine has it; "
                    + $"it has {string.Join(", ", host.State.Machine.IpAddresses)}"
            );
        }

        var port = int.Parse(config.Init?["localAPIEndpoint"]?["bindPort"]?.ToString() ?? "6443", CultureInfo.InvariantCulture);
        var endpoint = _cluster["controlPlaneEndpoint"]?.ToString() is { Length: > 0 } text
            ? ClusterEndpoint.Parse(text, port, "controlPlaneEndpoint")
            : new ClusterEndpoint(advertise, port);
        var tokens = BootstrapToken.Read(config.Init, host.Clusters.Time.GetUtcNow());
        if (!host.State.KubeletRuns && host.Record.ClusterId is { } formed && host.Clusters.Find(formed)?.Record.Formed is true)
        {
            // The lab was killed after the cluster's last write and before the machine's.
            host.Initialized();
            host.Runs(
                JoinedNode.Of(host.State, node, node.Registered(), isControlPlane: true),
                node,
                !ToleratesSwap(node, config)
            );
            return;
        }

        await host.TakeAsync(5, cancellationToken);
        Check(node, port, version);
        call.Say($"[init] Using Kubernetes version: {version}");
        await host.TakeAsync(25, cancellationToken);
        var certificates = NodeCertificates.ForInit(call.Files, host.Clusters.Time.GetUtcNow());
        WriteKubeconfigs(certificates, endpoint, advertise, port, node.Name, version);
        foreach (var component in ControlPlaneCommands.Components)
        {
            WriteManifest(call.Files, component, version, ControlPlaneCommands.Of(component, node.Name, advertise, _cluster));
        }

        call.Files.Write(StaticPods.EtcdFolder + "/member/snap/db", "");
        var kubelet = node.Registered();
        await AwaitKubeletAsync(host, node, config, config.Init, cancellationToken);
        host.State.KubeletRuns = true;
        await AwaitComponentsAsync(host, call.Files, _cluster, version, config.Init, cancellationToken);
        await StartAsync(node, version, advertise, port, endpoint, certificates, tokens, kubelet, cancellationToken);
    }

    /// <summary>Fails after the time that the document allows where a component does not start.</summary>
    public static async Task AwaitComponentsAsync(
        IKubeadmHost host,
        MachineFiles files,
        JsonObject cluster,
        KubeVersion version,
        JsonObject? document,
        CancellationToken cancellationToken
    )
    {
        if (ComponentStart.Problem(files, cluster, version) is not { } problem)
        {
            return;
        }

        await host.WaitAsync(KubeadmTimeouts.ControlPlane(document, cluster, host.State.Kubernetes!.Value), cancellationToken);
        throw new KubeadmException(
            $"error execution phase wait-control-plane: failed while waiting for the control plane to start: [{problem.Split(':')[0]} "
                + "check failed: Get \"https://127.0.0.1/livez\": dial tcp 127.0.0.1: connect: connection refused]"
        );
    }

    /// <summary>Fails while the kubelet cannot start its pods: kubeadm times out waiting for it.</summary>
    public static async Task AwaitKubeletAsync(
        IKubeadmHost host,
        NodeSettings node,
        KubeadmConfig config,
        JsonObject? document,
        CancellationToken cancellationToken
    )
    {
        if (KubeletProblem(host.State, node, config) is not { } problem)
        {
            return;
        }

        var limit = KubeadmTimeouts.Kubelet(document);
        await host.WaitAsync(limit, cancellationToken);
        throw new KubeadmException(
            $"error execution phase wait-control-plane: the kubelet is not healthy after {KubeadmTimeouts.Text(limit)}: {problem}"
        );
    }

    private static string? KubeletProblem(MachineState state, NodeSettings node, KubeadmConfig config) =>
        ComponentFlags.Problem("kubelet", state.Kubernetes!.Value.Minor, node.KubeletArguments) is { } flag
            ? $"failed to run Kubelet: failed to parse kubelet flag: {flag["Error: ".Length..]}"
        : state.Swap && !ToleratesSwap(node, config)
            ? "failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false"
        // kubeadm configures the kubelet for systemd's cgroups, and containerd's own default are others.
        : state.ContainerdRuns?.Contains("SystemdCgroup = true", StringComparison.Ordinal) is not true
            ? "failed to create pod sandbox: runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for "
                + "systemd cgroups"
        : null;

    public static bool ToleratesSwap(NodeSettings node, KubeadmConfig config) =>
        node.KubeletArguments.GetValueOrDefault("fail-swap-on") == "false"
        || config.Kubelet?["failSwapOn"]?.ToString() == "false";

    public static void WriteManifest(MachineFiles files, string component, KubeVersion version, IEnumerable<string> command) =>
        files.Write(
            StaticPods.PathOf(component),
            $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {component}\n  namespace: kube-system\n"
                + $"spec:\n  hostNetwork: true\n  containers:\n  - name: {component}\n    image: "
                + $"registry.k8s.io/{component}:{version}\n    command:\n"
                + string.Concat(command.Select(part => $"    - {JsonValue.Create(part).ToJsonString()}\n")),
            0b110_000_000
        );

    private KubeVersion TargetVersion()
    {
        var text = _cluster["kubernetesVersion"]?.ToString() ?? _kubeadm.ToString();
        var version =
            KubeVersion.TryParse(text)
            ?? throw new KubeadmException(
                $"kubernetesVersion: version \"{text}\" doesn't match patterns for neither semantic version nor labels "
                    + $"(stable, latest, ...); write for example {_kubeadm}"
            );
        return version.Minor >= _kubeadm.Minor - 1
            ? version
            : throw new KubeadmException(
                "this version of kubeadm only supports deploying clusters with the control plane version >= "
                    + $"1.{_kubeadm.Minor - 1}.0. Current version: {version}"
            );
    }

    private void Check(NodeSettings node, int port, KubeVersion version)
    {
        var checks = new Preflight(node, ignored);
        checks.WarnOfNewer(version, _kubeadm);
        checks.CheckHardware(host.State.Machine);
        checks.Check(
            "KubeletVersion",
            _kubeadm.Minor <= version.Minor,
            $"the kubelet version is higher than the control plane version. This is not a supported version "
                + $"skew and may lead to a malfunctional cluster. Kubelet version: \"{_kubeadm}\" Control plane version: "
                + $"\"{version}\""
        );
        checks.CheckSystem(host.State);
        checks.CheckKubelet(host.State);
        checks.CheckControlPlane(host.State, port);
        checks.CheckEtcdImage(_kubeadm, _cluster);
        checks.Finish(call.Errors);
    }

    private void WriteKubeconfigs(
        NodeCertificates certificates,
        ClusterEndpoint endpoint,
        string advertise,
        int port,
        string node,
        KubeVersion version
    )
    {
        var now = host.Clusters.Time.GetUtcNow();
        void Write(string file, string server, string name, string organization) =>
            call.Files.Write(
                $"/etc/kubernetes/{file}.conf",
                certificates.Kubeconfig(server, name, organization, now).Replace("\r", "", StringComparison.Ordinal),
                0b110_000_000
            );
        var bindsAdmins = version.IsAtLeast(29);
        Write("admin", $"https://{endpoint}", "kubernetes-admin", bindsAdmins ? "kubeadm:cluster-admins" : "system:masters");
        if (bindsAdmins)
        {
            Write("super-admin", $"https://{endpoint}", "kubernetes-super-admin", "system:masters");
        }

        Write("kubelet", $"https://{endpoint}", $"system:node:{node}", "system:nodes");
        Write("controller-manager", $"https://{advertise}:{port}", "system:kube-controller-manager", "");
        Write("scheduler", $"https://{advertise}:{port}", "system:kube-scheduler", "");
    }

    private async Task StartAsync(
        NodeSettings node,
        KubeVersion version,
        string advertise,
        int port,
        ClusterEndpoint endpoint,
        NodeCertificates certificates,
        IReadOnlyList<BootstrapToken> tokens,
        (IReadOnlyDictionary<string, string> Labels, IReadOnlyList<LabTaint> Taints) kubelet,
        CancellationToken cancellationToken
    )
    {
        var networking = _cluster["networking"] as JsonObject ?? [];
        var names = NodeCertificates.ApiServerNames(
            node.Name,
            advertise,
            endpoint.Host,
            networking["serviceSubnet"]?.ToString() ?? "10.96.0.0/12",
            networking["dnsDomain"]?.ToString() ?? "cluster.local",
            (_cluster["apiServer"]?["certSANs"] as JsonArray ?? []).Select(san => san!.ToString())
        );
        var vip = KubeVip.Read(call.Files, host.State.Machine, initializing: version.IsAtLeast(29));
        var machine = host.State.Machine;
        var id = $"{machine.SystemId}-{host.Record.Installation}";
        var member = new ControlPlaneMember(
            machine.SystemId,
            node.Name,
            advertise,
            port,
            version.ToString(),
            names,
            vip.Address,
            Up: true
        )
        {
            Installation = host.Record.Installation,
            EtcdVersion = $"{EtcdImages.VersionOf(_kubeadm, _cluster)}",
        };
        var record = new ControlPlaneRecord
        {
            Id = id,
            Version = version.ToString(),
            Endpoint = endpoint.ToString(),
            CaPem = certificates.CaPem,
            CaKeyPem = certificates.CaKeyPem,
            EtcdCaPem = certificates.EtcdCaPem,
            EtcdCaKeyPem = certificates.EtcdCaKeyPem,
            MembersEver = 1,
        };
        var formed =
            host.Clusters.Find(id)
            ?? host.Clusters.Form(record with { Members = [member with { EtcdId = EtcdMembership.NewId(record, advertise) }] });
        var registered = JoinedNode.Of(host.State, node, kubelet, isControlPlane: true);
        try
        {
            await host.TakeAsync(40, cancellationToken);
            await formed.ServeAsync(virtualIps: true, host.Clusters.Time.GetUtcNow(), cancellationToken);
            await AwaitEndpointAsync(endpoint, certificates.CaPem, vip, cancellationToken);
            Fill(formed.Cluster, version, endpoint, certificates, tokens);
            host.Joins(id);
            JoinedNode.Register(formed.Cluster, registered, node.Taints);
            formed.Cluster.PutControlPlanePods(node.Name, version.ToString(), _cluster);
            JoinedNode.PutStaticPods(formed.Cluster, call.Files, node.Name);
            formed.Cluster.PutAddons(version.ToString());
            formed.Change(record => record with { Formed = true });
        }
        catch (EndpointException)
        {
            // The kubelet keeps the static pods running: etcd and the API server stay, without kubeadm's objects.
            host.Joins(id);
            throw;
        }
        catch
        {
            await host.Clusters.ForgetAsync(formed);
            throw;
        }

        host.Initialized();
        host.Runs(registered, node, swapStopsKubelet: !ToleratesSwap(node, config));
    }

    // Up to 1.36 kubeadm connects to the endpoint, not to the machine's own address. An endpoint without a serving machine is the
    // most common failure.
    private async Task AwaitEndpointAsync(
        ClusterEndpoint endpoint,
        string caPem,
        KubeVip vip,
        CancellationToken cancellationToken
    )
    {
        if (KubeadmTimeouts.Endpoint(config.Init, _cluster, _kubeadm) is not { } limit)
        {
            return;
        }

        var step = TimeSpan.FromSeconds(10);
        string? problem = null;
        for (var waited = TimeSpan.Zero; waited < limit; waited += step)
        {
            problem = await endpoint.ProbeAsync(host, caPem, cancellationToken);
            if (problem is null)
            {
                return;
            }

            await host.WaitAsync(step, cancellationToken);
        }

        throw new EndpointException(
            "error execution phase wait-control-plane: "
                + (
                    KubeadmTimeouts.WaitsForEndpointByCalls(_kubeadm)
                        ? "could not bootstrap the admin user in file admin.conf: unable to create ClusterRoleBinding: Post "
                            + $"\"https://{endpoint}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?timeout=10s\": "
                        : "couldn't initialize a Kubernetes cluster: the API server is not healthy after "
                            + $"{KubeadmTimeouts.Text(limit)}: https://{endpoint}/healthz: "
                )
                + $"{problem}{(vip.Problem is null ? "" : $" ({vip.Problem})")}"
        );
    }

    private void Fill(
        LabCluster objects,
        KubeVersion version,
        ClusterEndpoint endpoint,
        NodeCertificates certificates,
        IReadOnlyList<BootstrapToken> tokens
    )
    {
        var stored = (JsonObject)_cluster.DeepClone();
        stored["apiVersion"] = _kubeadm.IsAtLeast(31) ? "kubeadm.k8s.io/v1beta4" : "kubeadm.k8s.io/v1beta3";
        stored["kind"] = "ClusterConfiguration";
        stored["kubernetesVersion"] = version.ToString();
        stored["clusterName"] ??= "kubernetes";
        stored["certificatesDir"] ??= "/etc/kubernetes/pki";
        stored["imageRepository"] ??= "registry.k8s.io";
        Put(objects, "kube-system", "kubeadm-config", "ClusterConfiguration", stored.ToJsonString());
        Put(
            objects,
            "kube-system",
            "kubelet-config",
            "kubelet",
            (
                config.Kubelet
                ?? new JsonObject { ["apiVersion"] = "kubelet.config.k8s.io/v1beta1", ["kind"] = "KubeletConfiguration" }
            ).ToJsonString()
        );
        Put(
            objects,
            "kube-public",
            "cluster-info",
            "kubeconfig",
            "apiVersion: v1\nkind: Config\nclusters:\n- name: \"\"\n  cluster:\n    certificate-authority-data: "
                + $"{B64(certificates.CaPem + "\n")}\n    server: https://{endpoint}\n"
                + "contexts: null\ncurrent-context: \"\"\npreferences: {}\nusers: null\n"
        );
        objects.PutKubeadmAccess();
        foreach (var token in tokens)
        {
            token.Put(objects);
        }
    }

    private static void Put(LabCluster objects, string ns, string name, string key, string value) =>
        objects.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
                ["data"] = new JsonObject { [key] = value },
            }
        );

    private static string B64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
