using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

public sealed class LabMachinesTests : IMachineReports, IAsyncDisposable
{
    private const string Vip = "127.90.0.100";

    private readonly ConcurrentQueue<string> _reports = new();
    private readonly MemoryLabStore _store = new();
    private readonly ClusterDocuments _documents = new(Vip);
    private LabMachines? _machines;

    public async ValueTask DisposeAsync()
    {
        if (_machines is not null)
        {
            await _machines.DisposeAsync();
        }
    }

    [Fact]
    public async Task Three_control_planes_and_a_worker_become_ready_once_a_network_plug_in_runs()
    {
        await FormAsync(controlPlanes: 3, workers: 1);
        var nodes = Cluster.List(KubeResources.Nodes);
        Assert.Equal(["cp1", "cp2", "cp3", "w1"], nodes.Select(Name));
        Assert.All(nodes, node => Assert.False(IsReady(node)));
        Assert.Equal("control", nodes[0]["metadata"]!["labels"]!["pool"]!.ToString());
        Assert.Equal("maas:///default/w1-id", nodes[3]["spec"]!["providerID"]!.ToString());
        Assert.Equal("node-role.kubernetes.io/control-plane", nodes[0]["spec"]!["taints"]![0]!["key"]!.ToString());
        AddNetwork();
        await Eventually.HoldsAsync(() =>
        {
            Assert.All(Cluster.List(KubeResources.Nodes), node => Assert.True(IsReady(node)));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Exactly_one_control_plane_holds_the_virtual_IP_and_another_takes_it_over_when_the_power_fails()
    {
        await FormAsync(controlPlanes: 3, workers: 0);
        AddNetwork();
        _machines!.PowerOff("cp1-id");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Equal("dial tcp 127.90.0.1:6443: connect: connection refused", await ProbeAsync("127.90.0.1"));
            Assert.Null(await ProbeAsync(Vip));
            Assert.Equal("Unknown", Condition(Cluster.Get(KubeResources.Nodes, null, "cp1")));
        });
        _machines.PowerOff("cp2-id");
        await Eventually.HoldsAsync(async () => Assert.NotNull(await ProbeAsync(Vip)));
        _machines.PowerOn("cp1-id");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Null(await ProbeAsync(Vip));
            Assert.True(IsReady(Cluster.Get(KubeResources.Nodes, null, "cp1")));
        });
    }

    [Fact]
    public async Task A_cluster_and_its_addresses_survive_a_restart_and_end_with_the_last_machine()
    {
        await FormAsync(controlPlanes: 1, workers: 1);
        AddNetwork();
        await _machines!.DisposeAsync();
        await StartAsync();
        Assert.Null(await ProbeAsync(Vip));
        _machines.Wipe("w1-id");
        await Eventually.HoldsAsync(() =>
        {
            Assert.Equal("Unknown", Condition(Cluster.Get(KubeResources.Nodes, null, "w1")));
            return Task.CompletedTask;
        });
        _machines.Wipe("cp1-id");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.NotNull(await ProbeAsync(Vip));
            Assert.Empty(_store.All("control-plane"));
            Assert.Empty(_store.All("installed-machine"));
        });
    }

    [Fact]
    public async Task An_interrupted_first_boot_continues_after_a_restart_of_the_lab()
    {
        await StartAsync(speed: 20);
        _machines!.Boot(ClusterDocuments.Machine("cp1", "127.90.0.1", _documents.Init()));
        await _machines.DisposeAsync();
        await StartAsync();
        await BootedAsync("cp1", success: true);
        Assert.Null(await ProbeAsync(Vip));
    }

    [Fact]
    public async Task A_machine_that_loses_power_in_a_script_of_cloud_init_never_becomes_a_node()
    {
        await StartAsync(speed: 100);
        _machines!.Boot(ClusterDocuments.Machine("cp1", "127.90.0.1", _documents.Init()));
        await Eventually.HoldsAsync(() => Assert.NotNull(_machines.Clusters.OfMember("cp1-id")));
        _machines.PowerOff("cp1-id");
        _machines.PowerOn("cp1-id");
        _machines.Boot(ClusterDocuments.Machine("cp2", "127.90.0.2", _documents.Init()));
        await BootedAsync("cp2", success: true);
        Assert.Equal(["cp2"], Cluster.List(KubeResources.Nodes).Select(Name));
    }

    public static TheoryData<string, string> InvalidInits =>
        new()
        {
            { "plain image", "kubeadm: not found" },
            { "expired authority", "the certificate has expired" },
            { "foreign key", "does not match the certificate" },
            { "unknown field", "strict decoding error: unknown field \"nodeRegistration.nodeName\"" },
            {
                "form that 1.37 has dropped",
                "no kind \"InitConfiguration\" is registered for version \"kubeadm.k8s.io/v1beta3\""
            },
            {
                "feature gate that 1.33 has dropped",
                "featureGates: Invalid value: {}: EtcdLearnerMode is not a valid feature name."
            },
            { "kubelet arguments as a map", "json: cannot unmarshal object into Go struct field" },
            { "wrong address in kube-vip", "could not bootstrap the admin user in file admin.conf" },
            { "wrong address in kube-vip of 1.32", "the API server is not healthy after 4m0s" },
            {
                "unknown flag of the API server",
                "failed while waiting for the control plane to start: [kube-apiserver check failed"
            },
            { "unknown flag of etcd", "failed while waiting for the control plane to start: [etcd check failed" },
            { "feature gate that its component has dropped", "[kube-scheduler check failed" },
            { "unknown flag of the kubelet", "failed to parse kubelet flag: unknown flag: --max-podz" },
            { "kube-vip without rights", "use super-admin.conf on the first machine" },
            { "swap left on", "running with swap on is not supported" },
            { "forbidden label", "unknown 'kubernetes.io' or 'k8s.io' labels" },
        };

    [Theory]
    [MemberData(nameof(InvalidInits))]
    public async Task Kubeadm_init_refuses_what_the_real_kubeadm_refuses(string fault, string message)
    {
        var invalid = fault switch
        {
            "expired authority" => _documents with { Ca = ClusterDocuments.Authority("kubernetes", days: -1) },
            "foreign key" => _documents with { Ca = (_documents.Ca.Pem, ClusterDocuments.Authority("kubernetes").Key) },
            "wrong address in kube-vip" => _documents with { KubeVipAddress = "127.90.0.101" },
            "wrong address in kube-vip of 1.32" => _documents with { KubeVipAddress = "127.90.0.101", Version = "1.32.9" },
            "unknown flag of the kubelet" => _documents with { ExtraKubelet = ", {name: max-podz, value: '5'}" },
            "kube-vip without rights" => _documents with { KubeVipConfig = "admin.conf" },
            "swap left on" => _documents with { SwapCommand = "echo swap stays" },
            "feature gate that its component has dropped" => _documents with { Version = "1.37.1" },
            "forbidden label" => _documents with
            {
                ExtraKubelet = ", {name: node-labels, value: node-role.kubernetes.io/worker=}",
            },
            _ => _documents,
        };
        await StartAsync(speed: 20_000);
        _machines!.Boot(
            ClusterDocuments.Machine(
                "cp1",
                "127.90.0.1",
                System.Text.Encoding.UTF8.GetBytes(
                    System
                        .Text.Encoding.UTF8.GetString(invalid.Init())
                        .Replace(fault == "unknown field" ? "      name: '" : "\0", "      nodeName: '", StringComparison.Ordinal)
                        .Replace(
                            fault == "kubelet arguments as a map" ? "[{name: node-labels, value: pool=control}]" : "\0",
                            "{node-labels: pool=control}",
                            StringComparison.Ordinal
                        )
                        .Replace(fault == "form that 1.37 has dropped" ? "v1beta4" : "\0", "v1beta3", StringComparison.Ordinal)
                        .Replace(
                            fault == "feature gate that 1.33 has dropped" ? "    controlPlaneEndpoint" : "\0",
                            "    featureGates: {EtcdLearnerMode: true}\n    controlPlaneEndpoint",
                            StringComparison.Ordinal
                        )
                        .Replace(
                            ExtraArgument(fault) is null ? "\0" : "    controlPlaneEndpoint",
                            $"{ExtraArgument(fault)}    controlPlaneEndpoint",
                            StringComparison.Ordinal
                        )
                ),
                fault switch
                {
                    "plain image" => "ubuntu/noble",
                    "form that 1.37 has dropped" => "custom/ubuntu-24.04-k8s-1.37.1",
                    "feature gate that its component has dropped" => "custom/ubuntu-24.04-k8s-1.37.1",
                    "wrong address in kube-vip of 1.32" => "custom/ubuntu-24.04-k8s-1.32.9",
                    _ => "custom/ubuntu-24.04-k8s-1.33.4",
                }
            )
        );
        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(_reports, line => line.Contains(message, StringComparison.Ordinal));
            return Task.CompletedTask;
        });
        Assert.NotNull(await ProbeAsync(Vip));
        Assert.DoesNotContain(
            _reports,
            line =>
                line.Contains("PRIVATE KEY", StringComparison.Ordinal)
                || line.Contains(_documents.Token, StringComparison.Ordinal)
        );
    }

    private static string? ExtraArgument(string fault) =>
        fault switch
        {
            "unknown flag of the API server" => "    apiServer: {extraArgs: [{name: audit-log-pat, value: '-'}]}\n",
            "unknown flag of etcd" => "    etcd: {local: {extraArgs: [{name: v, value: '4'}]}}\n",
            "feature gate that its component has dropped" =>
                "    scheduler: {extraArgs: [{name: feature-gates, value: SidecarContainers=true}]}\n",
            _ => null,
        };

    public static TheoryData<string, string> InvalidJoins =>
        new()
        {
            { "expired token", "could not find a JWS signature in the cluster-info ConfigMap for token ID \"abcdef\"" },
            { "unknown token", "could not find a JWS signature in the cluster-info ConfigMap for token ID \"zzzzzz\"" },
            { "wrong secret", "failed to verify JWS signature" },
            { "wrong hash", "none of the public keys" },
            { "newer kubelet", "the kubelet version is higher than the control plane version" },
            {
                "control plane two minors ahead",
                "this version of kubeadm only supports deploying clusters with the control plane version >= 1.34.0"
            },
            { "control plane that is newer", "the kubelet version is higher than the control plane version" },
            { "control plane with one CPU", "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2" },
            { "control plane with little memory", "[ERROR Mem]: the system RAM (1024 MB) is less than the minimum 1700 MB" },
            { "name taken", "a Node with name \"cp1\" and status \"Ready\" already exists" },
            {
                "control plane without certificates",
                "One or more conditions for hosting a new control plane instance is not satisfied"
            },
            { "no API server at the endpoint", "couldn't validate the identity of the API Server: dial tcp" },
        };

    [Theory]
    [MemberData(nameof(InvalidJoins))]
    public async Task Kubeadm_join_refuses_what_the_real_kubeadm_refuses(string fault, string message)
    {
        await FormAsync(
            controlPlanes: 1,
            workers: 0,
            fault == "expired token" ? _documents with { TokenTtl = "1ms" } : _documents
        );
        AddNetwork();
        await Eventually.HoldsAsync(() =>
        {
            Assert.True(IsReady(Cluster.Get(KubeResources.Nodes, null, "cp1")));
            return Task.CompletedTask;
        });
        var invalid = fault switch
        {
            "unknown token" => _documents with { Token = "zzzzzz.0123456789abcdef" },
            "wrong secret" => _documents with { Token = "abcdef.zzzzzzzzzzzzzzzz" },
            "wrong hash" => _documents with { CaHash = "sha256:" + new string('0', 64) },
            "no API server at the endpoint" => _documents with { Endpoint = "127.90.0.99" },
            _ => _documents,
        };
        var document =
            fault == "control plane without certificates"
                ? System
                    .Text.Encoding.UTF8.GetString(invalid.JoinControlPlane())
                    .Replace("/etc/kubernetes/pki/", "/var/lost/", StringComparison.Ordinal)
            : fault.StartsWith("control plane", StringComparison.Ordinal)
                ? System.Text.Encoding.UTF8.GetString(invalid.JoinControlPlane())
            : System.Text.Encoding.UTF8.GetString(invalid.JoinWorker());
        _machines!.Boot(
            ClusterDocuments.Machine(
                fault == "name taken" ? "cp1" : "w1",
                "127.90.0.9",
                System.Text.Encoding.UTF8.GetBytes(document),
                fault switch
                {
                    "newer kubelet" or "control plane that is newer" => "custom/ubuntu-24.04-k8s-1.34.0",
                    "control plane two minors ahead" => "custom/ubuntu-24.04-k8s-1.35.0",
                    _ => "custom/ubuntu-24.04-k8s-1.33.4",
                }
            ) with
            {
                SystemId = "other-id",
                CpuCount = fault is "control plane with one CPU" ? 1 : 4,
                MemoryMiB = fault is "control plane with little memory" ? 1024 : 8192,
            }
        );
        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(_reports, line => line.Contains(message, StringComparison.Ordinal));
            return Task.CompletedTask;
        });
        Assert.Equal(["cp1"], Cluster.List(KubeResources.Nodes).Select(Name));
    }

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success) =>
        _reports.Enqueue($"{systemId} {name} {success} {description}");

    private LabCluster Cluster => _machines!.Clusters.At(new IPEndPoint(IPAddress.Parse(Vip), 6443))!.Cluster;

    private async Task StartAsync(double speed = 3000)
    {
        _machines = await LabMachines.StartAsync(
            new LabMachinesOptions { Speed = speed, Sockets = false },
            _store,
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        _machines.Resume(this);
    }

    private async Task FormAsync(int controlPlanes, int workers, ClusterDocuments? with = null)
    {
        var d = with ?? _documents;
        await StartAsync();
        _machines!.Boot(ClusterDocuments.Machine("cp1", "127.90.0.1", d.Init()));
        await BootedAsync("cp1", success: true);
        for (var i = 2; i <= controlPlanes; i++)
        {
            _machines.Boot(ClusterDocuments.Machine($"cp{i}", $"127.90.0.{i}", d.JoinControlPlane()));
        }

        for (var i = 1; i <= workers; i++)
        {
            _machines.Boot(ClusterDocuments.Machine($"w{i}", $"127.90.1.{i}", d.JoinWorker()));
        }

        foreach (
            var name in Enumerable
                .Range(2, controlPlanes - 1)
                .Select(i => $"cp{i}")
                .Concat(Enumerable.Range(1, workers).Select(i => $"w{i}"))
        )
        {
            await BootedAsync(name, success: true);
        }
    }

    private Task BootedAsync(string name, bool success) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.True(
                _reports.Any(line => line.StartsWith($"{name}-id modules-final {success}", StringComparison.Ordinal)),
                string.Join('\n', _reports)
            );
            return Task.CompletedTask;
        });

    private Task<string?> ProbeAsync(string address) =>
        _machines!.Clusters.Network.ProbeAsync(
            new ApiTarget(address, new IPEndPoint(IPAddress.Parse(address), 6443)),
            _documents.Ca.Pem,
            TestContext.Current.CancellationToken
        );

    private void AddNetwork() =>
        Cluster.Create(
            KubeResources.DaemonSets,
            JsonNode
                .Parse(
                    """
                    {"metadata":{"name":"cni","namespace":"kube-system"},"spec":{"selector":{"matchLabels":{"app":"cni"}},
                     "template":{"metadata":{"labels":{"app":"cni"}},"spec":{"hostNetwork":true,
                       "tolerations":[{"operator":"Exists"}],
                     "containers":[{"name":"cni","image":"cni:1"}]}}}}
                    """
                )!
                .AsObject()
        );

    private static string Name(JsonObject o) => o["metadata"]!["name"]!.ToString();

    private static bool IsReady(JsonObject node) => Condition(node) == "True";

    private static string Condition(JsonObject node) =>
        node["status"]!["conditions"]!.AsArray().First(c => c!["type"]!.ToString() == "Ready")!["status"]!.ToString();
}
