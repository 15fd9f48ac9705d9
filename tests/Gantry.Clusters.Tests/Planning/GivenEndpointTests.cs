using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>An endpoint of somebody else's load balancer: who is reached through it decides who may leave, join and be judged.</summary>
public sealed class GivenEndpointTests
{
    private static readonly EndpointChoice.Given Endpoint = new(HostAddress.Parse("api.example"));

    [Fact]
    public void No_control_plane_leaves_that_is_the_last_one_reached() =>
        Gen.Select(Gen.Bool.Array[3], Gen.Bool.Array[3], Gen.Int[0, 2], Gen.Bool, Gen.Bool)
            .Sample(
                (serves, reached, leaving, drained, isDown) =>
                {
                    var cluster = Cluster(3, Addresses(3, serves), Addresses(3, reached.Zip(serves, (one, two) => one && two)));
                    var machine = $"m00{leaving}";
                    if (drained)
                    {
                        cluster.WithMember(
                            machine,
                            member =>
                                member with
                                {
                                    State = MachineState.Draining,
                                    Drained = true,
                                    Removal = new Removal(RemovalKind.Repair, "asked for"),
                                }
                        );
                    }
                    else
                    {
                        cluster.Desired = cluster.Desired with { Replace = [new SystemId(machine)] };
                        cluster.WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
                    }

                    if (isDown)
                    {
                        cluster.With(machine, seen => seen with { Node = Silent(seen.Node) });
                    }

                    var others = Enumerable.Range(0, 3).Where(number => number != leaving);
                    var may = others.Any(number => reached[number] && serves[number]) || (isDown && !serves[leaving]);
                    var plan = cluster.Plan();
                    var goes = plan.Steps.Any(step =>
                        step.Target?.Value == machine && step is Step.Cordon or Step.MoveEtcdLeader or Step.RemoveEtcdMember
                    );

                    Assert.Equal(may, goes);
                    Assert.Equal(
                        may,
                        !plan.Pending.Any(wait => wait.Reason is Reasons.EndpointUnreached && wait.Machine?.Value == machine)
                    );
                }
            );

    [Fact]
    public void What_is_not_known_to_be_reached_takes_no_control_plane_away()
    {
        var cluster = Cluster(3, [], []);
        cluster.Observed = cluster.Observed with { Reach = new Observation<EndpointReach>.Unknown("nobody has looked") };
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m000")] };
        cluster.WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });

        var plan = cluster.Plan();

        Assert.DoesNotContain(plan.Steps, step => step.IsDisruptive);
        Assert.Contains(
            "which control planes api.example:6443 reaches is not known: nobody has looked.",
            Assert.Single(plan.Pending, wait => wait.Reason is Reasons.EndpointUnreached).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_endpoint_of_ours_asks_nobody()
    {
        var cluster = new RunningCluster(3);
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m000")] };
        cluster.WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });

        Assert.Contains(cluster.Plan().Steps, step => step is Step.Cordon);
        Assert.Null(cluster.Plan().Backends);
    }

    [Fact]
    public void Nothing_is_admitted_while_the_endpoint_reaches_nobody()
    {
        var cluster = Cluster(1, ["10.0.0.0"], [], 1);
        cluster.With(
            "m001",
            seen =>
                seen with
                {
                    Member = seen.Member with { State = MachineState.Joining, AdmittedAt = null, JoinedAt = null },
                    Node = new Observation<NodeFacts>.Absent(),
                }
        );

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.JoinWorker);
        cluster.Observed = cluster.Observed with { Reach = Reach(["10.0.0.0"], ["10.0.0.0"]) };
        Assert.Contains(cluster.Plan().Steps, step => step is Step.JoinWorker);
    }

    [Fact]
    public void The_addresses_to_add_and_to_remove_are_told()
    {
        var cluster = Cluster(3, Addresses(3, [true, true, true]), ["10.0.0.0"]);
        cluster.Observed = cluster.Observed with { EndpointSeen = ["10.0.0.0", "10.0.0.1", "10.0.0.9"] };

        Assert.Equal(
            new EndpointBackends(["10.0.0.0", "10.0.0.1", "10.0.0.2"], ["10.0.0.0"], ["10.0.0.2"], ["10.0.0.9"]),
            cluster.Plan().Backends
        );
        Assert.True(cluster.Plan().IsSettled);
    }

    private static RunningCluster Cluster(
        int controlPlanes,
        ValueList<string> serving,
        ValueList<string> reached,
        int workers = 0
    )
    {
        var cluster = new RunningCluster(controlPlanes, workers);
        cluster.Desired = cluster.Desired with { Endpoint = Endpoint };
        foreach (var number in Enumerable.Range(0, controlPlanes))
        {
            cluster.WithMember($"m00{number}", member => member with { Addresses = [$"10.0.0.{number}"] });
        }

        cluster.Observed = cluster.Observed with
        {
            Endpoint = new EndpointFacts("api.example", 6443, []),
            Reach = Reach(serving, reached),
        };
        return cluster;
    }

    private static Observation<NodeFacts> Silent(Observation<NodeFacts> seen) =>
        new Observation<NodeFacts>.Present(seen.ValueOrDefault! with { Ready = false });

    private static Observation<EndpointReach> Reach(ValueList<string> serving, ValueList<string> reached) =>
        new Observation<EndpointReach>.Present(new EndpointReach(serving, reached));

    private static ValueList<string> Addresses(int count, IEnumerable<bool> which) =>
        [.. Enumerable.Range(0, count).Zip(which).Where(pair => pair.Second).Select(pair => $"10.0.0.{pair.First}")];
}
