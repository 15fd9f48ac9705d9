using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The etcd side of the workload port over TLS, against control planes that kubeadm has joined.</summary>
public sealed class EtcdClusterTests : IAsyncLifetime
{
    private LabControlPlanes _lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IWorkloadCluster Workload => _lab.Workload;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabControlPlanes.StartAsync("127.93.0", "1.33.5", Stop);
        await _lab.FormAsync(3, Stop);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Every_member_is_listed_with_its_nodes_name_its_health_and_the_leader()
    {
        var members = await Workload.ListEtcdAsync(Stop);

        Assert.Equal(["m1", "m2", "m3"], members.Select(member => member.Name).Order());
        Assert.All(members, member => Assert.True(member is { Voting: true, Healthy: true }));
        Assert.Equal("m1", Assert.Single(members, member => member.Leader).Name);
    }

    [Fact]
    public async Task Members_that_only_the_others_know_are_asked_too()
    {
        using var one = _lab.Open([2]);

        Assert.All(await one.ListEtcdAsync(Stop), member => Assert.True(member.Healthy));
    }

    [Fact]
    public async Task Members_at_addresses_that_MAAS_does_not_know_are_found_by_those_of_the_nodes()
    {
        using var strange = _lab.Open([77]);

        Assert.Equal(["m1", "m2", "m3"], (await strange.ListEtcdAsync(Stop)).Select(member => member.Name).Order());
    }

    [Fact]
    public async Task The_leader_moves_before_its_member_goes_and_both_may_be_asked_twice()
    {
        var members = (await Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);

        await Workload.MoveEtcdLeaderAsync(members["m2"].Id, Stop);
        await Workload.MoveEtcdLeaderAsync(members["m2"].Id, Stop);
        Assert.Equal("m2", (await Workload.ListEtcdAsync(Stop)).Single(member => member.Leader).Name);

        await Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);
        await Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);
        Assert.Equal(["m2", "m3"], (await Workload.ListEtcdAsync(Stop)).Select(member => member.Name).Order());
    }

    [Fact]
    public async Task A_member_without_power_is_not_healthy_and_may_be_removed_while_another_is_protected()
    {
        _lab.Machines.PowerOff("m3-id");
        await Eventually.HoldsAsync(async () => Assert.Equal(["m3"], await SickAsync()));
        var members = (await Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);

        var refusal = await Assert.ThrowsAsync<WorkloadException>(() => Workload.RemoveEtcdMemberAsync(members["m2"].Id, Stop));
        Assert.Contains("unhealthy cluster", refusal.Message, StringComparison.Ordinal);

        await Workload.RemoveEtcdMemberAsync(members["m3"].Id, Stop);
        Assert.Empty(await SickAsync());
    }

    [Fact]
    public async Task Without_a_quorum_no_member_is_healthy_or_leads_and_nothing_can_be_changed()
    {
        _lab.Machines.PowerOff("m2-id");
        _lab.Machines.PowerOff("m3-id");

        await Eventually.HoldsAsync(async () => Assert.Equal(["m1", "m2", "m3"], await SickAsync()));
        var members = (await Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);
        Assert.DoesNotContain(members.Values, member => member.Leader);
        Assert.True(
            (
                await Assert.ThrowsAsync<WorkloadException>(() => Workload.RemoveEtcdMemberAsync(members["m3"].Id, Stop))
            ).Unreachable
        );
        Assert.True(
            (await Assert.ThrowsAsync<WorkloadException>(() => Workload.MoveEtcdLeaderAsync(members["m1"].Id, Stop))).Unreachable
        );
        await Eventually.HoldsAsync(async () =>
            Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => Workload.ListNodesAsync(Stop))).Unreachable)
        );
    }

    [Fact]
    public async Task A_member_with_an_alarm_is_not_healthy()
    {
        _lab.Machines.Clusters.OfMember("m2-id")!.ChangeMember("m2-id", member => member with { NoSpace = true });

        Assert.Equal(["m2"], await SickAsync());
    }

    [Fact]
    public async Task A_learner_is_listed_as_one_and_answers_for_itself_alone()
    {
        _lab.Machines.Clusters.OfMember("m3-id")!.ChangeMember("m3-id", member => member with { Learner = true });

        var learner = (await Workload.ListEtcdAsync(Stop)).Single(member => member.Name == "m3");
        Assert.True(learner is { Voting: false, Healthy: true });
    }

    [Fact]
    public async Task Etcd_members_with_different_member_lists_are_refused()
    {
        // A second cluster with the same certificates, as after a restore that went wrong.
        _lab.Boot(9, Bootstrap.InitControlPlane, vip: 109);
        using var both = _lab.Open([1, 9]);

        await Eventually.HoldsAsync(
            async () =>
            {
                var refusal = await Assert.ThrowsAsync<WorkloadException>(() => both.ListEtcdAsync(Stop));
                Assert.False(refusal.Unreachable);
                Assert.Contains("do not agree", refusal.Message, StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(30)
        );
    }

    [Fact]
    public async Task An_etcd_that_does_not_answer_or_has_another_authority_is_unreachable()
    {
        using var foreign = _lab.Open([1], LabControlPlanes.Documents.CreatePki(_lab.Spec, TimeProvider.System.GetUtcNow()));
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => foreign.ListEtcdAsync(Stop))).Unreachable);

        using var none = new KubernetesWorkloads(new KubeadmDistribution()).Open(_lab.Access([1]) with { Etcd = null });
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => none.ListEtcdAsync(Stop))).Unreachable);

        // Neither etcd nor the API server, which knows its nodes' addresses.
        foreach (var machine in (string[])["m1-id", "m2-id", "m3-id"])
        {
            _lab.Machines.PowerOff(machine);
        }

        using var nobody = _lab.Open([77]);
        await Eventually.HoldsAsync(async () =>
            Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => nobody.ListEtcdAsync(Stop))).Unreachable)
        );
    }

    private async Task<IEnumerable<string>> SickAsync() =>
        (await Workload.ListEtcdAsync(Stop)).Where(member => !member.Healthy).Select(member => member.Name).Order();
}
