using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A region whose list of all machines takes two minutes, while an answer about a few takes none.</summary>
public sealed class SlowRegionTests
{
    private static readonly TimeSpan ListTakes = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_cluster_is_built_there_as_fast_as_elsewhere_once_there_is_a_list()
    {
        var elsewhere = TimeToBuild(isSlow: false);
        var there = TimeToBuild(isSlow: true);

        Assert.InRange(there - elsewhere, TimeSpan.Zero, ListTakes + TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void Lists_follow_each_other_with_a_pause_and_never_side_by_side()
    {
        using var place = Slow();
        var begun = new List<DateTimeOffset>();
        var slow = place.Script.Interfere;
        place.Script.Interfere = call =>
        {
            if (call.Operation is nameof(IRegion.ListMachinesAsync))
            {
                begun.Add(place.Time.Now);
            }

            return slow(call);
        };
        Ask(place, "one", "two", "three");
        place.Pass(TimeSpan.FromHours(1));

        Assert.InRange(begun.Count, 10, 29);
        Assert.All(
            begun.Zip(begun.Skip(1), (one, next) => next - one),
            apart => Assert.InRange(apart, ListTakes + TimeSpan.FromSeconds(10), TimeSpan.MaxValue)
        );
    }

    [Fact]
    public void What_becomes_of_a_machine_of_the_cluster_is_seen_before_the_next_list()
    {
        using var place = Slow();
        var cluster = Ask(place, "one").Single();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        foreach (var machine in place.Region.Machines.Where(machine => machine.Owner is null))
        {
            machine.FailsToDeploy = true;
        }

        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Held.Any(machine => machine.Status is MaasStatus.FailedDeployment));
        var failed = place.Time.Now;
        place.Until(() => place.Script.Sent(ActKind.Release));

        Assert.InRange(place.Time.Now - failed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_list_that_fails_again_and_again_is_told_when_the_last_one_is_too_old()
    {
        using var place = Slow();
        var cluster = Ask(place, "one").Single();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Script.Interfere = call => call.Operation is nameof(IRegion.ListMachinesAsync) ? Fate.Unavailable : Fate.Arrives;
        place.Want(cluster.WithWorkers(30));
        var began = place.Time.Now;

        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.MaasUnreachable));

        // Until then the cluster goes on with the last list.
        Assert.InRange(place.Time.Now - began, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10));
    }

    private static TimeSpan TimeToBuild(bool isSlow)
    {
        using var place = isSlow ? Slow() : new EngineInWorld(machines: 8).Start();
        var began = place.Time.Now;
        var cluster = Some.Cluster(controlPlanes: 3, workers: 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return place.Time.Now - began;
    }

    private static List<ClusterSpec> Ask(EngineInWorld place, params string[] names)
    {
        var clusters = names.Select(name => Some.Cluster(controlPlanes: 1, workers: 1, name)).ToList();
        clusters.ForEach(place.Want);
        return clusters;
    }

    private static EngineInWorld Slow()
    {
        var place = new EngineInWorld(machines: 8);
        place.Script.Interfere = call => call.Operation is nameof(IRegion.ListMachinesAsync) ? Fate.Held : Fate.Arrives;
        return place.Start();
    }
}
