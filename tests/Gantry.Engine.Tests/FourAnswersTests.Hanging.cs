using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A call to MAAS that hangs: the other machines of the cluster go on, and the answers say for what Gantry waits.</summary>
public sealed partial class FourAnswersTests
{
    private const string Listing = "ListMachinesAsync";

    private static readonly SystemId M01 = new("m01");

    [Fact]
    public void A_deployment_that_MAAS_does_not_answer_holds_up_no_other_machine_and_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 3);
        place.Script.Interfere = call => call.Is(ActKind.Deploy, M01) ? Fate.Held : Fate.Arrives;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Script.Sent(ActKind.Deploy, M01));
        place.Until(() => place.Script.Acts.Count(act => act.Kind is ActKind.Deploy) is 2, limit: TimeSpan.FromSeconds(20));
        place.Pass(TimeSpan.FromSeconds(30));

        var told = AllName(place, cluster, Reasons.AwaitingMaas, actionRequired: false);
        Assert.StartsWith("MAAS has not answered since 08:00:", told, StringComparison.Ordinal);
        Assert.EndsWith(": deploy host-m01.", told, StringComparison.Ordinal);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        Assert.Equal(3, place.Script.Calls.Count(call => call.Is(ActKind.Deploy)));
    }

    [Fact]
    public void A_call_that_ends_without_an_answer_is_made_again_and_MAAS_counts_as_reachable()
    {
        using var place = new EngineInWorld(machines: 3);
        var calls = 0;
        place.Script.Interfere = call => call.Is(ActKind.Deploy, M01) && ++calls is 1 ? Fate.Lost : Fate.Arrives;
        place.EachStatus = status =>
            Assert.DoesNotContain(status.Conditions, condition => condition.Reason is Reasons.MaasUnreachable);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(2, calls);
    }

    [Fact]
    public void An_allocation_whose_answer_comes_late_is_taken_and_not_asked_for_again()
    {
        using var place = new EngineInWorld(machines: 2);
        place.Script.Interfere = call => call.Is(ActKind.Allocate, M01) ? Fate.Held : Fate.Arrives;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(1, place.Script.Calls.Count(call => call.Is(ActKind.Allocate, M01)));
        Assert.DoesNotContain(place.Events, happened => happened.Reason is "Adopted");
    }

    [Fact]
    public void A_release_that_MAAS_does_not_answer_is_counted_once_and_nobody_else_is_said_to_have_released_the_machine()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 3));
        var held = new HashSet<SystemId>();
        place.Script.Interfere = call =>
            call.Is(ActKind.Release) && held.Count is 0 && held.Add(call.Act!.Machine!.Value) ? Fate.Held : Fate.Arrives;

        place.Want(Next(cluster.WithWorkers(1)));
        place.Until(cluster, status => status.Machines.Count is 3, limit: TimeSpan.FromMinutes(5));
        Assert.Contains(place.Status(cluster).Machines, machine => held.Contains(machine.SystemId));
        place.Until(cluster, status => status.Machines.Count is 2);

        Assert.Equal(2, place.Script.Calls.Count(call => call.Is(ActKind.Release)));
        Assert.DoesNotContain(
            place.Events,
            happened =>
                happened.Message.Contains("somebody", StringComparison.Ordinal) || happened.Reason is Reasons.ReleaseFailed
        );
    }

    [Fact]
    public void No_more_than_eight_calls_of_a_cluster_wait_for_MAAS_side_by_side()
    {
        using var place = new EngineInWorld(machines: 12);
        place.Script.Interfere = call => call.Is(ActKind.Allocate) ? Fate.Held : Fate.Arrives;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 11);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Script.Sent(ActKind.Allocate));
        place.Pass(TimeSpan.FromSeconds(110));
        Assert.Equal(8, place.Script.Calls.Count(call => call.Is(ActKind.Allocate)));

        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        Assert.Equal(12, place.Script.Calls.Count(call => call.Is(ActKind.Allocate)));
    }

    [Fact]
    public void A_question_does_not_wait_for_a_slow_list_and_its_answer_tells_how_old_the_list_is()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        place.Pass(TimeSpan.FromMinutes(5));
        place.Script.Interfere = call => call.Operation is Listing ? Fate.Held : Fate.Arrives;
        place.Pass(TimeSpan.FromMinutes(1));
        var asked = place.Time.Now;

        var plan = Plan(place, Next(cluster.WithWorkers(3)));
        var whyNot = WhyNot(place, Next(cluster.WithWorkers(30)));

        Assert.True(place.Time.Now - asked < TimeSpan.FromSeconds(18));
        Assert.Equal(2, plan.Steps.Count(step => step.Action is "Allocate"));
        foreach (var warnings in new[] { plan.Warnings, whyNot.Warnings })
        {
            Assert.Matches(
                "^MAAS takes long to list its machines: this rests on a list that is [0-9]+ s old$",
                Assert.Single(warnings!)
            );
        }
    }

    [Fact]
    public void The_first_list_of_a_slow_region_goes_on_when_the_question_that_began_it_has_ended()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        place.Script.Interfere = call => call.Operation is Listing ? Fate.Held : Fate.Arrives;
        using var gaveUp = new CancellationTokenSource();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Time.In(TimeSpan.FromSeconds(18), gaveUp.Cancel);
        Assert.Throws<OperationCanceledException>(() => place.Now(() => place.Engine.PlanAsync(cluster, gaveUp.Token)));

        place.Pass(TimeSpan.FromMinutes(2));
        var asked = place.Time.Now;
        var plan = Plan(place, cluster);

        Assert.True(place.Time.Now - asked < TimeSpan.FromSeconds(18));
        Assert.Equal(2, plan.Steps.Count(step => step.Action is "Allocate"));
        Assert.StartsWith("MAAS takes long to list its machines", Assert.Single(plan.Warnings!), StringComparison.Ordinal);
    }
}
