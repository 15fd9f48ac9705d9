using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Transitions by observation alone; limits count from the last change of state.</summary>
public sealed class MachineLifeTests
{
    private static readonly MaasFacts Deployed = new(MaasProgress.Deployed, "Deployed", []);

    private static readonly ClusterObservation Cluster = ClusterObservation.Nothing with { Initialized = true };

    public static TheoryData<MachineState, MaasProgress, MachineState> ShownByMaas { get; } =
        new()
        {
            { MachineState.Selected, MaasProgress.Deployed, MachineState.Selected },
            { MachineState.Allocated, MaasProgress.Allocated, MachineState.Allocated },
            { MachineState.Allocated, MaasProgress.Deploying, MachineState.Deploying },
            { MachineState.Allocated, MaasProgress.Deployed, MachineState.Joining },
            { MachineState.Allocated, MaasProgress.FailedDeployment, MachineState.Failed },
            { MachineState.Allocated, MaasProgress.OutOfService, MachineState.Allocated },
            { MachineState.Deploying, MaasProgress.Deployed, MachineState.Joining },
            { MachineState.Deploying, MaasProgress.FailedDeployment, MachineState.Failed },
            { MachineState.Deploying, MaasProgress.Allocated, MachineState.Allocated },
            { MachineState.Deploying, MaasProgress.Deploying, MachineState.Deploying },
            { MachineState.Deploying, MaasProgress.OutOfService, MachineState.Deploying },
            { MachineState.Joining, MaasProgress.Deployed, MachineState.Joining },
            { MachineState.Joining, MaasProgress.FailedDeployment, MachineState.Failed },
            { MachineState.Releasing, MaasProgress.Releasing, MachineState.Releasing },
            { MachineState.Releasing, MaasProgress.FailedReleasing, MachineState.Releasing },
            { MachineState.Failed, MaasProgress.Deployed, MachineState.Failed },
            { MachineState.Draining, MaasProgress.Deployed, MachineState.Draining },
        };

    [Theory]
    [MemberData(nameof(ShownByMaas))]
    public void The_state_in_MAAS_advances_a_machine(MachineState before, MaasProgress shown, MachineState after)
    {
        var seen = Seen(before) with { Maas = Shows(new MaasFacts(shown, "its words", [])) };

        Assert.Equal(after, Observe(seen).State);
        Assert.True(MachineLife.Permits(before, after));
    }

    [Theory]
    [InlineData(MachineState.Allocated)]
    [InlineData(MachineState.Deploying)]
    [InlineData(MachineState.Joining)]
    [InlineData(MachineState.Ready)]
    [InlineData(MachineState.Releasing)]
    public void A_machine_that_MAAS_does_not_show_stays_as_it_is(MachineState state)
    {
        var seen = Seen(state, minutes: 600) with { Maas = new Observation<MaasFacts>.Unknown("no answer") };

        Assert.Equal(seen.Member, Observe(seen));
    }

    [Theory]
    [InlineData(MachineState.Allocated)]
    [InlineData(MachineState.Deploying)]
    public void A_failure_holds_the_message_of_MAAS(MachineState state)
    {
        var seen = Seen(state) with { Maas = Shows(new MaasFacts(MaasProgress.FailedDeployment, "no DHCP lease", [])) };

        Assert.Equal("MAAS: no DHCP lease", Observe(seen).Failure);
    }

    [Theory]
    [InlineData(75, false)]
    [InlineData(75.1, true)]
    public void A_deployment_has_75_minutes(double minutes, bool failed)
    {
        var seen = Seen(MachineState.Deploying, minutes) with
        {
            Maas = Shows(new MaasFacts(MaasProgress.Deploying, "Rebooting", [])),
        };

        Assert.Equal(failed, Observe(seen).State is MachineState.Failed);
        Assert.Equal(failed ? "still deploying after 75 minutes; MAAS: Rebooting" : null, Observe(seen).Failure);
    }

    [Fact]
    public void A_machine_was_deployed_once_it_has_an_installation_and_in_use_once_it_has_joined()
    {
        var member = Seen(MachineState.Ready).Member;
        var taken = member with { Build = null, JoinedAt = null };

        Assert.Equal((true, true), (member.DeployWasAsked, member.WasInUse));
        Assert.Equal((false, false), (taken.DeployWasAsked, taken.WasInUse));
    }

