using System.Text;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Kubeadm;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Fakes;
using Gantry.Engine.Workloads;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The etcd side of the workload port over TLS, against control planes that kubeadm has joined.</summary>
public sealed class EtcdClusterTests : IMachineReports, IAsyncLifetime
{
    private const string Vip = "127.93.0.100";
    private const string Token = "abcdef.0123456789abcdef";

    private static readonly KubeadmDocuments Documents = new();
    private readonly ClusterSpec cluster = Some.Cluster(3) with { KubernetesVersion = "1.33.5", Image = "custom/ubuntu-24.04-k8s-1.33.5" };
    private readonly string pki = Documents.CreatePki(Some.Cluster(), TimeProvider.System.GetUtcNow());
    private LabMachines machines = null!;
    private IWorkloadCluster workload = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        machines = await LabMachines.StartAsync(new LabMachinesOptions { Speed = 1000 }, new MemoryLabStore(), TimeProvider.System, Stop);
        machines.Resume(this);
        workload = Open([1, 2, 3]);
        Boot(1, Bootstrap.InitControlPlane);
        await Eventually.HoldsAsync(async () => Assert.True(await workload.IsInitializedAsync(Stop)), TimeSpan.FromSeconds(30));
        await workload.AdmitAsync(Token, TimeProvider.System.GetUtcNow().AddHours(1), "test", Stop);
        Boot(2, Bootstrap.JoinControlPlane);
        Boot(3, Bootstrap.JoinControlPlane);
        await Eventually.HoldsAsync(async () => Assert.Equal(3, (await workload.ListNodesAsync(Stop)).Count), TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        workload.Dispose();
        await machines.DisposeAsync();
    }

    [Fact]
    public async Task Every_member_is_listed_with_its_nodes_name_its_health_and_the_leader()
    {
        var members = await workload.ListEtcdAsync(Stop);

        Assert.Equal(["cp1", "cp2", "cp3"], members.Select(member => member.Name).Order());
        Assert.All(members, member => Assert.True(member is { Voting: true, Healthy: true }));
        Assert.Equal("cp1", Assert.Single(members, member => member.Leader).Name);
    }

    [Fact]
    public async Task Members_that_only_the_others_know_are_asked_too()
    {
        using var one = Open([2]);

        Assert.All(await one.ListEtcdAsync(Stop), member => Assert.True(member.Healthy));
    }

    [Fact]
    public async Task The_leader_moves_before_its_member_goes_and_both_may_be_asked_twice()
    {
        var members = (await workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);

        await workload.MoveEtcdLeaderAsync(members["cp2"].Id, Stop);
        await workload.MoveEtcdLeaderAsync(members["cp2"].Id, Stop);
        Assert.Equal("cp2", (await workload.ListEtcdAsync(Stop)).Single(member => member.Leader).Name);

        await workload.RemoveEtcdMemberAsync(members["cp1"].Id, Stop);
        await workload.RemoveEtcdMemberAsync(members["cp1"].Id, Stop);
        Assert.Equal(["cp2", "cp3"], (await workload.ListEtcdAsync(Stop)).Select(member => member.Name).Order());
    }

    [Fact]
    public async Task A_member_without_power_is_not_healthy_and_may_be_removed_while_another_is_protected()
    {
        machines.PowerOff("cp3-id");
        await Eventually.HoldsAsync(async () => Assert.Equal(["cp3"], await SickAsync()));
        var members = (await workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);

        var refusal = await Assert.ThrowsAsync<WorkloadException>(() => workload.RemoveEtcdMemberAsync(members["cp2"].Id, Stop));
        Assert.Contains("unhealthy cluster", refusal.Message, StringComparison.Ordinal);

        await workload.RemoveEtcdMemberAsync(members["cp3"].Id, Stop);
        Assert.Empty(await SickAsync());
    }

