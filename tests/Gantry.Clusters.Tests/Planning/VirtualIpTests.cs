using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>m000 leaves a cluster of three control planes and has been drained. Who holds the virtual IP decides what is next.</summary>
public sealed class VirtualIpTests
{
    [Fact]
    public void The_holder_hands_the_virtual_ip_over_before_it_leaves_etcd()
    {
        var plan = Leaving("host-000").Plan();

        var step = Assert.Single(plan.Steps.OfType<Step.MoveVirtualIp>());
        Assert.Equal(("m000", "host-001"), (step.Machine.Value, step.To));
        Assert.Equal("host-001 takes the virtual IP, because host-000 leaves", step.Reason);
        Assert.False(LeavesEtcd(plan));
    }

    [Fact]
    public void A_control_plane_that_stays_takes_it_before_one_that_is_replaced_next()
    {
        var cluster = Leaving("host-000");
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };

        Assert.Equal("host-002", Assert.Single(cluster.Plan().Steps.OfType<Step.MoveVirtualIp>()).To);
    }

    [Theory]
    [InlineData("its node is not Ready")]
    [InlineData("its member of etcd does not answer")]
    [InlineData("its API server is not ready")]
    [InlineData("it leaves too")]
    public void A_control_plane_that_cannot_serve_does_not_get_it(string because)
    {
        var cluster = Leaving("host-000");
        switch (because)
        {
            case "its node is not Ready":
                cluster.WithNode("m001", node => node with { Ready = false });
                break;
            case "its member of etcd does not answer":
                // A fourth member keeps the quorum of those that are left.
                cluster.Observed = cluster.Observed with
                {
                    Etcd = RunningCluster.Present(
                        new EtcdFacts([
                            .. cluster.Observed.Etcd.ValueOrDefault!.Members.Select(member =>
                                member with
                                {
                                    Healthy = member.Name is not "host-001",
                                }
                            ),
                            new EtcdMember("m003", "host-003", Voting: true, Healthy: true, Leader: false),
                        ])
                    ),
                };
                cluster.Observed = cluster.Observed with
                {
                    Members =
                    [
                        .. cluster.Observed.Members,
                        cluster["m002"] with
                        {
                            Member = cluster["m002"].Member with { Machine = new SystemId("m003"), Hostname = "host-003" },
                        },
                    ],
                };
                break;
            case "its API server is not ready":
                cluster.Observed = cluster.Observed with
                {
                    VirtualIp = RunningCluster.Present(
                        new VirtualIpFacts("host-000", IsTaken: true)
                        {
                            Reach = new EndpointReach([AddressOf("m000"), AddressOf("m002")], [AddressOf("m000")]),
                        }
                    ),
                };
                break;
            default:
                cluster.WithMember("m001", member => member with { State = MachineState.Draining, Since = RunningCluster.Now });
                break;
        }

        Assert.Equal("host-002", Assert.Single(cluster.Plan().Steps.OfType<Step.MoveVirtualIp>()).To);
    }

    [Theory]
    [InlineData("another holds it")]
    [InlineData("nobody holds it")]
    [InlineData("who holds it is not known")]
    [InlineData("there is no lease")]
    [InlineData("its own etcd does not answer")]
    [InlineData("the endpoint is a record in DNS")]
    public void Nothing_is_handed_over_where_that_gains_nothing(string because)
    {
        var cluster = Leaving(
            because switch
            {
                "another holds it" => "host-002",
                "nobody holds it" => "",
                _ => "host-000",
            }
        );
        switch (because)
        {
            case "who holds it is not known":
                cluster.Observed = cluster.Observed with { VirtualIp = new Observation<VirtualIpFacts>.Unknown("no answer") };
                break;
            case "there is no lease":
                cluster.Observed = cluster.Observed with { VirtualIp = new Observation<VirtualIpFacts>.Absent() };
                break;
            case "its own etcd does not answer":
                cluster.WithEtcd(member =>
                    member with
                    {
                        Healthy = member.Name is not "host-000",
                        Leader = member.Name is "host-001",
                    }
                );
                break;
            case "the endpoint is a record in DNS":
                cluster.Desired = cluster.Desired with { Endpoint = new EndpointChoice.MaasDns(DnsName.Parse("example.com")) };
                break;
        }

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.MoveVirtualIp);
        Assert.True(LeavesEtcd(cluster.Plan()));
    }

    [Theory]
    [InlineData(5, true, true, false)] // The former holder may announce the address still.
    [InlineData(16, true, true, true)]
    [InlineData(16, false, true, false)] // The next one has not renewed the lease yet.
    [InlineData(16, true, false, false)] // The API server does not answer at the address.
    [InlineData(24, false, false, true)] // The attempt is over.
    public void A_former_holder_stays_in_etcd_until_another_serves_the_virtual_ip(
        int seconds,
        bool taken,
        bool answers,
        bool leaves
    )
    {
        var cluster = HandedOver(Leaving("host-001"), seconds, tries: 1);
        cluster.Observed = cluster.Observed with
        {
            VirtualIp = RunningCluster.Present(
                new VirtualIpFacts("host-001", taken)
                {
                    Reach = new EndpointReach(
                        [AddressOf("m000"), AddressOf("m001"), AddressOf("m002")],
                        answers ? [AddressOf("m001")] : [],
                        answers ? null : "connection refused"
                    ),
                }
            ),
        };
        var plan = cluster.Plan();

        Assert.Equal(leaves, LeavesEtcd(plan));
        Assert.DoesNotContain(plan.Steps, step => step is Step.MoveVirtualIp);
        if (!leaves)
        {
            Assert.Equal(
                "host-000 leaves etcd when host-001 has taken the virtual IP over.",
                Assert.Single(plan.Pending, wait => wait.Machine?.Value is "m000").Message
            );
        }
    }

    [Fact]
    public void A_former_holder_that_is_met_at_the_virtual_ip_still_stays_in_etcd()
    {
        var cluster = HandedOver(Leaving("host-001"), seconds: 16, tries: 1);
        cluster.Observed = cluster.Observed with
        {
            VirtualIp = RunningCluster.Present(
                new VirtualIpFacts("host-001", IsTaken: true)
                {
                    Reach = new EndpointReach(
                        [AddressOf("m000"), AddressOf("m001"), AddressOf("m002")],
                        [AddressOf("m000"), AddressOf("m001")]
                    ),
                }
            ),
        };

        Assert.False(LeavesEtcd(cluster.Plan()));
    }

    [Fact]
    public void A_hand_over_that_nobody_took_is_tried_again_with_another_after_its_time()
    {
        Assert.DoesNotContain(HandedOver(Leaving("host-000"), 10, tries: 1).Plan().Steps, step => step is Step.MoveVirtualIp);
        Assert.Equal(
            "host-002",
            Assert.Single(HandedOver(Leaving("host-000"), 24, tries: 1).Plan().Steps.OfType<Step.MoveVirtualIp>()).To
        );
    }

    [Fact]
    public void After_three_attempts_the_holder_leaves_and_its_step_says_what_that_costs()
    {
        var cluster = HandedOver(Leaving("host-000"), 24, tries: 3)
            .WithEtcd(member => member with { Leader = member.Name is "host-001" });

        Assert.Equal(
            "host-000 leaves the cluster; it holds the virtual IP, which no other control plane took in 3 attempts: the API server is "
                + "not reached for about 19 seconds",
            Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>()).Reason
        );
    }

    [Fact]
    public void A_holder_beside_which_nobody_is_ready_leaves_and_its_step_says_what_that_costs()
    {
        var cluster = Leaving("host-000")
            .WithEtcd(member => member with { Leader = member.Name is "host-001" })
            .WithNode("m001", node => node with { Ready = false })
            .WithNode("m002", node => node with { Ready = false });

        Assert.Contains(
            "which no other control plane is ready to take",
            Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>()).Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_clock_that_was_set_back_delays_nothing() =>
        Assert.Contains(HandedOver(Leaving("host-000"), -3600, tries: 1).Plan().Steps, step => step is Step.MoveVirtualIp);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_dry_run_of_a_roll_hands_the_virtual_ip_over_once_right_before_its_holder_leaves_etcd(int controlPlanes)
    {
        var cluster = new RunningCluster(controlPlanes);
        cluster.Desired = cluster.Desired with { Image = ImageName.Parse("ubuntu/other"), Generation = 2 };
        cluster.Observed = cluster.Observed with
        {
            VirtualIp = RunningCluster.Present(new VirtualIpFacts("host-000", IsTaken: true)),
        };

        var steps = DryRun
            .Run(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now)
            .Steps.Where(step => step is Step.MoveVirtualIp or Step.RemoveEtcdMember)
            .ToList();

        var move = Assert.Single(steps.OfType<Step.MoveVirtualIp>());
        Assert.Equal("m000", move.Machine.Value);
        Assert.Equal(move.Target, steps[steps.IndexOf(move) + 1].Target);
        Assert.Equal(controlPlanes, steps.OfType<Step.RemoveEtcdMember>().Count());
    }

    [Fact]
    public void A_dry_run_goes_on_where_a_hand_over_is_under_way()
    {
        var cluster = HandedOver(Leaving("host-001"), 5, tries: 1);
        var run = DryRun.Run(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now);

        Assert.Contains(run.Pending, wait => wait.Message.Contains("has taken the virtual IP over", StringComparison.Ordinal));
        Assert.Contains(run.Steps, step => step is Step.RemoveEtcdMember { Machine.Value: "m000" });
    }

    private static RunningCluster Leaving(string holder)
    {
        var cluster = new RunningCluster(3).WithMember(
            "m000",
            member =>
                member with
                {
                    State = MachineState.Draining,
                    Since = RunningCluster.Now,
                    Drained = true,
                    Removal = new Removal(RemovalKind.Repair, "asked for"),
                    Quarantined = true,
                }
        );
        cluster.Observed = cluster.Observed with
        {
            VirtualIp = RunningCluster.Present(new VirtualIpFacts(holder, IsTaken: true)),
        };
        foreach (var machine in (string[])["m000", "m001", "m002"])
        {
            cluster.WithMember(machine, member => member with { Addresses = [AddressOf(machine)] });
        }

        return cluster.WithEtcd(member => member with { Leader = member.Name is "host-001" });
    }

    private static RunningCluster HandedOver(RunningCluster cluster, int seconds, int tries) =>
        cluster.WithMember(
            "m000",
            member => member with { HandOver = new VirtualIpHandOver(RunningCluster.Now.AddSeconds(-seconds), tries) }
        );

    private static string AddressOf(string machine) => $"10.0.0.{machine[^1]}";

    private static bool LeavesEtcd(Plan plan) => plan.Steps.Any(step => step is Step.RemoveEtcdMember { Machine.Value: "m000" });
}