    [Fact]
    public void A_machine_that_enters_the_state_it_has_keeps_the_time_it_entered_it()
    {
        var member = Seen(MachineState.Ready, minutes: 5).Member;

        Assert.Equal(member, member.Enter(MachineState.Ready, Scenes.Now));
        Assert.Equal(Scenes.Now, member.Enter(MachineState.NotReady, Scenes.Now).Since);
    }

    [Fact]
    public void A_failed_release_holds_the_message_of_MAAS()
    {
        var seen = Seen(MachineState.Releasing) with
        {
            Maas = Shows(new MaasFacts(MaasProgress.FailedReleasing, "BMC is silent", [])),
        };

        Assert.Equal("BMC is silent", Observe(seen).ReleaseFailure);
        Assert.Null(Observe(seen with { Maas = Shows(new MaasFacts(MaasProgress.Releasing, "Releasing", [])) }).ReleaseFailure);
    }

    [Fact]
    public void Addresses_follow_MAAS_and_stay_while_it_shows_none()
    {
        var seen = Seen(MachineState.Ready) with
        {
            Member = Seen(MachineState.Ready).Member with { Addresses = ["10.0.0.1"] },
            Node = Node(ready: true),
        };

        Assert.Equal(["10.0.0.2"], Observe(seen with { Maas = Shows(Deployed with { Addresses = ["10.0.0.2"] }) }).Addresses);
        Assert.Equal(["10.0.0.1"], Observe(seen with { Maas = Shows(Deployed) }).Addresses);
    }

    public static TheoryData<string, string, bool, bool> ShownAsFree { get; } =
        new()
        {
            // node, machine, how long the API server has been silent, whether it is ours afterwards
            { "Ready", "joined", false, true },
            { "not Ready", "joined", false, false },
            { "absent", "joined", false, false },
            { "unknown", "joined", false, true },
            { "unknown", "joined", true, false },
            { "unknown", "never joined", false, false },
            { "Ready", "being released", false, false },
        };

    [Theory]
    [MemberData(nameof(ShownAsFree))]
    public void A_machine_that_MAAS_shows_as_free_is_believed_to_be_so_only_when_its_node_does_not_work(
        string node,
        string machine,
        bool apiSilent,
        bool stays
    )
    {
        var seen = Seen(machine is "being released" ? MachineState.Releasing : MachineState.Ready);
        seen = seen with
        {
            Maas = new Observation<MaasFacts>.Absent(),
            Node = node switch
            {
                "Ready" => Node(ready: true),
                "not Ready" => Node(ready: false),
                "absent" => new Observation<NodeFacts>.Absent(),
                _ => new Observation<NodeFacts>.Unknown("no answer"),
            },
            Member = seen.Member with { JoinedAt = machine is "never joined" ? null : Scenes.Now.AddDays(-1) },
        };
        var cluster = Cluster with { SilentFor = apiSilent ? TimeSpan.FromMinutes(11) : TimeSpan.FromMinutes(10) };

        Assert.Equal(!stays, MachineLife.Observe(seen, cluster, Limits.Default, Scenes.Now).State is MachineState.Released);
    }

    [Fact]
    public void A_cluster_being_deleted_observes_no_node()
    {
        var seen = Seen(MachineState.Ready) with { Maas = new Observation<MaasFacts>.Absent(), Node = Node(ready: true) };

        var ended = MachineLife.Observe(seen, Cluster with { Ends = true }, Limits.Default, Scenes.Now);

        Assert.Equal(MachineState.Released, ended.State);
        Assert.Equal(Scenes.Now, ended.Since);
    }

    [Fact]
    public void A_selected_machine_that_MAAS_shows_as_free_stays_selected()
    {
        var seen = Seen(MachineState.Selected) with { Maas = new Observation<MaasFacts>.Absent() };

        Assert.Equal(MachineState.Selected, Observe(seen).State);
    }