    [Fact]
    public async Task Without_a_quorum_nobody_is_healthy_nobody_leads_and_nothing_can_be_changed()
    {
        machines.PowerOff("cp2-id");
        machines.PowerOff("cp3-id");

        await Eventually.HoldsAsync(async () => Assert.Equal(["cp1", "cp2", "cp3"], await SickAsync()));
        var members = (await workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);
        Assert.DoesNotContain(members.Values, member => member.Leader);
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => workload.RemoveEtcdMemberAsync(members["cp3"].Id, Stop))).Unreachable);
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => workload.MoveEtcdLeaderAsync(members["cp1"].Id, Stop))).Unreachable);
        await Eventually.HoldsAsync(async () =>
            Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => workload.ListNodesAsync(Stop))).Unreachable));
    }

    [Fact]
    public async Task A_member_with_an_alarm_is_not_healthy()
    {
        machines.Clusters.OfMember("cp2-id")!.ChangeMember("cp2-id", member => member with { NoSpace = true });

        Assert.Equal(["cp2"], await SickAsync());
    }

    [Fact]
    public async Task A_learner_is_listed_as_one_and_answers_for_itself_alone()
    {
        machines.Clusters.OfMember("cp3-id")!.ChangeMember("cp3-id", member => member with { Learner = true });

        var learner = (await workload.ListEtcdAsync(Stop)).Single(member => member.Name == "cp3");
        Assert.True(learner is { Voting: false, Healthy: true });
    }

    [Fact]
    public async Task Two_members_that_do_not_agree_on_who_is_one_are_believed_in_nothing()
    {
        // A second cluster with the same certificates, as after a restore that went wrong.
        Boot(9, Bootstrap.InitControlPlane, vip: "127.93.0.109");
        using var both = Open([1, 9]);

        await Eventually.HoldsAsync(
            async () =>
            {
                var refusal = await Assert.ThrowsAsync<WorkloadException>(() => both.ListEtcdAsync(Stop));
                Assert.False(refusal.Unreachable);
                Assert.Contains("do not agree", refusal.Message, StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task An_etcd_that_nobody_answers_for_or_that_shows_another_authority_is_unreachable()
    {
        using var nobody = Open([77]);
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => nobody.ListEtcdAsync(Stop))).Unreachable);

        using var foreign = Open([1], Documents.CreatePki(cluster, TimeProvider.System.GetUtcNow()));
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => foreign.ListEtcdAsync(Stop))).Unreachable);

        using var none = new KubernetesWorkloads().Open(Access([1], pki) with { EtcdCaPem = "", EtcdCertificatePem = "", EtcdKeyPem = "" });
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => none.ListEtcdAsync(Stop))).Unreachable);
    }

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success)
    {
    }

    private void Boot(int number, Bootstrap bootstrap, string vip = Vip)
    {
        var document = Documents.Render(
            new NodeDocument(
                cluster, cluster.ControlPlane, new SystemId($"cp{number}-id"), $"cp{number}", "az1", new ApiEndpoint(vip, 6443), bootstrap,
                bootstrap is Bootstrap.InitControlPlane ? null : Token),
            pki,
            TimeProvider.System.GetUtcNow());
        machines.Boot(new InstalledMachine(
            $"cp{number}-id", $"cp{number}", $"cp{number}.maas", "az1", cluster.Image, "amd64/generic", 4, 8192, [$"127.93.0.{number}"],
            Encoding.UTF8.GetBytes(document)));
    }

    private async Task<IEnumerable<string>> SickAsync() =>
        (await workload.ListEtcdAsync(Stop)).Where(member => !member.Healthy).Select(member => member.Name).Order();

    private IWorkloadCluster Open(int[] controlPlanes, string? keys = null) => new KubernetesWorkloads().Open(Access(controlPlanes, keys ?? pki));

    private static WorkloadAccess Access(int[] controlPlanes, string keys) => Documents.Access(
        new ClusterId("id"), new ApiEndpoint(Vip, 6443), [.. controlPlanes.Select(number => $"127.93.0.{number}")], keys, TimeProvider.System.GetUtcNow());
}
