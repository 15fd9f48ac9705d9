using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Admission of machines, and the conditions that an installed machine waits for.</summary>
public sealed class JoiningTests
{
    [Fact]
    public void Add_ons_are_applied_when_they_are_not_those_that_were_applied_last()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Observed = cluster.Observed with { AppliedAddons = "other" };

        var step = Assert.Single(cluster.Plan().Steps.OfType<Step.ApplyAddons>());
        Assert.Equal(cluster.Desired.Addons.Digest, step.Digest);

        cluster.Desired = cluster.Desired with { Addons = [] };
        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void No_machine_is_admitted_while_the_API_server_does_not_answer()
    {
        var cluster = Waiting(new RunningCluster(1, 2), "m001");
        cluster.Observed = cluster.Observed with { Api = new Observation<ApiFacts>.Unknown("timeout"), AppliedAddons = "other" };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.ApiNotReachable, Message: "The API server does not answer: timeout." }
        );
    }

    [Theory]
    [InlineData(MachineState.Deploying, true)]
    [InlineData(MachineState.Joining, true)]
    [InlineData(MachineState.Allocated, false)]
    public void A_worker_is_admitted_while_it_is_installed_or_waits(MachineState state, bool admitted)
    {
        var cluster = Waiting(new RunningCluster(1, 2), "m001").WithMember("m001", member => member with { State = state });

        Assert.Equal(admitted, cluster.StepsFor("m001").Any(step => step is Step.JoinWorker));
    }

    [Fact]
    public void A_worker_that_is_to_be_replaced_is_not_admitted()
    {
        var cluster = Waiting(new RunningCluster(1, 2), "m001");
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.JoinWorker);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(19.9, true)]
    public void A_token_is_renewed_when_less_than_a_third_of_an_hour_is_left(double minutes, bool renewed)
    {
        var worker = Waiting(new RunningCluster(3, 2), "m003").WithMember("m003", member => Admitted(member, minutes));
        var control = Waiting(new RunningCluster(3, 2), "m002").WithMember("m002", member => Admitted(member, minutes));

        Assert.Equal(renewed, worker.StepsFor("m003") is [Step.JoinWorker]);
        Assert.Equal(renewed, control.StepsFor("m002") is [Step.JoinControlPlane]);
    }

    [Fact]
    public void A_token_is_not_renewed_for_a_node_that_has_appeared_nor_for_the_first_control_plane()
    {
        var appeared = Waiting(new RunningCluster(3, 2), "m003")
            .WithMember("m003", member => Admitted(member, 1))
            .With(
                "m003",
                seen => seen with { Node = RunningCluster.Present(new NodeFacts("host-003", false, false, true, "v1.33.4")) }
            );
        var first = Waiting(new RunningCluster(3, 2), "m000")
            .WithMember("m000", member => Admitted(member, 1) with { Initializes = true });

        Assert.DoesNotContain(appeared.Plan().Steps, step => step is Step.JoinWorker);
        Assert.DoesNotContain(first.Plan().Steps, step => step is Step.JoinControlPlane);
    }

    [Fact]
    public void A_control_plane_whose_kubelet_reports_before_kubeadm_has_ended_keeps_its_token_and_gets_no_label_of_ours()
    {
        var joining = Waiting(new RunningCluster(3, 2), "m002")
            .WithMember("m002", member => Admitted(member, 1))
            .With(
                "m002",
                seen =>
                    seen with
                    {
                        Node = RunningCluster.Present(
                            new NodeFacts("host-002", Ready: true, false, Labelled: false, "v1.33.4", Joined: false)
                        ),
                    }
            );

        Assert.IsType<Step.JoinControlPlane>(Assert.Single(joining.StepsFor("m002")));
    }

    [Fact]
    public void A_control_plane_that_has_lost_the_label_of_its_role_gets_it_again()
    {
        var cluster = new RunningCluster(3, 1).WithNode("m001", node => node with { Joined = false, Labelled = false });

        Assert.IsType<Step.LabelNode>(Assert.Single(cluster.StepsFor("m001")));
    }

    [Fact]
    public void A_control_plane_joins_when_all_that_had_their_turn_are_Ready()
    {
        var cluster = Waiting(new RunningCluster(3, 1), "m002");

        Assert.Equal(
            "2 before it are Ready, it is the turn of the next control plane",
            Assert.IsType<Step.JoinControlPlane>(Assert.Single(cluster.StepsFor("m002"))).Reason
        );
    }

    [Fact]
    public void The_control_plane_that_has_waited_longest_joins_first_then_by_id()
    {
        var cluster = Waiting(Waiting(new RunningCluster(3, 1), "m001"), "m002");
        Assert.Equal("m001", Next(cluster));

        cluster.WithMember("m002", member => member with { Since = member.Since.AddMinutes(-1) });
        Assert.Equal("m002", Next(cluster));

        static string Next(RunningCluster cluster) =>
            Assert.Single(cluster.Plan().Steps.OfType<Step.JoinControlPlane>()).Machine.Value;
    }

    public static TheoryData<string, string?> KeptBack { get; } =
        new()
        {
            { "one before it is not Ready", null },
            { "one before it joins", null },
            { "one drains", null },
            { "etcd has a sick member", Reasons.EtcdUnhealthy },
            { "etcd has a learner", Reasons.EtcdUnhealthy },
            { "etcd cannot be seen", Reasons.EtcdUnhealthy },
            { "kubeadm's configuration names another version", null },
            { "it is to be replaced", null },
            { "a member leaves etcd in the same plan", null },
        };

    [Theory]
    [MemberData(nameof(KeptBack))]
    public void A_control_plane_waits_for_its_turn_while(string reason, string? wait)
    {
        var cluster = Waiting(new RunningCluster(5, 1), "m002");
        switch (reason)
        {
            case "one before it is not Ready":
                cluster.Silent("m001", 1);
                break;
            case "one before it joins":
                cluster.WithMember("m001", member => Admitted(member, 59) with { State = MachineState.Joining, JoinedAt = null });
                break;
            case "one drains":
                cluster.WithMember("m001", member => member with { State = MachineState.Draining });
                break;
            case "etcd has a sick member":
                cluster.WithEtcd(member => member.Name is "host-001" ? member with { Healthy = false } : member);
                break;
            case "etcd has a learner":
                cluster.WithEtcd(member => member.Name is "host-001" ? member with { Voting = false } : member);
                break;
            case "etcd cannot be seen":
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("no answer") };
                break;
            case "kubeadm's configuration names another version":
                cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") };
                break;
            case "it is to be replaced":
                cluster.Desired = cluster.Desired with { Replace = [new SystemId("m002")] };
                break;
            case "a member leaves etcd in the same plan":
                cluster.Observed = cluster.Observed with
                {
                    Etcd = RunningCluster.Present(
                        new EtcdFacts([
                            .. cluster.Observed.Etcd.ValueOrDefault!.Members,
                            new EtcdMember("gone", "host-999", Voting: true, Healthy: true, Leader: false),
                        ])
                    ),
                };
                break;
        }

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.JoinControlPlane);
        if (wait is not null)
        {
            Assert.Contains(cluster.Plan().Pending, pending => pending.Reason == wait && pending.Machine?.Value is "m002");
        }
    }

    [Fact]
    public void No_machine_joins_a_control_plane_that_is_not_bootstrapped()
    {
        var cluster = Waiting(new RunningCluster(1, 1), "m000");

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.JoinControlPlane);
    }

    [Fact]
    public void The_labels_of_a_node_are_put_right_and_not_those_of_one_that_leaves()
    {
        var cluster = new RunningCluster(1, 2).WithNode("m001", node => node with { Labelled = false });
        Assert.IsType<Step.LabelNode>(Assert.Single(cluster.StepsFor("m001")));

        cluster.WithMember("m001", member => member with { State = MachineState.Draining, Drained = false });
        Assert.DoesNotContain(cluster.StepsFor("m001"), step => step is Step.LabelNode);
    }

    [Theory]
    [InlineData(MachineState.Ready, true, true)]
    [InlineData(MachineState.Ready, false, false)]
    [InlineData(MachineState.NotReady, true, false)]
    public void A_node_that_carries_our_mark_of_a_removal_without_one_is_uncordoned(
        MachineState state,
        bool marked,
        bool comesBack
    )
    {
        var cluster = new RunningCluster(1, 2)
            .WithMember("m001", member => member with { State = state })
            .WithNode("m001", node => node with { Unschedulable = true, MarkedAsLeaving = marked });

        Assert.Equal(comesBack, cluster.StepsFor("m001").Any(step => step is Step.Uncordon));
    }

    [Fact]
    public void A_node_whose_removal_begins_is_not_uncordoned()
    {
        var cluster = new RunningCluster(1, 1)
            .WithNode("m001", node => node with { MarkedAsLeaving = true })
            .WithPool(1, pool => pool with { Size = 0 });

        Assert.IsType<Step.Cordon>(Assert.Single(cluster.StepsFor("m001")));
    }

    public static TheoryData<string, string, string> Waits { get; } =
        new()
        {
            { "deploys", Reasons.Deploying, "MAAS deploys host-001: Rebooting." },
            { "deploys without a detail", Reasons.Deploying, "MAAS deploys host-001." },
            { "deploys without a word", Reasons.Deploying, "MAAS deploys host-001: no word from MAAS yet." },
            { "deploys unseen", Reasons.Deploying, "MAAS deploys host-001: no word from MAAS yet." },
            { "begins", Reasons.Initializing, "host-001 runs kubeadm init." },
            { "has a node", Reasons.NodeNotReady, "The node host-001 is not Ready: no network yet." },
            { "has a Ready node", Reasons.Joining, "host-001 joins: its node is Ready, and kubeadm has not ended on it yet." },
            { "has no turn yet", Reasons.Joining, "host-001 waits for its turn to join." },
            { "has its turn", Reasons.Joining, "host-001 joins." },
            { "is silent", Reasons.NodeNotReady, "The node host-001 is not Ready: it does not report." },
            { "has lost its node", Reasons.NodeNotReady, "The node host-001 is not Ready: the node object is gone." },
            { "is unseen", Reasons.NodeNotReady, "The node host-001 is not Ready: timeout." },
        };

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_pending_machine_is_named(string machine, string reason, string message)
    {
        var cluster = new RunningCluster(1, 2);
        switch (machine)
        {
            case "deploys":
                Deploying("Deploying: Rebooting", "Rebooting");
                break;
            case "deploys without a detail":
                Deploying("Deploying");
                break;
            case "deploys without a word":
                Deploying("");
                break;
            case "deploys unseen":
                Deploying("").With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("no answer") });
                break;
            case "begins":
                Waiting(cluster, "m001").WithMember("m001", member => member with { Initializes = true });
                cluster.Observed = cluster.Observed with { Initialized = false };
                break;
            case "has a node":
                Waiting(cluster, "m001")
                    .With(
                        "m001",
                        seen =>
                            seen with
                            {
                                Node = RunningCluster.Present(
                                    new NodeFacts("host-001", false, false, true, "v1.33.4", "no network yet.")
                                ),
                            }
                    );
                break;
            case "has a Ready node":
                Waiting(cluster, "m001")
                    .With(
                        "m001",
                        seen =>
                            seen with
                            {
                                Node = RunningCluster.Present(
                                    new NodeFacts(
                                        "host-001",
                                        true,
                                        false,
                                        true,
                                        "v1.33.4",
                                        "kubelet is posting ready status",
                                        Joined: false
                                    )
                                ),
                            }
                    );
                break;
            case "has no turn yet":
                Waiting(cluster, "m001");
                break;
            case "has its turn":
                Waiting(cluster, "m001").WithMember("m001", member => Admitted(member, 59));
                break;
            case "is silent":
                cluster.Silent("m001", 1);
                break;
            case "has lost its node":
                cluster.Silent("m001", 1).With("m001", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
                break;
            case "is unseen":
                cluster
                    .Silent("m001", 1)
                    .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout.") });
                break;
        }

        Assert.Contains(new Wait(reason, message, new SystemId("m001")), cluster.Plan().Pending);

        RunningCluster Deploying(string words, string detail = "") =>
            cluster
                .WithMember("m001", member => member with { State = MachineState.Deploying, AdmittedAt = null, JoinedAt = null })
                .WithMaas("m001", facts => facts with { Progress = MaasProgress.Deploying, Message = words, Detail = detail });
    }

    private static Member Admitted(Member member, double minutesLeft) =>
        member with
        {
            AdmittedAt = RunningCluster.Now.AddMinutes(minutesLeft - 60),
            AdmittedUntil = RunningCluster.Now.AddMinutes(minutesLeft),
        };

    /// <summary>The machine is installed, not admitted, and no member of etcd.</summary>
    private static RunningCluster Waiting(RunningCluster cluster, string machine)
    {
        var name = cluster[machine].Member.NodeName;
        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(
                new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => member.Name != name)])
            ),
        };
        return cluster.With(
            machine,
            seen =>
                seen with
                {
                    Member = seen.Member with
                    {
                        State = MachineState.Joining,
                        Since = RunningCluster.MinutesAgo(5),
                        Initializes = false,
                        AdmittedAt = null,
                        AdmittedUntil = null,
                        JoinedAt = null,
                    },
                    Node = new Observation<NodeFacts>.Absent(),
                }
        );
    }
}