    [Theory]
    [InlineData(MachineState.Joining, true, MachineState.Ready)]
    [InlineData(MachineState.Ready, true, MachineState.Ready)]
    [InlineData(MachineState.Ready, false, MachineState.NotReady)]
    [InlineData(MachineState.NotReady, true, MachineState.Ready)]
    [InlineData(MachineState.NotReady, false, MachineState.NotReady)]
    [InlineData(MachineState.Draining, true, MachineState.Draining)]
    public void Readiness_of_the_node_moves_a_machine_on(MachineState before, bool ready, MachineState after) =>
        Assert.Equal(after, Observe(Seen(before) with { Node = Node(ready) }).State);

    [Fact]
    public void A_Ready_machine_without_a_node_becomes_NotReady_and_an_unobserved_one_stays_Ready()
    {
        var seen = Seen(MachineState.Ready);

        Assert.Equal(MachineState.NotReady, Observe(seen with { Node = new Observation<NodeFacts>.Absent() }).State);
        Assert.Equal(MachineState.Ready, Observe(seen with { Node = new Observation<NodeFacts>.Unknown("no answer") }).State);
    }

    [Fact]
    public void A_node_that_reports_before_kubeadm_has_ended_is_not_Ready_yet() =>
        Assert.Equal(
            MachineState.Joining,
            Observe(Seen(MachineState.Joining) with { Node = Node(ready: true, joined: false) }).State
        );

    [Fact]
    public void The_first_readiness_is_kept()
    {
        var first = Scenes.Now.AddDays(-3);
        var seen = Seen(MachineState.Joining) with { Node = Node(ready: true) };

        Assert.Equal(Scenes.Now, Observe(seen with { Member = seen.Member with { JoinedAt = null } }).JoinedAt);
        Assert.Equal(first, Observe(seen with { Member = seen.Member with { JoinedAt = first } }).JoinedAt);
    }

    [Theory]
    [InlineData(MachineState.Ready)]
    [InlineData(MachineState.NotReady)]
    public void A_node_that_is_Ready_ends_the_repair(MachineState state)
    {
        var seen = Seen(state);
        seen = seen with { Node = Node(ready: true), Member = seen.Member with { Repair = new Repair("on") } };

        Assert.Null(Observe(seen).Repair);
        Assert.NotNull(Observe(seen with { Node = new Observation<NodeFacts>.Unknown("no answer") }).Repair);
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(30.1, true)]
    public void The_first_control_plane_has_30_minutes_to_bootstrap(double minutes, bool failed)
    {
        var seen = Seen(MachineState.Joining, minutes);
        seen = seen with
        {
            Member = seen.Member with { Initializes = true, JoinedAt = null },
            Node = new Observation<NodeFacts>.Absent(),
        };
        var before = ClusterObservation.Nothing;

        Assert.Equal(failed, MachineLife.Observe(seen, before, Limits.Default, Scenes.Now).State is MachineState.Failed);
    }

    public static TheoryData<string> StillBegins { get; } =
    ["the API server has answered", "the API server is unknown", "it joins", "MAAS shows it as out of service"];

    [Theory]
    [MemberData(nameof(StillBegins))]
    public void The_limit_to_begin_is_for_a_first_control_plane_that_is_up_and_whose_API_server_never_answered(string but)
    {
        var seen = Seen(MachineState.Joining, 600);
        seen = seen with
        {
            Member = seen.Member with
            {
                Initializes = but is not "it joins",
                JoinedAt = null,
                AdmittedAt = null,
                AdmittedUntil = null,
            },
            Node = new Observation<NodeFacts>.Absent(),
            Maas = Shows(
                but is "MAAS shows it as out of service" ? Deployed with { Progress = MaasProgress.OutOfService } : Deployed
            ),
        };
        var cluster = ClusterObservation.Nothing with
        {
            Initialized = but is "the API server has answered",
            Api = but is "the API server is unknown"
                ? new Observation<ApiFacts>.Unknown("no answer")
                : new Observation<ApiFacts>.Absent(),
        };

        Assert.Equal(MachineState.Joining, MachineLife.Observe(seen, cluster, Limits.Default, Scenes.Now).State);
    }

