using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>What the emulated kubeadm finds on a machine on which it ran before, and how long it waits.</summary>
public sealed class KubeadmAgainTests : IMachineReports, IAsyncDisposable
{
    private const string Vip = "127.91.0.100";

    private readonly ConcurrentQueue<string> _reports = new();
    private readonly ClusterDocuments _documents = new(Vip);
    private LabMachines? _machines;

    public ValueTask DisposeAsync() => _machines?.DisposeAsync() ?? ValueTask.CompletedTask;

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success) =>
        _reports.Enqueue($"{systemId} {name} {success} {description}");

    [Fact]
    public async Task A_second_init_is_refused_for_every_port_file_and_folder_of_the_first()
    {
        await StartAsync();

        Boot("cp1", (_documents with { ThenCommand = "kubeadm init --config /run/kubeadm/kubeadm.yaml" }).Init());

        await SaysAsync([
            .. new[] { 6443, 10250, 10257, 10259, 2379, 2380 }.Select(port => $"[ERROR Port-{port}]: Port {port} is in use"),
            .. new[] { "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd" }.Select(component =>
                $"[ERROR FileAvailable--etc-kubernetes-manifests-{component}.yaml]: /etc/kubernetes/manifests/{component}.yaml "
                + "already exists"
            ),
            "[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty",
        ]);
    }

    [Fact]
    public async Task A_second_join_without_a_reset_is_refused()
    {
        await FormAsync();

        Boot("w1", (_documents with { ThenCommand = "kubeadm join --config /run/kubeadm/join.yaml" }).JoinWorker());

        await SaysAsync(
            "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists",
            "[ERROR FileAvailable--etc-kubernetes-pki-ca.crt]: /etc/kubernetes/pki/ca.crt already exists",
            "[ERROR Port-10250]: Port 10250 is in use"
        );
    }

    [Fact]
    public async Task A_kubeadm_that_is_older_than_the_cluster_joins_with_a_warning()
    {
        await FormAsync();

        Boot("cp2", _documents.JoinControlPlane(), "custom/ubuntu-24.04-k8s-1.32.9", "127.91.0.2");

        await Eventually.HoldsAsync(() =>
        {
            Assert.Equal(
                "v1.32.9",
                Cluster.Find(KubeResources.Nodes, null, "cp2")?["status"]?["nodeInfo"]?["kubeletVersion"]?.ToString()
            );
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task An_init_of_1_37_ends_well_behind_an_endpoint_that_never_answers()
    {
        await StartAsync();

        Boot(
            "cp1",
            (_documents with { Version = "1.37.1", KubeVipAddress = "127.91.0.101" }).Init(),
            "custom/ubuntu-24.04-k8s-1.37.1"
        );

        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(_reports, line => line.StartsWith("cp1-id modules-final True", StringComparison.Ordinal));
            return Task.CompletedTask;
        });
        Assert.Null(_machines!.Clusters.At(new IPEndPoint(IPAddress.Parse(Vip), 6443)));
    }

    [Theory]
    [InlineData("1.30.9", """{"apiServer": {"timeoutForControlPlane": "2m0s"}}""", "{}", 120)]
    [InlineData("1.32.9", "{}", "{}", 240)]
    [InlineData("1.32.9", """{"apiServer": {"timeoutForControlPlane": "2m0s"}}""", "{}", 240)]
    [InlineData("1.32.9", "{}", """{"timeouts": {"controlPlaneComponentHealthCheck": "6m0s"}}""", 360)]
    [InlineData("1.36.5", "{}", "{}", 60)]
    [InlineData("1.36.5", "{}", """{"timeouts": {"controlPlaneComponentHealthCheck": "6m0s"}}""", 60)]
    [InlineData("1.36.5", "{}", """{"timeouts": {"kubernetesAPICall": "4m0s"}}""", 240)]
    [InlineData("1.37.1", "{}", "{}", null)]
    public void The_endpoint_has_the_time_of_kubeadms_version(string version, string cluster, string init, int? seconds) =>
        Assert.Equal(
            seconds is { } limit ? TimeSpan.FromSeconds(limit) : null,
            KubeadmTimeouts.Endpoint(
                (JsonObject)JsonNode.Parse(init)!,
                (JsonObject)JsonNode.Parse(cluster)!,
                KubeVersion.TryParse(version)!.Value
            )
        );

    private LabCluster Cluster => _machines!.Clusters.At(new IPEndPoint(IPAddress.Parse(Vip), 6443))!.Cluster;

    private async Task StartAsync()
    {
        _machines = await LabMachines.StartAsync(
            new LabMachinesOptions { Speed = 20_000, Sockets = false },
            new MemoryLabStore(),
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        _machines.Resume(this);
    }

    private async Task FormAsync()
    {
        await StartAsync();
        Boot("cp1", _documents.Init());
        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(_reports, line => line.StartsWith("cp1-id modules-final True", StringComparison.Ordinal));
            return Task.CompletedTask;
        });
    }

    private void Boot(
        string name,
        byte[] userData,
        string image = "custom/ubuntu-24.04-k8s-1.33.4",
        string address = "127.91.0.1"
    ) => _machines!.Boot(ClusterDocuments.Machine(name, name is "w1" ? "127.91.1.1" : address, userData, image));

    private Task SaysAsync(params string[] texts) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.All(texts, text => Assert.Contains(_reports, line => line.Contains(text, StringComparison.Ordinal)));
            return Task.CompletedTask;
        });
}
