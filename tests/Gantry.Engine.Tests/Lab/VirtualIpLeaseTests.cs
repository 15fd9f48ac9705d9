using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Lab.Kubernetes;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The lease of the virtual IP, read and written at an API server beside kube-vip on machines that kubeadm has joined.</summary>
public sealed class VirtualIpLeaseTests : IAsyncLifetime
{
    private static readonly string[] Addresses = ["127.98.0.1", "127.98.0.2", "127.98.0.3"];

    private readonly Standstill _time = new();
    private LabControlPlanes _lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabControlPlanes.StartAsync("127.98.0", "1.33.5", Stop, _time);
        await _lab.FormAsync(3, Stop);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task The_named_control_plane_takes_the_virtual_ip_and_renews_its_lease()
    {
        Assert.Equal(new VirtualIpFacts("m1", IsTaken: true), await _lab.Workload.FindVirtualIpAsync(Stop));
        Assert.Equal(new EndpointReach([.. Addresses], ["127.98.0.1"]), await ProbeAsync());

        await _lab.Workload.MoveVirtualIpAsync("m1", "m2", Stop);

        await HeldByAsync("m2");
        Assert.Equal(new EndpointReach([.. Addresses], ["127.98.0.2"]), await ProbeAsync());
    }

    [Fact]
    public async Task A_lease_that_another_holds_by_now_is_left_as_it_is()
    {
        await _lab.Workload.MoveVirtualIpAsync("m3", "m2", Stop);

        Assert.Equal(new VirtualIpFacts("m1", IsTaken: true), await _lab.Workload.FindVirtualIpAsync(Stop));
    }

    [Fact]
    public async Task A_lease_that_names_a_node_without_kube_vip_falls_to_the_others()
    {
        await _lab.Workload.MoveVirtualIpAsync("m1", "m9", Stop);

        await Eventually.HoldsAsync(async () =>
        {
            var facts = await _lab.Workload.FindVirtualIpAsync(Stop);
            Assert.True(facts is { Holder: not "m9", IsTaken: true }, $"{facts}");
            Assert.Single((await ProbeAsync()).Reached);
        });
    }

    [Fact]
    public async Task A_holder_that_leaves_etcd_keeps_the_virtual_ip_and_is_not_ready()
    {
        var members = (await _lab.Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);

        // No lease is ever over.
        _time.Stands = true;
        await _lab.Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);

        await Eventually.HoldsAsync(async () =>
        {
            var reach = await ProbeAsync();
            Assert.Equal([Addresses[1], Addresses[2]], reach.Serving);
            Assert.Equal((true, "an API server is not ready: /readyz answers 500"), (reach.IsCut, reach.Problem));
        });
        var refused = await Assert.ThrowsAsync<WorkloadException>(() => _lab.Workload.ListNodesAsync(Stop));
        Assert.Contains("127.0.0.1:2379", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_takes_the_virtual_ip_of_a_holder_that_left_etcd_when_its_lease_is_over()
    {
        var members = (await _lab.Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);
        await _lab.Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);

        // Whichever of the others has joined first.
        await Eventually.HoldsAsync(async () =>
        {
            var facts = await _lab.Workload.FindVirtualIpAsync(Stop);
            Assert.True(facts is { Holder: "m2" or "m3", IsTaken: true }, $"{facts}");
            Assert.Equal(
                new EndpointReach([Addresses[1], Addresses[2]], [facts.Holder is "m2" ? Addresses[1] : Addresses[2]]),
                await ProbeAsync()
            );
        });
    }

    private Task<EndpointReach> ProbeAsync() => _lab.Workload.ProbeEndpointAsync(Addresses, Stop);

    private Task HeldByAsync(string node) =>
        Eventually.HoldsAsync(async () =>
            Assert.Equal(new VirtualIpFacts(node, IsTaken: true), await _lab.Workload.FindVirtualIpAsync(Stop))
        );

    /// <summary>The time of the computer, in which nothing that is awaited from now on comes any more while it stands still.</summary>
    private sealed class Standstill : TimeProvider
    {
        public bool Stands { get; set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Stands ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
