using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>The cluster runs 1.36.5 with etcd 3.6.8; Kubernetes 1.37.1 brings etcd 3.7, which may not meet it.</summary>
public sealed class EtcdRollTests
{
    private const string Old = "3.6.8";
    private const string Patched = "3.6.11";
    private const string Next = "3.7.0";

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void An_engine_that_is_killed_again_and_again_goes_through_both_halves_and_through_each_once(
        int controlPlanes,
        bool contracts
    )
    {
        using var place = Running(controlPlanes, out var cluster, contracts);
        var before = place.Script.Acts.Count;
        place.Want(cluster = Upgraded(cluster));

        for (var kills = 0; kills < 40 && !HasReached(place, cluster); kills++)
        {
            place.Pass(TimeSpan.FromSeconds(151));
            place.Sleep(TimeSpan.FromSeconds(20));
        }

        place.Until(() => HasReached(place, cluster));
        Assert.Equal(Enumerable.Repeat(Next, controlPlanes), Etcd(place, cluster));
        Assert.Equal("", place.Inside(cluster).EtcdImageTag);

        // When the last old member has left a control plane that contracts first, its successor brings the new version at once.
        Assert.Equal((2 * controlPlanes) + 1 - (contracts ? 1 : 0), Count(place, before, ActKind.Deploy));
    }

    [Fact]
    public void A_version_that_is_put_back_in_the_middle_replaces_nothing_more_and_the_next_upgrade_replaces_the_rest()
    {
        using var place = Running(3, out var cluster);
        var present = cluster;
        place.Want(cluster = Upgraded(cluster));
        place.Until(() =>
            Etcd(place, cluster).Count(version => version is Patched) is 1 && place.Inside(cluster).Etcd.Count is 3
        );
        var before = place.Script.Acts.Count;

        place.Want(cluster = present with { Generation = cluster.Generation + 1 });
        place.Until(() => HasReached(place, cluster));
        place.Pass(TimeSpan.FromHours(1));

        // The machine that was on its way may have to go.
        Assert.Contains(Patched, Etcd(place, cluster));
        Assert.Contains(Old, Etcd(place, cluster));
        Assert.Equal("", place.Inside(cluster).EtcdImageTag);
        Assert.True(Count(place, before, ActKind.Deploy) <= 1);

        place.Want(cluster = Upgraded(cluster));
        place.Until(() => HasReached(place, cluster));
        Assert.Equal([Next, Next, Next], Etcd(place, cluster));
    }

    [Fact]
    public void While_etcd_cannot_be_seen_in_the_middle_no_machine_is_given_back_and_none_is_installed_otherwise()
    {
        using var place = Running(3, out var cluster);
        place.Want(cluster = Upgraded(cluster));
        place.Until(() => place.Held.Any(machine => machine.Status is MaasStatus.Deploying));
        var before = place.Script.Acts.Count;

        place.Cut(cluster);
        place.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(0, Count(place, before, ActKind.Release));
        place.Cut(cluster, cut: false);

        place.Until(() => HasReached(place, cluster));
        Assert.Equal([Next, Next, Next], Etcd(place, cluster));
    }

    [Fact]
    public void An_older_ledger_that_is_put_back_in_the_middle_does_not_carry_the_old_tag_into_the_upgrade()
    {
        using var place = Running(1, out var cluster);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(cluster = Upgraded(cluster));
        place.Until(() => Etcd(place, cluster).SequenceEqual([Patched]));

        place.Stop();
        place.Ledger = backup;
        place.Start();
        place.Pass(TimeSpan.FromMinutes(1));
        place.Now(() => place.Engine.AdoptAsync(cluster, default));
        place.Until(() => HasReached(place, cluster));

        Assert.Equal([Next], Etcd(place, cluster));
        Assert.Equal("", place.Inside(cluster).EtcdImageTag);
    }

