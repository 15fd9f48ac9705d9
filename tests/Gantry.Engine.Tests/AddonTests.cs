using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Add-ons are looked at after they were applied, and what no layer brings any more goes.</summary>
public sealed class AddonTests
{
    private static readonly AddonObject Network = new("apps/v1", "DaemonSet", "kube-system", "network");

    private static readonly AddonLayer NetworkLayer = new("cilium", "1.18", "cni", Manifest("network"));

    [Fact]
    public void A_deleted_object_of_an_add_on_is_applied_again()
    {
        using var place = Running(out var cluster);
        var real = place.Inside(cluster);
        place.Machines.Delete(real, Network);
        Assert.False(real.HasNetwork);

        place.Until(() => real.HasNetwork, TimeSpan.FromMinutes(10));

        Assert.Contains(
            place.Events,
            happened =>
                happened.Reason is "ApplyAddons" && happened.Message == "DaemonSet kube-system/network is missing in the cluster"
        );
        var applied = real.Manifests.Count;
        place.Pass(TimeSpan.FromMinutes(20));
        Assert.Equal(applied, real.Manifests.Count);
    }

    [Fact]
    public void A_node_without_a_network_is_not_its_machines_fault()
    {
        using var place = Running(out var cluster);
        var real = place.Inside(cluster);

        // The object is there and its pods do not run, so nothing is missing that could be applied.
        real.HasNetwork = false;
        place.Want(cluster = cluster.WithWorkers(2));
        place.Until(() => real.Nodes.Count is 3);
        place.Pass(TimeSpan.FromHours(2));

        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        var explained = Explain.Write(
            cluster,
            place.Status(cluster),
            new Surroundings("gateway", GatewayOnline: true, null, AccountPresent: true),
            place.Time.Now
        );
        Assert.Equal(Reasons.NetworkMissing, explained.Reason);
        Assert.True(explained.ActionRequired);

        place.Machines.Apply(real, "network");
        place.Until(() => place.Status(cluster) is { Machines.Count: 3, Health: Health.Healthy });
    }

