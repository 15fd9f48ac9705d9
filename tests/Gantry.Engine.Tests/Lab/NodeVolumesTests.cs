using System.Net;
using System.Text.Json.Nodes;
using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;
using Gantry.Lab.Kubernetes;
using Gantry.Testing;
using k8s;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The tests attach and detach, as a CSI driver would.</summary>
public sealed class NodeVolumesTests : IAsyncLifetime
{
    private ServedCluster _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedCluster.StartAsync("127.3.9.5", Stop);
        await _served.Workload.CordonAsync("worker", Stop);
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task A_volume_is_waited_for_after_the_pods_until_it_is_detached()
    {
        Put(Pod("db", "data"));
        Attach("pvc-123");

        Assert.StartsWith("default/db", Assert.Single(await DrainAsync()), StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => Assert.Equal(["volume pvc-123 is still attached"], await DrainAsync()));

        Detach("pvc-123");
        Assert.Empty(await DrainAsync());
    }

    [Fact]
    public async Task What_keeps_a_volume_from_being_detached_is_told()
    {
        Attach("pvc-123");
        _served.Cluster.Change(
            KubeResources.VolumeAttachments,
            null,
            "csi-pvc-123",
            attachment =>
                attachment["status"] = new JsonObject
                {
                    ["attached"] = true,
                    ["detachError"] = new JsonObject { ["message"] = "the array does not answer" },
                }
        );

        Assert.Equal(["volume pvc-123 is still attached: the array does not answer"], await DrainAsync());
    }

    [Fact]
    public async Task A_volume_without_a_name_is_reported_by_its_attachment()
    {
        Attach("inline", source: new JsonObject { ["inlineVolumeSpec"] = new JsonObject() });

        Assert.Equal(["volume csi-inline is still attached"], await DrainAsync());
    }

    [Fact]
    public async Task Volumes_of_other_nodes_are_not_waited_for()
    {
        Attach("pvc-123", node: "cp");

        Assert.Empty(await DrainAsync());
    }

    [Fact]
    public async Task Volumes_of_pods_that_stay_are_not_waited_for()
    {
        Put(Staying(Pod("keeper", "cache")));
        Claim("cache", "pvc-cache");
        Attach("pvc-cache");
        Attach("pvc-123");

        Assert.Equal(["volume pvc-123 is still attached"], await DrainAsync());
    }

    [Fact]
    public async Task An_ephemeral_volume_of_a_pod_that_stays_is_not_waited_for()
    {
        var pod = Staying(Pod("keeper"));
        pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "scratch", ["ephemeral"] = new JsonObject() });
        Put(pod);
        Claim("keeper-scratch", "pvc-scratch");
        Attach("pvc-scratch");

        Assert.Empty(await DrainAsync());
    }

    [Fact]
    public async Task A_volume_that_a_staying_pod_names_without_owning_it_is_waited_for()
    {
        Put(Staying(Pod("keeper", "elsewhere", "gone", "early")));
        Claim("elsewhere", "pvc-elsewhere");
        Claim("early", "pvc-123", phase: "Pending");
        Attach("pvc-123");

        Assert.Equal(["volume pvc-123 is still attached"], await DrainAsync());
    }

    [Fact]
    public async Task A_drain_past_its_timeout_waits_for_no_volume()
    {
        Attach("pvc-123");

        Assert.Empty(await _served.Workload.DrainAsync("worker", force: true, Stop));
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_volumes_of_a_silent_kubelet()
    {
        Attach("pvc-123");
        _served.Cluster.SetNodeReports("worker", reports: false);

        Assert.Empty(await DrainAsync());
    }

    [Fact]
    public async Task A_missing_right_to_list_attachments_is_reported()
    {
        await _served.Workload.ApplyAsync(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: viewers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: viewers}]
            """,
            Stop
        );
        using var viewer = _served.OpenAs("jane", "viewers");

        var refused = await Assert.ThrowsAsync<WorkloadException>(() => viewer.DrainAsync("worker", force: false, Stop));

        Assert.False(refused.Unreachable);
        Assert.Contains(
            "volumeattachments.storage.k8s.io is forbidden: User \"jane\"",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_api_server_that_does_not_know_attachments_has_none()
    {
        using var handler = new KnowsNothing();
        using var client = new Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1" }, handler);

        Assert.Empty(await new NodeVolumes(client).AttachedAsync("worker", [], Stop));
        Assert.Equal("/apis/storage.k8s.io/v1/volumeattachments", handler.Asked);
    }

    private static JsonObject Pod(string name, params string[] claims) =>
        new()
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = "worker",
                ["containers"] = new JsonArray(new JsonObject { ["name"] = name, ["image"] = name }),
                ["volumes"] = new JsonArray([
                    .. claims.Select(claim => new JsonObject
                    {
                        ["name"] = claim,
                        ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim },
                    }),
                ]),
            },
        };

    private static JsonObject Staying(JsonObject pod)
    {
        pod["spec"]!["tolerations"] = new JsonArray(
            new JsonObject { ["key"] = "node.kubernetes.io/unschedulable", ["operator"] = "Exists" }
        );
        return pod;
    }

    private Task<IReadOnlyList<string>> DrainAsync() => _served.Workload.DrainAsync("worker", force: false, Stop);

    private void Put(JsonObject pod) => _served.Cluster.Create(KubeResources.Pods, pod);

    private void Claim(string name, string volume, string phase = "Bound") =>
        _served.Cluster.Create(
            KubeResources.PersistentVolumeClaims,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["volumeName"] = volume },
                ["status"] = new JsonObject { ["phase"] = phase },
            }
        );

    private void Attach(string volume, string node = "worker", JsonObject? source = null) =>
        _served.Cluster.Create(
            KubeResources.VolumeAttachments,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"csi-{volume}" },
                ["spec"] = new JsonObject
                {
                    ["attacher"] = "csi.example.com",
                    ["nodeName"] = node,
                    ["source"] = source ?? new JsonObject { ["persistentVolumeName"] = volume },
                },
                ["status"] = new JsonObject { ["attached"] = true },
            }
        );

    private void Detach(string volume) => _served.Cluster.Delete(KubeResources.VolumeAttachments, null, $"csi-{volume}");

    private sealed class KnowsNothing : DelegatingHandler
    {
        public string? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = request.RequestUri!.AbsolutePath;
            return Task.FromResult(
                new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("404 page not found") }
            );
        }
    }
}
