using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Clusters.Tests.Queueing;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>I14: the dry run decides as the engine does on the same facts.</summary>
public sealed class DryRunTests
{
    private static readonly Limits Impatient = new()
    {
        FailuresAlike = 1,
        Backfill = TimeSpan.FromMinutes(1),
        Silence = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void The_dry_run_begins_with_the_plan_of_the_same_facts_in_any_world() =>
        Facts.Sample(facts =>
        {
            var plan = Planner.Plan(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);
            var run = DryRun.Run(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);
            var document = DryRun.Write(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);

            Assert.Equal(plan.Steps, run.First.Steps);
            Assert.Equal(plan.Pending, run.First.Pending);
            Assert.Equal(plan.Blockers, run.First.Blockers);
            Assert.Equal(plan.Lacking, run.First.Lacking);
            Assert.Equal(plan.Steps, run.Steps.Take(plan.Steps.Count));
            Assert.Equal(
                plan.Steps.Select(step => step.Reason),
                document.Steps.Take(plan.Steps.Count).Select(step => step.Reason)
            );
            Assert.Equal(plan.Pending.Select(wait => wait.Message), document.Pending);
            Assert.Equal(plan.Blockers, document.Blockers.Take(plan.Blockers.Count));
        });

    [Fact]
    public void The_dry_run_comes_to_an_end_in_any_world() =>
        Facts.Sample(facts =>
            Assert.True(DryRun.Run(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits).Steps.Count < 1000)
        );

    [Fact]
    public void A_dry_run_of_an_installation_that_failed_three_times_installs_nothing_more()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var observed = Scenes.Nothing with
        {
            InstallFailures =
            [
                new InstallFailure(DnsLabel.Parse("control-plane"), 3, "Failed deployment"),
                new InstallFailure(DnsLabel.Parse("pool-0"), 3, "Failed deployment"),
            ],
        };
        var inventory = new Inventory([.. Enumerable.Range(0, 5).Select(number => Scenes.Machine(number))]);

        var document = DryRun.Write(cluster, observed, inventory, Scenes.Now);

        Assert.Contains(document.Blockers, blocker => blocker.Reason is Reasons.InstallationFails);
        Assert.DoesNotContain(document.Steps, step => step.Action is "Deploy");
    }

    [Fact]
    public void A_dry_run_assumes_that_silent_components_answer_later()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var inventory = new Inventory([.. Enumerable.Range(0, 5).Select(number => Scenes.Machine(number))]);
        var formed = DryRun.Run(cluster, Scenes.Nothing, inventory, Scenes.Now).End with { Formed = true };
        var silent = formed with
        {
            Api = new Observation<ApiFacts>.Unknown("no answer"),
            Etcd = new Observation<EtcdFacts>.Unknown("no answer"),
            Members = [.. formed.Members.Select(seen => seen with { Node = new Observation<NodeFacts>.Unknown("no answer") })],
        };
        var larger = cluster with { Pools = [cluster.Pools[0], cluster.Pools[1] with { Size = 2 }] };

        var document = DryRun.Write(larger, silent, inventory, Scenes.Now);

        Assert.Contains("The API server does not answer: no answer.", document.Pending);
        Assert.Equal(["Allocate", "Deploy", "JoinWorker", "LabelNode"], document.Steps.Select(step => step.Action));
    }

    private static Gen<(ClusterSpec Cluster, ClusterObservation Observed, Inventory Inventory, Limits Limits)> Facts { get; } =
        from cluster in Scenes.Clusters
        from observed in Scenes.AnyWorld(cluster)
        from turn in Queues.Turns
        from failures in Gen.Int[0, 4]
        from impatient in Gen.Bool
        select (
            cluster,
            observed with
            {
                InstallFailures = failures is 0 ? [] : [new InstallFailure(cluster.Pools[^1].Name, failures, "it failed")],
            },
            new Inventory(() => turn),
            impatient ? Impatient : Limits.Default
        );
}