    [Fact]
    public void An_object_that_no_layer_brings_any_more_is_deleted_as_the_plan_shows()
    {
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Manifest("scraper", "keeper")));
        var real = place.Inside(cluster);
        Assert.Equal(3, real.Objects.Count);

        var fewer = cluster with
        {
            Generation = 2,
            Addons = [NetworkLayer, new AddonLayer("monitoring", "2", "addon", Manifest("keeper"))],
        };
        var plan = place.Now(() => place.Engine.PlanAsync(fewer, default));
        Assert.Equal(
            [
                ("~", "ApplyAddons", "cilium, monitoring as the cluster asks for them"),
                ("-", "PruneAddons", "no layer brings DaemonSet kube-system/scraper any more"),
            ],
            plan.Steps.Select(step => (step.Symbol, step.Action, step.Reason))
        );
        Assert.Equal(3, real.Objects.Count);

        place.Want(fewer);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "Reached"));
        Assert.Equal(["keeper", "network"], real.Objects.Select(one => one.Name).Order());

        var none = fewer with { Generation = 3, Addons = [NetworkLayer] };
        place.Want(none);
        place.Until(() => real.Objects.Count is 1);
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Single(real.Objects);
        Assert.Equal(Health.Healthy, place.Status(none).Health);
    }

    [Fact]
    public void A_namespace_stays_because_others_may_live_in_it()
    {
        const string Space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n";
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Space));
        var real = place.Inside(cluster);

        var without = cluster with { Generation = 2, Addons = [NetworkLayer] };
        var plan = place.Now(() => place.Engine.PlanAsync(without, default));
        Assert.Equal(
            "no layer brings it any more, but Namespace shared stays, because others may depend on it",
            Assert.Single(plan.Steps, step => step.Action is "PruneAddons").Reason
        );

        place.Want(without);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "Reached"));
        Assert.Contains(real.Objects, one => one.Name is "shared");
        Assert.DoesNotContain(place.Script.Acts, act => act.Kind is ActKind.Prune);
    }

    [Fact]
    public void What_an_interrupted_run_has_applied_is_pruned_too()
    {
        using var place = Running(out var cluster);
        var real = place.Inside(cluster);
        var killed = false;
        place.Script.Interfere = call => call.Is(ActKind.Apply) && !killed && (killed = true) ? Fate.KilledAfter : Fate.Arrives;
        var added = cluster with
        {
            Generation = 2,
            Addons = [new AddonLayer("first", "1", "network", Manifest("first")), NetworkLayer],
        };
        place.Want(added);
        place.Until(() => place.IsDead);
        Assert.Contains(real.Objects, one => one.Name is "first");

        place.Want(cluster with { Generation = 3 });
        place.Start();

        place.Until(() => real.Objects.All(one => one.Name is not "first"));
    }

    [Fact]
    public async Task A_record_without_an_inventory_takes_the_manifests_that_were_applied_as_its_own()
    {
        var ledger = new MemoryLedger();
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Manifest("scraper")), ledger);
        var real = place.Inside(cluster);
        place.Stop();
        var record = Assert.Single(await ledger.LoadAsync(TestContext.Current.CancellationToken));
        await ledger.SaveAsync(record with { AddonObjects = null }, TestContext.Current.CancellationToken);
        var applied = real.Manifests.Count;

        place.Start();
        place.Pass(TimeSpan.FromMinutes(3));
        Assert.Equal(applied, real.Manifests.Count);
        place.Want(cluster with { Generation = 2, Addons = [NetworkLayer] });

        place.Until(() => real.Objects.Count is 1);
    }

    [Fact]
    public void Objects_are_deleted_in_the_reverse_of_the_order_in_which_they_were_applied()
    {
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Manifest("first", "second")));

        place.Want(cluster with { Generation = 2, Addons = [NetworkLayer] });
        place.Until(() => place.Inside(cluster).Objects.Count is 1);

        Assert.Equal(
            ["DaemonSet kube-system/second", "DaemonSet kube-system/first"],
            place.Script.Acts.Where(act => act.Kind is ActKind.Prune).Select(act => act.Detail)
        );
    }

    [Fact]
    public void The_last_layers_objects_are_deleted_too()
    {
        using var place = Running(out var cluster);
        var none = cluster with { Generation = 2, Addons = [] };

        place.Want(none);
        place.Until(() => place.Inside(none).Objects.Count is 0);
        place.Pass(TimeSpan.FromMinutes(20));

        Assert.Single(place.Script.Acts, act => act.Kind is ActKind.Prune);
    }

    [Fact]
    public void Nothing_is_deleted_before_the_layers_that_are_asked_for_are_applied()
    {
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Manifest("scraper")));
        place.Script.Interfere = call => call.Is(ActKind.Apply) ? Fate.Conflict : Fate.Arrives;
        var changed = cluster with
        {
            Generation = 2,
            Addons = [NetworkLayer, new AddonLayer("monitoring", "2", "addon", Manifest("keeper"))],
        };

        place.Want(changed);
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.DoesNotContain(place.Script.Calls, call => call.Is(ActKind.Prune));
        Assert.Contains(place.Status(changed).Conditions, condition => condition.Reason is Reasons.AddonsFailed);

        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(() => place.Inside(changed).Objects.All(one => one.Name is not "scraper"));
    }

    [Fact]
    public void An_object_that_the_API_server_does_not_delete_is_named_and_tried_again()
    {
        using var place = Running(out var cluster, new AddonLayer("monitoring", "1", "addon", Manifest("scraper")));
        place.Script.Interfere = call => call.Is(ActKind.Prune) ? Fate.Conflict : Fate.Arrives;
        var without = cluster with { Generation = 2, Addons = [NetworkLayer] };

        place.Want(without);
        place.Until(without, status => status.Conditions.Any(condition => condition.Reason is Reasons.AddonsFailed));
        Assert.Contains(
            "DaemonSet kube-system/scraper could not be deleted",
            place.Status(without).Conditions.First(condition => condition.Reason is Reasons.AddonsFailed).Message,
            StringComparison.Ordinal
        );

        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(() => place.Inside(without).Objects.Count is 1);
        place.Until(without, status => status.Health is Health.Healthy);
    }

    private static string Manifest(params string[] names) =>
        string.Join(
            "---\n",
            names.Select(name => $"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: kube-system}}\n")
        );

    private static EngineInWorld Running(out ClusterSpec cluster, AddonLayer? more = null, ILedger? ledger = null)
    {
        var place = new EngineInWorld(machines: 5, ledger: ledger);
        cluster = Some.Cluster(controlPlanes: 1, workers: 1) with
        {
            Addons = more is null ? [NetworkLayer] : [NetworkLayer, more],
        };
        place.Want(cluster);
        place.Start();
        var wanted = cluster;
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(1));
        return place;
    }
}
