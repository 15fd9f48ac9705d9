using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class PlanSummaryTests
{
    [Fact]
    public void A_machine_that_leaves_and_one_that_comes_to_the_same_pool_are_one_replacement()
    {
        var plan = PlanDurationsTests.Plan([
            .. PlanDurationsTests.Expand("new-1", "old-1"),
            .. PlanDurationsTests.Expand("new-2", "old-2"),
        ]);
        Assert.Equal(
            [
                new MachineChange("-/+", "host-old-1", "host-new-1", "worker", "az1", true, "because of Cordon"),
                new MachineChange("-/+", "host-old-2", "host-new-2", "worker", "az1", true, "because of Cordon"),
            ],
            PlanSummary.Of(plan.Steps)
        );
    }

    [Fact]
    public void A_contract_first_replacement_is_the_same_change()
    {
        var change = Assert.Single(PlanSummary.Of(PlanDurationsTests.Plan(PlanDurationsTests.Contract("old", "new")).Steps));
        Assert.Equal(("-/+", "host-old", "host-new"), (change.Symbol, change.Hostname, change.ReplacedBy));
    }

    [Fact]
    public void Machines_of_different_pools_do_not_replace_each_other()
    {
        var plan = PlanDurationsTests.Plan([
            ("Release", "1", "a"),
            ("Allocate", "2", "b"),
            ("Deploy", "2", "b"),
            ("LabelNode", "3", "a"),
        ]);
        Assert.Equal(
            [("-", "host-1", true), ("+", "host-2", false), ("~", "host-3", false)],
            PlanSummary.Of(plan.Steps).Select(change => (change.Symbol, change.Hostname, change.Disruptive))
        );
    }

    [Fact]
    public void A_pool_that_grows_while_it_is_rolled_replaces_first_and_adds_the_rest()
    {
        var plan = PlanDurationsTests.Plan([
            ("Allocate", "1", "a"),
            ("Allocate", "2", "a"),
            ("Cordon", "3", "a"),
            ("Release", "3", "a"),
        ]);
        Assert.Equal(
            [("+", "host-2", null), ("-/+", "host-3", "host-1")],
            PlanSummary.Of(plan.Steps).Select(change => (change.Symbol, change.Hostname, change.ReplacedBy))
        );
    }

    [Fact]
    public void A_machine_that_continues_to_join_is_an_addition() =>
        Assert.Equal(
            "+",
            Assert.Single(PlanSummary.Of(PlanDurationsTests.Plan([("Deploy", "1", "a"), ("LabelNode", "1", "a")]).Steps)).Symbol
        );

    [Fact]
    public void A_machine_that_leaves_one_pool_and_is_taken_for_another_is_two_changes()
    {
        var plan = PlanDurationsTests.Plan([
            ("Cordon", "1", "a"),
            ("Release", "1", "a"),
            ("Allocate", "1", "b"),
            ("Deploy", "1", "b"),
        ]);
        Assert.Equal(
            [("-", "host-1", "a"), ("+", "host-1", "b")],
            PlanSummary.Of(plan.Steps).Select(change => (change.Symbol, change.Hostname, change.Pool))
        );
    }

    [Theory]
    [InlineData("-", null, "Allocate", "Release")]
    [InlineData("-/+", "host-1", "Abandon", "Allocate")]
    [InlineData("-", null, "Cordon", "Drain")]
    [InlineData("~", null, "Cordon", "LabelNode")]
    public void The_last_fate_of_a_machine_is_its_symbol(string symbol, string? replacedBy, params string[] actions)
    {
        var plan = PlanDurationsTests.Plan([.. actions.Select(action => (action, "1", "a"))]);

        var change = Assert.Single(PlanSummary.Of(plan.Steps));

        Assert.Equal((symbol, "host-1", replacedBy), (change.Symbol, change.Hostname, change.ReplacedBy));
    }

    [Fact]
    public void A_change_is_disruptive_when_one_of_its_steps_is_and_that_step_is_its_reason()
    {
        var plan = PlanDurationsTests.Plan([("LabelNode", "1", "a"), ("Cordon", "1", "a"), ("LabelNode", "1", "a")]);

        var change = Assert.Single(PlanSummary.Of(plan.Steps));

        Assert.True(change.Disruptive);
        Assert.Equal("because of Cordon", change.Reason);
    }

    [Fact]
    public void A_replacement_is_in_the_zone_of_the_machine_that_comes()
    {
        var plan = PlanDurationsTests.Plan([("Release", "1", "a"), ("Allocate", "2", "a")]);

        var change = Assert.Single(PlanSummary.Of([plan.Steps[0], plan.Steps[1] with { Zone = "az2" }]));

        Assert.Equal("az2", change.Zone);
    }

    [Fact]
    public void A_machine_of_which_nothing_is_known_is_named_by_its_id()
    {
        var step = PlanDurationsTests.Plan([("LabelNode", "1", "a")]).Steps[0] with { Hostname = null, Pool = null, Zone = null };

        Assert.Equal([new MachineChange("~", "1", null, "", "", false, "because of LabelNode")], PlanSummary.Of([step]));
    }

    [Fact]
    public void Every_machine_of_a_plan_is_in_its_summary_once_for_each_place_it_has() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 2])
            .Select((count, _) => count)
            .SelectMany(count =>
                Gen.Select(
                    Regions.One("Allocate", "Deploy", "Cordon", "Release", "LabelNode", "Abandon"),
                    Gen.Int[0, 6],
                    Regions.One("a", "b")
                ).Array[count]
            )
            .Sample(rows =>
            {
                var plan = PlanDurationsTests.Plan([.. rows.Select(row => (row.Item1, $"{row.Item3}{row.Item2}", row.Item3))]);
                var changes = PlanSummary.Of(plan.Steps);
                Assert.Equal(
                    plan.Steps.Select(step => step.Hostname!).Distinct().Order(StringComparer.Ordinal),
                    changes
                        .SelectMany(change => new[] { change.Hostname, change.ReplacedBy })
                        .OfType<string>()
                        .Distinct()
                        .Order(StringComparer.Ordinal)
                );
                var returning = plan
                    .Steps.Where(
                        (step, index) =>
                            step.Action is "Allocate"
                            && plan.Steps.Take(index)
                                .Any(earlier => earlier.Action is "Release" && earlier.Hostname == step.Hostname)
                    )
                    .Select(step => step.Hostname)
                    .ToHashSet();
                var once = changes.Where(change => !returning.Contains(change.Hostname)).ToList();
                Assert.Equal(once.Count, once.Select(change => change.Hostname).Distinct().Count());
                Assert.All(changes, change => Assert.Equal(change.Symbol is "-/+", change.ReplacedBy is not null));
                Assert.All(changes, change => Assert.NotEmpty(change.Reason));
            });

    [Fact]
    public void A_new_cluster_only_adds_machines()
    {
        var inventory = new Inventory([.. Enumerable.Range(0, 10).Select(number => Regions.Machine(number))]);
        var plan = PlanSummary.Add(DryRun.Write(Scenes.Cluster(3, [2]), Scenes.Nothing, inventory, Scenes.Now));

        Assert.Equal(5, plan.Machines!.Count);
        Assert.All(plan.Machines, change => Assert.Equal(("+", false), (change.Symbol, change.Disruptive)));
    }
}