    [Fact]
    public void Control_planes_with_the_tag_of_a_roll_are_not_replaced_once_more_after_an_older_ledger_is_put_back()
    {
        using var place = Running(1, out var cluster);
        var present = cluster;
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(cluster = Upgraded(cluster));
        place.Until(() => Etcd(place, cluster).SequenceEqual([Patched]));
        place.Want(cluster = present with { Generation = cluster.Generation + 1 });
        place.Until(() => HasReached(place, cluster));
        place.Pass(TimeSpan.FromHours(1));
        var rolled = Assert.Single(place.Inside(cluster).Etcd).Machine.Id;
        var before = place.Script.Acts.Count;

        place.Stop();
        place.Ledger = backup;
        place.Start();
        place.Pass(TimeSpan.FromMinutes(1));
        place.Now(() => place.Engine.AdoptAsync(cluster, default));
        place.Pass(TimeSpan.FromHours(3));

        Assert.Equal(0, Count(place, before, ActKind.Deploy));
        Assert.Equal(rolled, Assert.Single(place.Inside(cluster).Etcd).Machine.Id);
    }

    [Theory]
    [InlineData(Fate.Arrives)]
    [InlineData(Fate.Unavailable)]
    [InlineData(Fate.AnswerLost)]
    public void A_registry_without_the_image_is_named_with_it_and_another_tag_leads_on(Fate first)
    {
        using var place = Running(3, out var cluster);
        place.Machines.MissingEtcdTags.Add("3.6.11-0");
        place.Want(cluster = Upgraded(cluster));
        place.Until(
            cluster,
            status => status.Message.Contains("failed to pull image registry.k8s.io/etcd:3.6.11-0", StringComparison.Ordinal)
        );
        Assert.Equal([Old, Old, Old], Etcd(place, cluster));

        var nodes = cluster.Nodes with { EtcdUpgradeImageTag = "3.6.14-0" };
        var (before, changes) = (place.Script.Acts.Count, 0);
        place.Script.Interfere = call => call.Is(ActKind.SetVersion) && changes++ is 0 ? first : Fate.Arrives;
        place.Want(cluster = cluster with { Nodes = nodes, Generation = cluster.Generation + 1 });
        place.Until(() => HasReached(place, cluster));
        Assert.Equal([Next, Next, Next], Etcd(place, cluster));
        Assert.InRange(Count(place, before, ActKind.SetVersion), 2, 3);
    }

    [Theory]
    [InlineData(
        "ubuntu/noble",
        "ubuntu/noble, with which the control planes of Kubernetes 1.36.5 get etcd 3.6.11-0 before the upgrade,"
    )]
    [InlineData("ubuntu/jammy", "ubuntu/jammy that can be deployed")]
    public void Nothing_begins_without_the_images_of_both_halves(string missing, string said)
    {
        using var place = Running(3, out var cluster);
        var before = place.Script.Acts.Count;
        place.Region.Images.Remove(missing);

        place.Want(cluster = Upgraded(cluster).WithImage("ubuntu/jammy"));
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Contains($"image: MAAS has no image {said}", place.Status(cluster).Message, StringComparison.Ordinal);
        Assert.Equal(0, Count(place, before, ActKind.SetVersion));

        place.Region.Images.Add(missing);
        place.Until(() => HasReached(place, cluster));
        Assert.Equal([Next, Next, Next], Etcd(place, cluster));
    }

    private static EngineInWorld Running(int controlPlanes, out ClusterSpec cluster, bool contracts = false)
    {
        var place = new EngineInWorld(machines: controlPlanes + 3).Start();
        var asked = Some.Cluster(controlPlanes, workers: 1).WithVersion("1.36.5");
        cluster = contracts
            ? asked with
            {
                Pools = [.. asked.Pools.Select(pool => pool with { RollingUpdate = RollingUpdate.ContractFirst })],
            }
            : asked;
        var wanted = cluster;
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(2));
        return place;
    }

    private static ClusterSpec Upgraded(ClusterSpec cluster) =>
        cluster.WithVersion("1.37.1") with
        {
            Generation = cluster.Generation + 1,
        };

    private static bool HasReached(EngineInWorld place, ClusterSpec cluster) =>
        place.Events.Exists(happened => happened.Reason is "Reached" && happened.Generation == cluster.Generation);

    private static IEnumerable<string> Etcd(EngineInWorld place, ClusterSpec cluster) =>
        place.Inside(cluster).Etcd.Select(member => $"{member.Version}").Order(StringComparer.Ordinal);

    private static int Count(EngineInWorld place, int since, ActKind kind) =>
        place.Script.Acts[since..].Count(act => act.Kind == kind);
}
