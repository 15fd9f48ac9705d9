using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The remediation of a machine, stage by stage, with the conditions that start and hold up each stage.</summary>
public sealed class RepairPlanTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_cluster_at_rest_plans_nothing() => Assert.True(new RunningCluster(3, 2).Plan().IsSettled);

    [Theory]
    [InlineData(10, false)]
    [InlineData(10.1, true)]
    public void The_BMC_of_a_silent_node_is_asked_after_ten_minutes(double minutes, bool asked)
    {
        var steps = new RunningCluster(1, 4).Silent("m002", minutes).StepsFor("m002");

        Assert.Equal(
            asked,
            steps.SequenceEqual([new Step.QueryPower(Id("m002"), "its node has been silent since " + At(minutes))])
        );
        Assert.Equal(asked, steps.Count > 0);
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(30.1, true)]
    public void A_node_whose_kubelet_reports_that_it_is_not_Ready_is_replaced_after_half_an_hour_without_a_word_to_its_BMC(
        double minutes,
        bool replaced
    )
    {
        var steps = new RunningCluster(1, 4).Complaining("m002", minutes).StepsFor("m002");

        Assert.Equal(replaced, steps is [Step.MarkForReplacement]);
        Assert.Equal(replaced, steps.Count > 0);
    }

    [Fact]
    public void A_machine_whose_power_was_cut_is_started_even_if_its_kubelet_reported_meanwhile()
    {
        var cut = new Repair("off", Ago(1), Cycles: 1, ActedAt: Ago(1), WeCutPower: true, Acts: 1);

        Assert.IsType<Step.PowerOn>(Assert.Single(new RunningCluster(1, 4).Complaining("m002", 31, cut).StepsFor("m002")));
    }

    [Fact]
    public void A_node_object_that_is_gone_counts_as_silent()
    {
        var cluster = new RunningCluster(1, 4)
            .Silent("m002")
            .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Absent() });

        Assert.Contains(cluster.StepsFor("m002"), step => step is Step.QueryPower);
    }

    [Fact]
    public void A_node_that_cannot_be_observed_is_not_repaired()
    {
        var cluster = new RunningCluster(1, 4)
            .Silent("m002", 600)
            .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Unknown("it times out") });

        Assert.Empty(cluster.Plan().Steps);
    }

    [Theory]
    [InlineData(MaasProgress.Deployed, false, true)]
    [InlineData(MaasProgress.Deployed, true, false)]
    [InlineData(MaasProgress.OutOfService, false, false)]
    [InlineData(MaasProgress.Releasing, false, false)]
    [InlineData(MaasProgress.FailedReleasing, false, true)]
    public void Only_a_machine_that_MAAS_shows_as_deployed_and_not_locked_is_repaired(
        MaasProgress progress,
        bool locked,
        bool repaired
    )
    {
        var cluster = new RunningCluster(1, 4)
            .Silent("m002")
            .WithMaas("m002", facts => facts with { Progress = progress, Locked = locked });

        Assert.Equal(repaired, cluster.StepsFor("m002").Count > 0);
    }

    [Fact]
    public void A_machine_that_MAAS_does_not_show_is_not_repaired()
    {
        var cluster = new RunningCluster(1, 4)
            .Silent("m002")
            .With("m002", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("MAAS does not answer") });

        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void The_power_of_a_silent_machine_that_a_person_switches_is_neither_asked_for_nor_touched()
    {
        foreach (var repair in (Repair?[])[null, new Repair("off", Ago(1)), new Repair("on", Ago(1))])
        {
            var plan = new RunningCluster(1, 4)
                .Silent("m002", 600, repair)
                .WithMaas("m002", facts => facts with { IsSwitchedByHand = true })
                .Plan();

            Assert.Empty(plan.Steps);
            var wait = Assert.Single(plan.Pending, wait => wait.Reason is Reasons.PowerUnknown);
            Assert.Contains("its power type in MAAS is manual", wait.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_silent_machine_released_in_MAAS_by_an_operator_is_replaced_without_a_power_cycle()
    {
        var cluster = new RunningCluster(1, 4)
            .Silent("m002", repair: new Repair("on", Ago(1)))
            .WithMaas("m002", facts => facts with { Progress = MaasProgress.FailedReleasing });

        Assert.IsType<Step.MarkForReplacement>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void Before_the_cluster_was_complete_nothing_is_repaired()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002");
        cluster.Observed = cluster.Observed with { Formed = false };

        Assert.Empty(cluster.Plan().Steps);
    }

    [Theory]
    [InlineData(31, 31, true)]
    [InlineData(31, 30, false)]
    [InlineData(30, 31, false)]
    public void A_node_that_has_never_been_Ready_fails_half_an_hour_after_admission_and_installation(
        double turn,
        double installed,
        bool givenUp
    )
    {
        var cluster = Joining(turn, installed);

        Assert.Equal(givenUp, cluster.StepsFor("m002") is [Step.MarkForReplacement]);
        Assert.Equal(givenUp, cluster.StepsFor("m002").Count > 0);
    }

    [Fact]
    public void A_machine_without_a_node_has_its_own_limit_for_joining()
    {
        var cluster = Joining(300, 300).With("m002", seen => seen with { Node = new Observation<NodeFacts>.Absent() });

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.MarkForReplacement);
    }

    [Fact]
    public void A_node_that_has_never_been_Ready_stays_while_repairs_are_held_up()
    {
        var cluster = Joining(31, 31);
        cluster.Observed = cluster.Observed with { RepairsHeldUp = "the hourly budget is spent" };

        Assert.Empty(cluster.StepsFor("m002"));
        Assert.Contains(cluster.Plan().Pending, wait => wait is { Reason: Reasons.RepairBudgetSpent, Machine.Value: "m002" });
    }

    [Fact]
    public void With_automatic_repair_off_a_silent_node_is_reported_and_nothing_is_done()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002");
        cluster.Desired = cluster.Desired with { AutoRepair = false };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(cluster.Plan().Pending, wait => wait is { Reason: Reasons.NodeSilent, Machine.Value: "m002" });
    }

    [Fact]
    public void With_automatic_repair_off_a_machine_whose_power_we_cut_is_switched_on_again()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", repair: WeCut(secondsAgo: 16, power: "off"));
        cluster.Desired = cluster.Desired with { AutoRepair = false };

        Assert.IsType<Step.PowerOn>(Assert.Single(cluster.StepsFor("m002")));
        Assert.DoesNotContain(cluster.Plan().Pending, wait => wait.Reason is Reasons.NodeSilent);
    }

    [Theory]
    [InlineData(4, 2, false)]
    [InlineData(4, 3, true)]
    [InlineData(3, 2, true)]
    [InlineData(1, 1, false)]
    public void Two_silent_nodes_and_more_than_two_fifths_are_an_outage_that_repairs_nobody(int workers, int silent, bool outage)
    {
        var cluster = new RunningCluster(1, workers);
        foreach (var number in Enumerable.Range(1, silent))
        {
            cluster.Silent($"m00{number}", 11, new Repair("on", Ago(1)));
        }

        Assert.Equal(!outage, cluster.Plan().Steps.Any(step => step is Step.PowerCycle));
        Assert.Equal(
            outage ? silent : silent - 1,
            cluster.Plan().Pending.Count(wait => wait.Reason is Reasons.RepairBudgetSpent)
        );
    }

    [Fact]
    public void Nodes_that_have_just_fallen_silent_count_for_an_outage()
    {
        var cluster = new RunningCluster(1, 4).Silent("m001", 11, new Repair("on", Ago(1))).Silent("m002", 1).Silent("m003", 1);

        Assert.Empty(cluster.Plan().Steps);
    }

    [Theory]
    [InlineData(9, 2)]
    [InlineData(8, 1)]
    [InlineData(3, 1)]
    public void A_fifth_of_the_machines_is_repaired_at_once_and_one_at_least(int workers, int repaired)
    {
        var cluster = new RunningCluster(1, workers);
        var silent = workers > 3 ? 3 : 1;
        foreach (var number in Enumerable.Range(1, silent))
        {
            cluster.Silent($"m00{number}", 11, new Repair("on", Ago(1)));
        }

        Assert.Equal(repaired, cluster.Plan().Steps.Count(step => step is Step.PowerCycle));
        Assert.Equal(silent - repaired, cluster.Plan().Pending.Count(wait => wait.Reason is Reasons.RepairBudgetSpent));
    }

    [Fact]
    public void Machines_that_are_installed_do_not_count_for_the_share_of_repairs()
    {
        var cluster = new RunningCluster(1, 9)
            .Silent("m001", 11, new Repair("on", Ago(1)))
            .Silent("m002", 11, new Repair("on", Ago(1)));
        foreach (var machine in (string[])["m008", "m009"])
        {
            cluster
                .WithMember(machine, member => member with { State = MachineState.Deploying, JoinedAt = null, AdmittedAt = null })
                .With(machine, seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        }

        Assert.Single(cluster.Plan().Steps.OfType<Step.PowerCycle>());
    }

    [Fact]
    public void An_outage_is_the_reason_even_where_the_budget_is_spent_too()
    {
        var cluster = new RunningCluster(1, 4);
        foreach (var number in Enumerable.Range(1, 3))
        {
            cluster.Silent($"m00{number}", 11, new Repair("on", Ago(1)));
        }

        cluster.WithMember("m004", member => member with { Repair = new Repair(MarkedForReplacement: "it broke") });

        Assert.All(
            cluster.Plan().Pending.Where(wait => wait.Reason is Reasons.RepairBudgetSpent),
            wait => Assert.Contains("looks like an outage", wait.Message, StringComparison.Ordinal)
        );
    }

    public static TheoryData<string> UsesNothing { get; } = ["its BMC has to wait", "its BMC does not say", "etcd needs it"];

    [Theory]
    [MemberData(nameof(UsesNothing))]
    public void A_machine_that_cannot_be_repaired_now_leaves_the_budget_to_others(string why)
    {
        var cluster = new RunningCluster(3, 6) { Limits = Limits.Default with { OutageShare = 1 } };
        switch (why)
        {
            case "its BMC has to wait":
                foreach (var machine in (string[])["m003", "m004", "m005", "m006"])
                {
                    cluster.Silent(machine, 60);
                }

                break;
            case "its BMC does not say":
                cluster.Silent("m003", 60, new Repair("unknown", Ago(1.5)));
                break;
            default:
                cluster.Silent("m002", 60, new Repair("on", Ago(1.5)));
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("timeout") };
                break;
        }

        cluster.Silent("m008", 11, new Repair("on", Ago(1)));

        Assert.Equal("m008", Assert.Single(cluster.Plan().Steps.OfType<Step.PowerCycle>()).Machine.Value);
    }

    [Fact]
    public void While_the_API_server_is_silent_the_last_sight_of_a_node_is_no_reason_to_act()
    {
        var cluster = ApiSilent(1, 1).Silent("m001", 60, new Repair("on", Ago(1)));

        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void A_control_plane_that_is_held_up_twice_names_what_holds_up_all()
    {
        var cluster = new RunningCluster(3, 4).Silent("m002", repair: new Repair("on", Ago(1)));
        cluster.Observed = cluster.Observed with
        {
            Etcd = new Observation<EtcdFacts>.Unknown("timeout"),
            RepairsHeldUp = "the hourly budget is spent",
        };

        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait.Message.EndsWith("is left alone: the hourly budget is spent.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_step_on_the_power_says_what_it_rests_on()
    {
        var off = new RunningCluster(1, 4).Silent("m002", repair: new Repair("off", Ago(1)));
        var cut = new RunningCluster(1, 4).Silent("m002", repair: WeCut(16, "off"));
        var cycled = new RunningCluster(1, 4) { Limits = Limits.Default with { PowerCycles = 2 } }.Silent(
            "m002",
            60,
            new Repair("on", Ago(1), Cycles: 2, Acts: 3)
        );

        Assert.Equal("its node is silent and its BMC says that it is off", Assert.Single(off.StepsFor("m002")).Reason);
        Assert.Equal("its power was cut so that it starts anew", Assert.Single(cut.StepsFor("m002")).Reason);
        Assert.EndsWith(
            "and 2 power cycles did not help",
            Assert.Single(cycled.StepsFor("m002")).Reason,
            StringComparison.Ordinal
        );
    }

    public static TheoryData<string, bool> UnderRepair { get; } =
        new()
        {
            { "draining for a repair", true },
            { "being released after a repair", false },
            { "draining to shrink", false },
            { "given up", true },
            { "switched off by us", true },
            { "switched on a moment ago", true },
            { "switched on a quarter of an hour ago", false },
        };

    [Theory]
    [MemberData(nameof(UnderRepair))]
    public void A_machine_under_repair_uses_the_budget(string how, bool uses)
    {
        var cluster = new RunningCluster(1, 6).Silent("m001", 11, new Repair("on", Ago(1)));
        cluster.WithMember(
            "m002",
            member =>
                how switch
                {
                    "draining for a repair" => member with
                    {
                        State = MachineState.Draining,
                        Removal = new Removal(RemovalKind.Repair, "it broke"),
                    },
                    "being released after a repair" => member with
                    {
                        State = MachineState.Releasing,
                        Removal = new Removal(RemovalKind.Repair, "it broke"),
                    },
                    "draining to shrink" => member with
                    {
                        State = MachineState.Draining,
                        Removal = new Removal(RemovalKind.ScaleDown, "it is too many"),
                    },
                    "given up" => member with { Repair = new Repair(MarkedForReplacement: "it is broken") },
                    "switched off by us" => member with { Repair = new Repair(WeCutPower: true, ActedAt: Ago(60)) },
                    "switched on a moment ago" => member with { Repair = new Repair(ActedAt: Ago(14)) },
                    _ => member with { Repair = new Repair(ActedAt: Ago(15)) },
                }
        );

        Assert.Equal(uses, !cluster.StepsFor("m001").Any());
        Assert.Equal(
            uses,
            cluster.Plan().Pending.Any(wait => wait is { Reason: Reasons.RepairBudgetSpent, Machine.Value: "m001" })
        );
    }

    [Fact]
    public void Repairs_go_by_first_BMC_query_then_by_silence_then_by_id()
    {
        Assert.Equal("m003", FirstRepaired(("m001", 12, 1), ("m002", 12, 1), ("m003", 11, 1.5)));
        Assert.Equal("m002", FirstRepaired(("m001", 12, 1), ("m002", 13, 1), ("m003", 12, 1)));
        Assert.Equal("m001", FirstRepaired(("m003", 12, 1), ("m002", 12, 1), ("m001", 12, 1)));
    }

    [Theory]
    [InlineData(14, true)]
    [InlineData(15, false)]
    public void After_a_power_cut_the_BMC_is_not_queried_for_15_seconds(double seconds, bool waits)
    {
        var plan = new RunningCluster(1, 4).Silent("m002", repair: WeCut(seconds, "off")).Plan();

        Assert.Equal(waits, plan.Steps.Count is 0);
        Assert.Equal(waits, plan.Pending.Any(wait => wait is { Reason: Reasons.NodeSilent, Machine.Value: "m002" }));
    }

    [Theory]
    [InlineData(14.9, true)]
    [InlineData(15, false)]
    public void A_machine_that_was_switched_on_has_a_quarter_of_an_hour_to_come_back(double minutes, bool waits)
    {
        var plan = new RunningCluster(1, 4).Silent("m002", 60, new Repair("on", Ago(1), Acts: 1, ActedAt: Ago(minutes))).Plan();

        Assert.Equal(waits, plan.Steps.Count is 0);
        Assert.Equal(
            waits,
            plan.Pending.Any(wait =>
                wait is { Reason: Reasons.NodeSilent, Machine.Value: "m002" }
                && wait.Message.Contains($"until {Ago(minutes - 15):HH:mm}", StringComparison.Ordinal)
            )
        );
    }

    [Theory]
    [InlineData(120, true)]
    [InlineData(121, false)]
    public void Power_is_cut_only_on_an_answer_of_the_BMC_that_is_two_minutes_old_at_most(double seconds, bool cut)
    {
        var steps = new RunningCluster(1, 4).Silent("m002", repair: new Repair("on", Now.AddSeconds(-seconds))).StepsFor("m002");

        Assert.Equal(cut, steps is [Step.PowerCycle]);
        Assert.Equal(!cut, steps is [Step.QueryPower]);
    }

    [Theory]
    [InlineData("on", 10, false)]
    [InlineData("on", 10.1, true)]
    [InlineData("off", 2, false)]
    [InlineData("off", 2.1, true)]
    public void While_its_repair_is_held_up_a_BMC_is_asked_every_ten_minutes_unless_it_said_off(
        string power,
        double minutes,
        bool asked
    )
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", 60, new Repair(power, Ago(minutes)));
        cluster.Observed = cluster.Observed with { RepairsHeldUp = "the hourly budget is spent" };

        Assert.Equal(asked, cluster.Plan().Steps.Any(step => step is Step.QueryPower));
    }

    [Fact]
    public void No_more_than_three_BMCs_are_asked_in_one_plan()
    {
        var cluster = new RunningCluster(1, 14);
        foreach (var number in Enumerable.Range(1, 5))
        {
            cluster.Silent($"m00{number}");
        }

        var plan = cluster.Plan();

        Assert.Equal(3, plan.Steps.Count(step => step is Step.QueryPower));
        Assert.Equal(
            2,
            plan.Pending.Count(wait => wait.Message.EndsWith("its BMC is asked after those of others.", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_BMC_query_does_not_use_the_budget()
    {
        var cluster = new RunningCluster(1, 6).Silent("m001", 60).Silent("m002", 11, new Repair("on", Ago(1)));

        Assert.IsType<Step.QueryPower>(Assert.Single(cluster.StepsFor("m001")));
        Assert.IsType<Step.PowerCycle>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void A_machine_that_is_off_is_switched_on_whatever_the_budget_says()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", repair: new Repair("off", Ago(1)));
        cluster.Observed = cluster.Observed with { RepairsHeldUp = "the hourly budget is spent" };

        Assert.IsType<Step.PowerOn>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void Switching_on_does_not_use_the_budget()
    {
        var cluster = new RunningCluster(1, 6)
            .Silent("m001", 60, new Repair("off", Ago(1.5)))
            .Silent("m002", 11, new Repair("on", Ago(1)));

        Assert.IsType<Step.PowerOn>(Assert.Single(cluster.StepsFor("m001")));
        Assert.IsType<Step.PowerCycle>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Theory]
    [InlineData("off", 3, typeof(Step.PowerOn))]
    [InlineData("off", 4, typeof(Step.MarkForReplacement))]
    [InlineData("on", 4, typeof(Step.MarkForReplacement))]
    public void A_machine_whose_power_was_switched_four_times_is_replaced(string power, int acts, Type step)
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", 60, new Repair(power, Ago(1), Acts: acts));

        Assert.IsType(step, Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void One_power_cycle_that_did_not_help_is_followed_by_a_replacement()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", 60, new Repair("on", Ago(1), Cycles: 1, Acts: 2, ActedAt: Ago(20)));

        var step = Assert.IsType<Step.MarkForReplacement>(Assert.Single(cluster.StepsFor("m002")));
        Assert.EndsWith("and a power cycle did not help", step.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_does_not_obey_its_BMC_is_replaced_in_the_end()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", 60, WeCut(16, "on") with { Acts = 4 });

        Assert.IsType<Step.MarkForReplacement>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void A_repair_that_has_begun_is_counted_once()
    {
        var cluster = new RunningCluster(1, 10).Silent("m001", 60, WeCut(16, "on")).Silent("m002", 11, new Repair("on", Ago(1)));

        Assert.Equal(
            ["m001", "m002"],
            cluster.Plan().Steps.OfType<Step.PowerCycle>().Select(step => step.Machine.Value).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_cut_that_had_no_effect_is_repeated() =>
        Assert.IsType<Step.PowerCycle>(
            Assert.Single(new RunningCluster(1, 4).Silent("m002", repair: WeCut(16, "on")).StepsFor("m002"))
        );

    [Theory]
    [InlineData("unknown")]
    [InlineData("error")]
    public void A_BMC_without_a_power_state_stops_the_repair(string power)
    {
        var plan = new RunningCluster(1, 4).Silent("m002", 600, new Repair(power, Ago(1), Cycles: 1, Acts: 9)).Plan();

        Assert.Empty(plan.Steps);
        Assert.Contains(plan.Pending, wait => wait is { Reason: Reasons.PowerUnknown, Machine.Value: "m002" });
    }

    public static TheoryData<string, string> HeldUpAt { get; } =
        new()
        {
            { "off", "switched four times" },
            { "on", "switched four times" },
            { "on", "cycled" },
            { "on", "new" },
        };

    [Theory]
    [MemberData(nameof(HeldUpAt))]
    public void Neither_a_cut_nor_a_replacement_is_done_while_repairs_are_held_up(string power, string history)
    {
        var repair = new Repair(power, Ago(1));
        repair = history switch
        {
            "switched four times" => repair with { Acts = 4 },
            "cycled" => repair with { Cycles = 1, Acts = 2 },
            _ => repair,
        };
        var cluster = new RunningCluster(1, 4).Silent("m002", 60, repair);
        cluster.Observed = cluster.Observed with { RepairsHeldUp = "the hourly budget is spent" };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(
            cluster.Plan().Pending,
            wait =>
                wait is { Reason: Reasons.RepairBudgetSpent, Machine.Value: "m002" }
                && wait.Message.Contains("the hourly budget is spent", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_control_plane_is_started_anew_while_the_others_are_a_majority()
    {
        var cluster = new RunningCluster(3, 4).Silent("m002", repair: new Repair("on", Ago(1)));

        Assert.IsType<Step.PowerCycle>(Assert.Single(cluster.StepsFor("m002")));
    }

    public static TheoryData<string, bool> BesideIt { get; } =
        new()
        {
            { "nothing", true },
            { "a member of etcd is sick", false },
            { "etcd cannot be seen", false },
            { "another control plane was cut from its power", false },
            { "another control plane was switched on a moment ago", false },
            { "another control plane was switched on and is Ready", true },
            { "another control plane was switched on long ago", true },
            { "another control plane drains", false },
            { "a worker was switched on a moment ago", true },
            { "its own member is sick", true },
            { "its own member is sick and another drains", true },
            { "it is no member", true },
        };

    [Theory]
    [MemberData(nameof(BesideIt))]
    public void A_control_plane_is_started_anew_only_while_etcd_can_spare_it(string beside, bool started)
    {
        var cluster = new RunningCluster(3, 12).Silent("m002", repair: new Repair("on", Ago(1)));
        switch (beside)
        {
            case "a member of etcd is sick":
                cluster.WithEtcd(member => member.Name is "host-001" ? member with { Healthy = false } : member);
                break;
            case "etcd cannot be seen":
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("no answer") };
                break;
            case "another control plane was cut from its power":
                cluster.Silent("m001", 11, WeCut(5, "on"));
                break;
            case "another control plane was switched on a moment ago":
                cluster.Silent("m001", 11, new Repair("on", Ago(1), ActedAt: Ago(2)));
                break;
            case "another control plane was switched on and is Ready":
                cluster.WithMember("m001", member => member with { Repair = new Repair("on", Ago(1), ActedAt: Ago(2)) });
                break;
            case "another control plane was switched on long ago":
                cluster.WithMember("m001", member => member with { Repair = new Repair("on", Ago(1), ActedAt: Ago(15)) });
                break;
            case "another control plane drains":
                Drain(cluster, "m001");
                break;
            case "a worker was switched on a moment ago":
                cluster.Silent("m003", 11, new Repair("on", Ago(1), ActedAt: Ago(2)));
                break;
            case "its own member is sick":
                cluster.WithEtcd(member => member.Name is "host-002" ? member with { Healthy = false } : member);
                break;
            case "its own member is sick and another drains":
                cluster.WithEtcd(member => member.Name is "host-002" ? member with { Healthy = false } : member);
                Drain(cluster, "m001");
                break;
            case "it is no member":
                cluster.Observed = cluster.Observed with
                {
                    Etcd = RunningCluster.Present(
                        new EtcdFacts([
                            .. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => member.Name is not "host-002"),
                        ])
                    ),
                };
                break;
        }

        Assert.Equal(started, cluster.StepsFor("m002").Any(step => step is Step.PowerCycle));
        Assert.Equal(
            !started,
            cluster.Plan().Pending.Any(wait => wait is { Reason: Reasons.RepairBudgetSpent, Machine.Value: "m002" })
        );
    }

    [Fact]
    public void A_worker_is_started_anew_whatever_etcd_says()
    {
        var cluster = new RunningCluster(3, 4).Silent("m004", repair: new Repair("on", Ago(1)));
        cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("no answer") };

        Assert.IsType<Step.PowerCycle>(Assert.Single(cluster.StepsFor("m004")));
    }

    [Fact]
    public void One_plan_cuts_the_power_of_one_control_plane()
    {
        var cluster = new RunningCluster(5, 10)
            .Silent("m001", 11, new Repair("on", Ago(1)))
            .Silent("m002", 11, new Repair("on", Ago(1)));

        Assert.Equal("m001", Assert.Single(cluster.Plan().Steps.OfType<Step.PowerCycle>()).Machine.Value);
        Assert.Contains(cluster.Plan().Pending, wait => wait is { Reason: Reasons.RepairBudgetSpent, Machine.Value: "m002" });
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(10.1, 3)]
    public void When_the_API_server_has_been_silent_for_ten_minutes_the_BMCs_of_three_control_planes_are_asked(
        double minutes,
        int asked
    )
    {
        var cluster = ApiSilent(5, minutes);

        Assert.Equal(asked, cluster.Plan().Steps.Count);
        Assert.All(cluster.Plan().Steps, step => Assert.IsType<Step.QueryPower>(step));
    }

    [Fact]
    public void No_workers_BMC_is_queried_while_the_API_server_is_silent()
    {
        var steps = ApiSilent(1, 60).Plan().Steps;

        Assert.Equal("m000", Assert.Single(steps).Target?.Value);
    }

    [Fact]
    public void With_automatic_repair_off_control_planes_are_not_switched_on()
    {
        var cluster = ApiSilent(3, 60);
        cluster.Desired = cluster.Desired with { AutoRepair = false };

        Assert.Empty(cluster.Plan().Steps);
    }

    public static TheoryData<string, Type?> SilentControlPlane { get; } =
        new()
        {
            { "off, asked a minute ago", typeof(Step.PowerOn) },
            { "off, asked two minutes ago", typeof(Step.PowerOn) },
            { "off, asked three minutes ago", null },
            { "off, asked ten minutes ago", null },
            { "off, asked eleven minutes ago", typeof(Step.QueryPower) },
            { "on, asked a minute ago", null },
            { "off, switched three times", typeof(Step.PowerOn) },
            { "off, switched four times", null },
            { "off, switched a moment ago", null },
            { "off, switched a quarter of an hour ago", typeof(Step.PowerOn) },
            { "never joined", null },
            { "locked", null },
            { "out of service", null },
            { "on its way out", null },
        };

    [Theory]
    [MemberData(nameof(SilentControlPlane))]
    public void A_control_plane_that_is_off_is_switched_on_while_the_API_server_is_silent(string how, Type? expected)
    {
        var cluster = ApiSilent(1, 60);
        var repair = how switch
        {
            "off, asked a minute ago" => new Repair("off", Ago(1)),
            "off, asked two minutes ago" => new Repair("off", Ago(2)),
            "off, asked three minutes ago" => new Repair("off", Ago(3)),
            "off, asked ten minutes ago" => new Repair("off", Ago(10)),
            "off, asked eleven minutes ago" => new Repair("off", Ago(11)),
            "on, asked a minute ago" => new Repair("on", Ago(1)),
            "off, switched three times" => new Repair("off", Ago(1), Acts: 3),
            "off, switched four times" => new Repair("off", Ago(1), Acts: 4),
            "off, switched a moment ago" => new Repair("off", Ago(1), Acts: 1, ActedAt: Ago(14)),
            "off, switched a quarter of an hour ago" => new Repair("off", Ago(1), Acts: 1, ActedAt: Ago(15)),
            _ => null,
        };
        cluster.WithMember(
            "m000",
            member =>
                how switch
                {
                    "never joined" => member with { JoinedAt = null },
                    "on its way out" => member with { State = MachineState.Draining },
                    _ => member with { Repair = repair },
                }
        );
        cluster.WithMaas(
            "m000",
            facts =>
                facts with
                {
                    Locked = how is "locked",
                    Progress = how is "out of service" ? MaasProgress.OutOfService : facts.Progress,
                }
        );

        var step = cluster.StepsFor("m000").SingleOrDefault(step => step is Step.QueryPower or Step.PowerOn);
        Assert.Equal(expected, step?.GetType());
    }

    private static DateTimeOffset Now => RunningCluster.Now;

    private static DateTimeOffset Ago(double minutes) => RunningCluster.MinutesAgo(minutes);

    private static string At(double minutes) => $"{Ago(minutes):HH:mm}";

    private static SystemId Id(string machine) => new(machine);

    private static Repair WeCut(double secondsAgo, string power) =>
        new(power, Now - Second, Cycles: 1, ActedAt: Now.AddSeconds(-secondsAgo), WeCutPower: true, Acts: 1);

    private static void Drain(RunningCluster cluster, string machine) =>
        cluster.WithMember(
            machine,
            member =>
                member with
                {
                    State = MachineState.Draining,
                    Since = Ago(1),
                    Removal = new Removal(RemovalKind.Replacement, "another image"),
                }
        );

    private static RunningCluster Joining(double turn, double installed) =>
        new RunningCluster(1, 4)
            .WithNode("m002", node => node with { Ready = false })
            .WithMember(
                "m002",
                member =>
                    member with
                    {
                        State = MachineState.Joining,
                        JoinedAt = null,
                        AdmittedAt = Ago(turn),
                        AdmittedUntil = Now.AddHours(1),
                        Since = Ago(installed),
                    }
            );

    private static RunningCluster ApiSilent(int controlPlanes, double minutes)
    {
        var cluster = new RunningCluster(controlPlanes, 2);
        cluster.Observed = cluster.Observed with
        {
            Api = new Observation<ApiFacts>.Unknown("it does not answer"),
            SilentFor = TimeSpan.FromMinutes(minutes),
        };
        return cluster;
    }

    private static string FirstRepaired(params (string Machine, double Silent, double Asked)[] machines)
    {
        var cluster = new RunningCluster(1, 8);
        foreach (var (machine, silent, asked) in machines)
        {
            cluster.Silent(machine, silent, new Repair("on", Ago(asked)));
        }

        return Assert.Single(cluster.Plan().Steps.OfType<Step.PowerCycle>()).Machine.Value;
    }
}
