using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// A cluster with a prepared and a stock image is installed with the prepared one where MAAS has it, and with packages otherwise.
/// </summary>
public sealed class ImageChoiceTests
{
    private const string Prepared = "custom/prepared";
    private const string Stock = "ubuntu/noble";

    [Fact]
    public void A_cluster_without_a_prepared_image_is_installed_with_the_stock_image_and_the_plan_says_why()
    {
        using var world = new EngineInWorld(machines: 3).Start();
        var cluster = Cluster(1, 1);
        world.Want(cluster);

        var plan = world.Now(() => world.Engine.PlanAsync(cluster, default));
        world.Until(() => world.Is(cluster, ClusterPhase.Running));

        Assert.Contains(
            plan.Steps,
            step => step.Reason.Contains($"{Stock} with packages of Kubernetes 1.33.4", StringComparison.Ordinal)
        );
        Assert.Contains(
            $"MAAS had no image {Prepared} when the first machine with Kubernetes 1.33.4 was planned, and {Stock} holds no Kubernetes: "
                + "machines install 1.33.4 from https://pkgs.k8s.io/core:/stable:/v1.33/deb/.",
            plan.Warnings!
        );
        Assert.Equal([Stock, Stock], world.Held.Select(machine => machine.Image));
    }

    [Fact]
    public void A_prepared_image_that_is_uploaded_later_replaces_no_machine_and_is_not_mixed_in()
    {
        using var world = new EngineInWorld(machines: 4).Start();
        var cluster = Cluster(1, 1);
        world.Want(cluster);
        world.Until(() => world.Is(cluster, ClusterPhase.Running));
        world.Region.Images.Add(Prepared);
        world.Start();

        var larger = cluster.WithWorkers(2);
        world.Want(larger);
        world.Until(() => world.Status(larger).Machines.Count(machine => machine.State is "Ready") is 3);
        world.Pass(TimeSpan.FromHours(1));

        Assert.Equal([Stock, Stock, Stock], world.Held.Select(machine => machine.Image));
        Assert.DoesNotContain(world.Script.Acts, act => act.Kind is ActKind.Release);
    }

    [Fact]
    public void A_cluster_of_a_prepared_image_keeps_it_when_it_gets_a_stock_image()
    {
        using var world = new EngineInWorld(machines: 4).Start();
        world.Region.Images.Add(Prepared);
        var before = Cluster(1, 1) with { StockImage = null };
        world.Want(before);
        world.Until(() => world.Is(before, ClusterPhase.Running));
        world.Region.Images.Remove(Prepared);

        var after = before with { Generation = 2, StockImage = ImageName.Parse(Stock) };
        world.Want(after);
        world.Pass(TimeSpan.FromHours(1));

        Assert.Equal([Prepared, Prepared], world.Held.Select(machine => machine.Image));
        Assert.DoesNotContain(world.Script.Acts, act => act.Kind is ActKind.Release);
    }

    [Fact]
    public void An_upgrade_takes_the_prepared_image_that_MAAS_has_by_then()
    {
        using var world = new EngineInWorld(machines: 4).Start();
        var cluster = Cluster(1, 1);
        world.Want(cluster);
        world.Until(() => world.Is(cluster, ClusterPhase.Running));
        world.Region.Images.Add(Prepared);

        var newer = cluster with { Generation = 2, KubernetesVersion = KubernetesVersion.Parse("1.34.1") };
        world.Want(newer);
        world.Until(() => world.Held.All(machine => machine.Image == Prepared) && world.Held.Count() is 2);
    }

    [Fact]
    public void Machines_that_are_adopted_with_an_older_ledger_are_not_replaced_for_a_prepared_image()
    {
        using var world = new EngineInWorld(machines: 6).Start();
        var cluster = Cluster(1, 1) with
        {
            Nodes = new NodeEnvironment { Packages = new PackageSources { AptMirror = "http://mirror.example/ubuntu" } },
        };
        world.Want(cluster);
        world.Until(cluster, status => status is { Progress: 100 });
        var backup = ((MemoryLedger)world.Ledger).Copy();
        var grown = cluster.WithWorkers(3);
        world.Want(grown);
        world.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        world.Region.Images.Add(Prepared);
        world.Stop();
        world.Ledger = backup;
        world.Start();
        world.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));

        world.Now(() => world.Engine.AdoptAsync(grown, default));
        world.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy });
        world.Pass(TimeSpan.FromHours(1));

        Assert.Equal([Stock, Stock, Stock, Stock], world.Held.Select(machine => machine.Image));
        Assert.DoesNotContain(world.Script.Acts, act => act.Kind is ActKind.Release);
    }

    [Theory]
    [InlineData(Prepared)]
    [InlineData(Stock)]
    public void A_ledger_without_a_choice_follows_the_machines_that_are_installed(string image)
    {
        var cluster = Cluster(1, 0);
        var member = new Member
        {
            Machine = new SystemId("m01"),
            Hostname = "m01",
            Pool = cluster.ControlPlane.Name,
            Role = PoolRole.ControlPlane,
            Intent = "i",
            State = MachineState.Ready,
            Since = DateTimeOffset.UnixEpoch,
            Build = NodeBuild.Of(cluster with { Image = ImageName.Parse(image) }, cluster.ControlPlane, "1"),
        };

        Assert.Equal(image, ImageChoice.Kept(cluster, made: null, [member])?.Value);
        Assert.Null(ImageChoice.Kept(cluster with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") }, null, [member]));
    }

    [Fact]
    public void An_image_whose_upload_has_not_ended_counts_as_missing_with_its_progress()
    {
        using var world = new EngineInWorld(machines: 3).Start();
        world.Region.Uploads[Prepared] = 35.5m;
        var cluster = Cluster(1, 0) with { StockImage = null };
        world.Want(cluster);
        world.Until(
            cluster,
            status =>
                status.Conditions.Any(condition =>
                    condition.Message.Contains(
                        $"the upload of {Prepared} to MAAS has not ended, at 35.5 %",
                        StringComparison.Ordinal
                    )
                )
        );
        Assert.Empty(world.Held);

        world.Region.Uploads.Clear();
        world.Region.Images.Add(Prepared);
        world.Until(() => world.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void Both_images_are_named_when_MAAS_has_neither()
    {
        using var world = new EngineInWorld(machines: 3).Start();
        world.Region.Images.Clear();
        var cluster = Cluster(1, 1);
        world.Want(cluster);

        world.Until(
            cluster,
            status =>
                status.Conditions.Any(condition =>
                    condition.Message.Contains($"MAAS has neither {Prepared} nor {Stock}", StringComparison.Ordinal)
                )
        );
        Assert.Empty(world.Held);
    }

    private static ClusterSpec Cluster(int controlPlanes, int workers) =>
        Some.Cluster(controlPlanes, workers) with
        {
            Image = ImageName.Parse(Prepared),
            StockImage = ImageName.Parse(Stock),
        };
}