    [Theory]
    [InlineData(30, 30, false)]
    [InlineData(30.1, 40, true)]
    [InlineData(40, 30.1, true)]
    [InlineData(40, 29, false)]
    [InlineData(29, 40, false)]
    public void A_node_has_30_minutes_to_appear_from_its_turn_and_its_installation(double turn, double installed, bool failed) =>
        Assert.Equal(failed, Observe(Admitted(turn, installed)).State is MachineState.Failed);

    [Fact]
    public void An_unconfirmed_token_starts_no_time_limit()
    {
        var seen = Admitted(600, 600);
        var unconfirmed = seen with { Member = seen.Member with { AdmittedUntil = seen.Member.AdmittedAt } };

        Assert.Equal(MachineState.Joining, Observe(unconfirmed).State);
        Assert.Equal(MachineState.Joining, Observe(seen with { Member = seen.Member with { AdmittedUntil = null } }).State);
    }

    [Fact]
    public void A_node_that_appeared_or_cannot_be_observed_does_not_time_out()
    {
        var seen = Admitted(600, 600);

        Assert.Equal(MachineState.Joining, Observe(seen with { Node = Node(ready: false) }).State);
        Assert.Equal(MachineState.Joining, Observe(seen with { Node = new Observation<NodeFacts>.Unknown("no answer") }).State);
        Assert.Equal(MachineState.Joining, Observe(seen with { Member = seen.Member with { Initializes = true } }).State);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(20, true)]
    [InlineData(5, false)]
    public void A_machine_without_packages_is_excused_unless_another_has_got_them_since(int? otherJoined, bool excused)
    {
        var seen = Seen(MachineState.Joining, minutes: 10);
        seen = seen with
        {
            Member = seen.Member with { JoinedAt = null },
            Node = new Observation<NodeFacts>.Absent(),
            Maas = Shows(Deployed with { Script = new NodeReport(IsFinal: true, "E: ...") { LacksPackages = true } }),
        };
        var other = Seen(MachineState.Ready);
        other = other with
        {
            Member = other.Member with
            {
                Machine = new SystemId("m009"),
                JoinedAt = otherJoined is { } minutes ? RunningCluster.MinutesAgo(minutes) : null,
            },
        };

        var after = MachineLife.Observe(seen, Cluster with { Members = [seen, other] }, Limits.Default, Scenes.Now);

        Assert.Equal(MachineState.Failed, after.State);
        Assert.Equal(excused, after.LacksPackages);
        Assert.Equal(excused ? PackageFailure.Excuse : null, after.Excuse);
    }

    [Fact]
    public void Every_permitted_change_is_in_the_table_and_no_other()
    {
        Assert.True(MachineLife.Permits(MachineState.Ready, MachineState.Ready));
        Assert.True(MachineLife.Permits(MachineState.Ready, MachineState.NotReady));
        Assert.False(MachineLife.Permits(MachineState.Ready, MachineState.Allocated));
        Assert.False(MachineLife.Permits(MachineState.Released, MachineState.Ready));
    }

    private static Member Observe(MemberObservation seen) => MachineLife.Observe(seen, Cluster, Limits.Default, Scenes.Now);

    private static MemberObservation Admitted(double turn, double installed)
    {
        var seen = Seen(MachineState.Joining, installed);
        return seen with
        {
            Member = seen.Member with
            {
                JoinedAt = null,
                AdmittedAt = RunningCluster.MinutesAgo(turn),
                AdmittedUntil = Scenes.Now.AddHours(1),
            },
            Node = new Observation<NodeFacts>.Absent(),
        };
    }

    private static MemberObservation Seen(MachineState state, double minutes = 1)
    {
        var cluster = new RunningCluster(1, 1);
        var seen = cluster["m001"];
        return seen with
        {
            Member = seen.Member with
            {
                State = state,
                Since = RunningCluster.MinutesAgo(minutes),
                Addresses = [],
                ReleaseFailure = null,
            },
            Maas = Shows(Deployed),
            Node = Node(ready: state is MachineState.Ready),
        };
    }

    private static Observation<MaasFacts> Shows(MaasFacts facts) => RunningCluster.Present(facts);

    private static Observation<NodeFacts> Node(bool ready, bool joined = true) =>
        RunningCluster.Present(new NodeFacts("host-001", ready, Unschedulable: false, Labelled: true, "v1.33.4", Joined: joined));
}
