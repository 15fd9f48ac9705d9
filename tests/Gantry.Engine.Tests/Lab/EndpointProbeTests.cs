using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Who is met through a load balancer of TCP connections, against API servers that kubeadm has joined.</summary>
public sealed class EndpointProbeTests : IAsyncLifetime
{
    private const string First = "127.96.0.1";
    private const string Second = "127.96.0.2";
    private const string Third = "127.96.0.3";

    private readonly Balancer _balancer = new();
    private LabControlPlanes _lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabControlPlanes.StartAsync("127.96.0", "1.33.5", Stop);
        await _lab.FormAsync(3, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Every_API_server_behind_the_balancer_is_told_from_the_others_by_its_certificate()
    {
        _balancer.Addresses = [First, Second, Third];
        Assert.Equal(new EndpointReach([First, Second, Third], [First, Second, Third]), await ProbeAsync(First, Second, Third));

        _balancer.Addresses = [Second];
        Assert.Equal(new EndpointReach([First, Second, Third], [Second]), await ProbeAsync(First, Second, Third));

        // The one that is met is none of those that are asked for.
        Assert.True((await ProbeAsync(First, Third)).IsCut);
    }

    [Fact]
    public async Task An_address_behind_the_balancer_that_does_not_answer_is_a_problem_and_hides_nobody()
    {
        _balancer.Addresses = [First, "127.96.0.77"];

        var reach = await ProbeAsync(First, Second, Third);

        Assert.Equal([First], reach.Reached);
        Assert.NotNull(reach.Problem);
    }

    [Fact]
    public async Task A_balancer_with_nobody_behind_it_reaches_nobody()
    {
        _balancer.Addresses = [];

        var reach = await ProbeAsync(First, Second);

        Assert.True(reach.IsCut);
        Assert.Equal([First, Second], reach.Serving);
        Assert.NotNull(reach.Problem);
    }

    [Fact]
    public async Task The_API_server_of_another_cluster_is_nobody()
    {
        await using var other = await ServedCluster.StartAsync("127.97.0.1", Stop);
        _balancer.Addresses = ["127.97.0.1"];
        _balancer.Port = other.Port;

        var reach = await ProbeAsync(First);

        Assert.True(reach.IsCut);
        Assert.Equal("a server that is none of the cluster answers", reach.Problem);
    }

    [Fact]
    public async Task A_control_plane_without_power_is_not_behind_the_balancer_and_serves_nobody()
    {
        _balancer.Addresses = [Third];
        _lab.Machines.PowerOff("m3-id");

        await Eventually.HoldsAsync(async () => Assert.Equal([First, Second], (await ProbeAsync(First, Second, Third)).Serving));
        Assert.True((await ProbeAsync(First, Second, Third)).IsCut);
    }

    [Fact]
    public async Task A_named_endpoint_is_reached_at_a_control_plane_that_is_ready()
    {
        // Its API server stays up, comes first and reads nothing.
        using var own = Open(First, 6443);
        await own.RemoveEtcdMemberAsync((await own.ListEtcdAsync(Stop)).Single(member => member.Name is "m1").Id, Stop);
        await Eventually.HoldsAsync(async () => Assert.Equal([Second, Third], (await ProbeAsync(First, Second, Third)).Serving));

        using var named = Open("kubernetes", 6443);

        Assert.Equal(3, (await named.ListNodesAsync(Stop)).Count);
        await Assert.ThrowsAsync<WorkloadException>(() => own.ListNodesAsync(Stop));
    }

    [Fact]
    public async Task A_name_that_the_gateway_cannot_resolve_is_not_known_to_reach_nobody()
    {
        using var workload = Open("no-such-name.invalid", 6443);

        var unknown = await Assert.ThrowsAsync<WorkloadException>(() => workload.ProbeEndpointAsync([First], Stop));

        Assert.Contains("no-such-name.invalid", unknown.Message, StringComparison.Ordinal);
    }

    private async Task<EndpointReach> ProbeAsync(params string[] controlPlanes)
    {
        using var workload = Open("127.0.0.1", _balancer.EndPoint.Port);
        return await workload.ProbeEndpointAsync(controlPlanes, Stop);
    }

    private IWorkloadCluster Open(string host, int port) =>
        new KubernetesWorkloads(new KubeadmDistribution()).Open(
            _lab.Access([1, 2, 3]) with
            {
                Endpoint = new ApiEndpoint(host, port),
            }
        );
}
