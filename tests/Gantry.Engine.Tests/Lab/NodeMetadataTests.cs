using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Lab.Kubernetes;

namespace Gantry.Engine.Tests.Lab;

public sealed class NodeMetadataTests : IAsyncLifetime
{
    private ServedCluster _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedCluster.StartAsync("127.3.9.2", Stop);

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task Labels_of_an_earlier_call_are_removed_and_foreign_ones_stay()
    {
        _served.Cluster.Change(
            KubeResources.Nodes,
            null,
            "worker",
            node =>
            {
                node["metadata"]!["labels"]!["theirs"] = "1";
                node["metadata"]!["annotations"]!["theirs"] = "1";
                node["spec"]!["taints"] = new JsonArray(new JsonObject { ["key"] = "theirs", ["effect"] = "NoSchedule" });
            }
        );
        var first = Marks(["a", "b"], ["note"], Taint.Parse("gpu=yes:NoSchedule"), Taint.Parse("old:NoExecute"));
        var second = Marks(["b"], [], Taint.Parse("gpu=no:NoSchedule"));

        await _served.Workload.LabelAsync("worker", first, Stop);
        var marked = await WorkerAsync();
        Assert.True(NodeMetadataCheck.Matches(marked, first));
        Assert.False(NodeMetadataCheck.Matches(marked, second));
        Assert.Contains(Taint.Parse("old:NoExecute"), marked.Taints);

        await _served.Workload.LabelAsync("worker", second, Stop);
        marked = await WorkerAsync();
        Assert.True(NodeMetadataCheck.Matches(marked, second));
        Assert.False(marked.Labels.ContainsKey("a"));
        Assert.False(marked.Annotations.ContainsKey("note"));
        Assert.Equal("1", marked.Labels["theirs"]);
        Assert.Equal("1", marked.Annotations["theirs"]);
        Assert.Equal(
            [Taint.Parse("theirs:NoSchedule"), Taint.Parse("gpu=no:NoSchedule")],
            marked.Taints.OrderByDescending(taint => taint.Key.Value)
        );
    }

    [Fact]
    public async Task A_node_with_its_labels_and_taints_is_not_written_again()
    {
        var metadata = Marks(["a"], ["note"], Taint.Parse("gpu:NoSchedule"));
        await _served.Workload.LabelAsync("worker", metadata, Stop);
        var before = Version();

        await _served.Workload.LabelAsync("worker", metadata, Stop);

        Assert.Equal(before, Version());
    }

    [Fact]
    public async Task A_label_that_was_removed_or_changed_is_detected()
    {
        var metadata = Marks(["a"], [], Taint.Parse("gpu:NoSchedule"));
        await _served.Workload.LabelAsync("worker", metadata, Stop);
        _served.Cluster.Change(KubeResources.Nodes, null, "worker", node => node["spec"]!.AsObject().Remove("taints"));
        Assert.False(NodeMetadataCheck.Matches(await WorkerAsync(), metadata));

        await _served.Workload.LabelAsync("worker", metadata, Stop);
        _served.Cluster.Change(KubeResources.Nodes, null, "worker", node => node["metadata"]!["labels"]!["a"] = "other");
        Assert.False(NodeMetadataCheck.Matches(await WorkerAsync(), metadata));
    }

    [Fact]
    public async Task Kubeadms_taint_goes_and_comes_back_with_the_work_of_a_control_plane()
    {
        _served.Cluster.Change(
            KubeResources.Nodes,
            null,
            "worker",
            node =>
                node["spec"]!["taints"] = new JsonArray(
                    new JsonObject { ["key"] = "node-role.kubernetes.io/control-plane", ["effect"] = "NoSchedule" },
                    new JsonObject { ["key"] = "theirs", ["effect"] = "NoSchedule" }
                )
        );
        var works = Marks([], []) with { Schedulable = true };
        Assert.False(NodeMetadataCheck.Matches(await WorkerAsync(), works));

        await _served.Workload.LabelAsync("worker", works, Stop);
        var node = await WorkerAsync();
        Assert.True(NodeMetadataCheck.Matches(node, works));
        Assert.Equal([Taint.Parse("theirs:NoSchedule")], node.Taints);

        var rests = works with { Schedulable = false };
        Assert.False(NodeMetadataCheck.Matches(node, rests));
        await _served.Workload.LabelAsync("worker", rests, Stop);
        node = await WorkerAsync();
        Assert.True(NodeMetadataCheck.Matches(node, rests));
        Assert.Contains(NodeMetadataCheck.ControlPlaneTaint, node.Taints);
        Assert.Contains(Taint.Parse("theirs:NoSchedule"), node.Taints);
    }

    [Fact]
    public async Task A_silent_kubelet_is_told_apart_from_a_node_that_is_not_ready()
    {
        var since = (await WorkerAsync()).ReadySince;
        Assert.NotNull(since);

        _served.Cluster.SetNodeReports("worker", reports: false);

        var silent = await WorkerAsync();
        Assert.True(silent is { Silent: true, Ready: false });
        Assert.True(silent.ReadySince >= since);
        Assert.Contains(silent.Taints, taint => taint.Key.Value == "node.kubernetes.io/unreachable");
    }

    [Fact]
    public async Task Problems_of_a_ready_node_are_observed()
    {
        _served.Cluster.Change(
            KubeResources.Nodes,
            null,
            "worker",
            node =>
            {
                var conditions = node["status"]!["conditions"]!.AsArray();
                conditions.Add(
                    new JsonObject
                    {
                        ["type"] = "DiskPressure",
                        ["status"] = "True",
                        ["message"] = "kubelet has disk pressure",
                    }
                );
                conditions.Add(
                    new JsonObject
                    {
                        ["type"] = "PIDPressure",
                        ["status"] = "False",
                        ["message"] = "kubelet has sufficient PID available",
                    }
                );
            }
        );

        var node = await WorkerAsync();
        Assert.True(node.Ready);
        Assert.Equal(["DiskPressure: kubelet has disk pressure"], node.Problems);
    }

    private static NodeMetadata Marks(string[] labels, string[] annotations, params Taint[] taints) =>
        new(
            "maas:///az1/abc123",
            [.. labels.Select(name => KeyValuePair.Create(name, "x"))],
            [.. annotations.Select(name => KeyValuePair.Create(name, "x"))],
            [.. taints]
        );

    private async Task<WorkloadNode> WorkerAsync() =>
        (await _served.Workload.ListNodesAsync(Stop)).Single(node => node.Name == "worker");

    private string Version() =>
        _served.Cluster.Get(KubeResources.Nodes, null, "worker")["metadata"]!["resourceVersion"]!.ToString();
}
