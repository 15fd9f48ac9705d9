using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The cluster runs 1.33.4, and is to be upgraded to 1.34.1, which brings etcd 3.6.</summary>
public sealed class EtcdRollsTests
{
    private static readonly KubernetesVersion Next = KubernetesVersion.Parse("1.34.1");

    [Fact]
    public void Control_planes_get_another_patch_of_etcd_on_the_version_that_runs_before_the_upgrade()
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.26");

        Assert.Equal(
            new EtcdRoll(Next, KubernetesVersion.Parse("1.33.4"), cluster.Desired.Image, "3.5.26-0"),
            EtcdRolls.Of(cluster.Desired, cluster.Observed)
        );
        var first = Assert.Single(cluster.Plan().Steps.OfType<Step.PrepareJoin>());
        Assert.Equal("1.33.4", $"{first.Version}");
        Assert.StartsWith(
            "Kubernetes 1.34.1 brings etcd 3.6, which joins members from 3.5.26 on",
            first.Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_control_plane_whose_etcd_may_meet_the_upgrade_is_not_replaced_for_it()
    {
        var cluster = Upgraded("3.5.24", "3.5.26", "3.5.32");

        var stale = cluster.Plan().Stale.Where(machine => machine.Value.Any(reason => reason.Code is "EtcdImage"));

        Assert.Equal(
            [cluster.Observed.Members.Single(seen => seen.Member.NodeName == Members(cluster)[0].Name).Id],
            stale.Select(machine => machine.Key)
        );
    }

    [Fact]
    public void The_upgrade_begins_when_every_member_may_meet_it()
    {
        var cluster = Upgraded("3.5.26", "3.5.26", "3.5.32");

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed));
        Assert.Equal(Next, Assert.Single(cluster.Plan().Steps.OfType<Step.PrepareJoin>()).Version);
    }

    [Fact]
    public void Neither_a_roll_nor_an_upgrade_begins_in_the_dark_and_a_roll_that_has_begun_goes_on()
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24");
        var roll = EtcdRolls.Of(cluster.Desired, cluster.Observed);
        var unseen = new Observation<EtcdFacts>.Unknown("the API server does not answer");

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed with { Etcd = unseen }));
        Assert.Equal(roll, EtcdRolls.Of(cluster.Desired, cluster.Observed with { Etcd = unseen, EtcdRoll = roll }));
    }

    [Fact]
    public void A_roll_lasts_until_a_member_that_has_just_joined_tells_its_version()
    {
        var cluster = Upgraded("3.5.24", "3.5.26", "3.5.26");
        var roll = EtcdRolls.Of(cluster.Desired, cluster.Observed);
        cluster.WithEtcd(member => member.Version == new Version(3, 5, 24) ? member with { Version = null } : member);

        Assert.Equal(roll, EtcdRolls.Of(cluster.Desired, cluster.Observed with { EtcdRoll = roll }));
    }

    [Theory]
    [InlineData("3.5.24-0", null)]
    [InlineData("3.6.5-0", null)]
    [InlineData(null, "none")]
    [InlineData(null, "3.5.25-0")]
    [InlineData(null, "3.6.11-0")]
    public void A_person_who_chooses_another_etcd_is_refused_and_not_overridden(string? tag, string? before)
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24");
        cluster.Desired = cluster.Desired with
        {
            Nodes = new NodeEnvironment { EtcdImageTag = tag, EtcdUpgradeImageTag = before },
        };

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed));
        if (tag is not "3.5.24-0")
        {
            var refusal = Assert.Single(cluster.Plan().Blockers);
            Assert.Equal(Reasons.EtcdTooOld, refusal.Reason);
            Assert.EndsWith("here Gantry does so before the upgrade", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_person_may_name_the_patch_of_the_roll()
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24");
        cluster.Desired = cluster.Desired with { Nodes = new NodeEnvironment { EtcdUpgradeImageTag = "v3.5.33-1" } };

        Assert.Equal("v3.5.33-1", EtcdRolls.Of(cluster.Desired, cluster.Observed)?.Tag);
    }

    [Fact]
    public void An_upgrade_that_would_be_refused_after_the_roll_is_refused_before_it()
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24");
        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.35.0") };

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed));
        Assert.Equal(Reasons.VersionSkipped, Assert.Single(cluster.Plan().Blockers).Reason);
    }

    [Fact]
    public void A_member_that_no_machine_of_the_cluster_carries_is_not_helped_by_a_roll()
    {
        var cluster = Upgraded("3.5.24", "3.5.26", "3.5.26");
        cluster.WithEtcd(member => member.Version == new Version(3, 5, 24) ? member with { Name = "a-stranger" } : member);

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed));
        Assert.Contains("a-stranger runs etcd 3.5.24", Assert.Single(cluster.Plan().Blockers).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_plane_that_did_not_get_the_patch_with_which_it_was_installed_is_not_replaced_again()
    {
        var cluster = Upgraded("3.5.24", "3.5.26", "3.5.26");
        var desired = EtcdRoll.Apply(EtcdRolls.Of(cluster.Desired, cluster.Observed), cluster.Desired);
        foreach (var seen in cluster.Observed.Members.Where(seen => seen.Member.Role is PoolRole.ControlPlane).ToList())
        {
            var build = NodeBuild.Of(desired, desired.ControlPlane, cluster.Observed.Template);
            cluster.WithMember(seen.Id.Value, member => member with { Build = build });
        }

        Assert.Null(EtcdRolls.Of(cluster.Desired, cluster.Observed));
        Assert.Equal(Reasons.EtcdTooOld, Assert.Single(cluster.Plan().Blockers).Reason);
    }

    [Fact]
    public void Who_asks_for_the_present_version_again_keeps_the_control_planes_that_the_roll_has_replaced()
    {
        var cluster = Upgraded("3.5.24", "3.5.26", "3.5.26");
        var roll = EtcdRolls.Of(cluster.Desired, cluster.Observed)!;
        var desired = EtcdRoll.Apply(roll, cluster.Desired);
        var replaced = cluster.Observed.Members.First(seen => seen.Member.NodeName == Members(cluster)[1].Name).Id.Value;
        cluster.WithMember(
            replaced,
            member => member with { Build = NodeBuild.Of(desired, desired.ControlPlane, cluster.Observed.Template) }
        );
        cluster.Desired = cluster.Desired with { KubernetesVersion = roll.Stays };
        cluster.Observed = cluster.Observed with
        {
            EtcdRoll = roll,
            ControlPlaneSettings = NodeBuild.ControlPlaneSettingsOf(desired),
        };

        var plan = cluster.Plan();

        Assert.Empty(plan.Stale);
        Assert.Equal(roll.Stays, Assert.IsType<Step.PrepareJoin>(Assert.Single(plan.Steps)).Version);
        Assert.Equal("", KubeadmSettings.Of(cluster.Desired, cluster.Observed.ControlPlaneSettings).EtcdImageTag);
    }

    [Fact]
    public void Workers_are_installed_with_the_version_that_was_asked_for_and_not_shortly_before_it()
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24").WithPool(1, pool => pool with { Size = 3 });

        var plan = cluster.Plan();

        Assert.DoesNotContain(plan.Steps.OfType<Step.Allocate>(), step => step.Pool == cluster.Desired.Pools[1].Name);
        Assert.Contains(
            plan.Pending,
            wait =>
                wait.Message.EndsWith(
                    "no machine is taken before the control plane is ready for Kubernetes 1.34.1.",
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData("ubuntu/resolute", "ubuntu/resolute")]
    [InlineData(null, null)]
    public void On_a_stock_image_the_version_that_runs_is_installed_from_packages_where_their_source_is_known(
        string? stock,
        string? installed
    )
    {
        var cluster = Upgraded("3.5.24", "3.5.24", "3.5.24");
        cluster.Desired = cluster.Desired with
        {
            StockImage = stock is null ? null : ImageName.Parse(stock),
            Image = ImageName.Parse("custom/k8s-1.34"),
        };

        Assert.Equal(installed, EtcdRolls.Of(cluster.Desired, cluster.Observed)?.Image.Value);
    }

    private static RunningCluster Upgraded(params string[] versions)
    {
        var cluster = new RunningCluster(versions.Length, 1);
        var names = Members(cluster).Select(member => member.Name).ToList();
        cluster.WithEtcd(member => member with { Version = Version.Parse(versions[names.IndexOf(member.Name)]) });
        cluster.Desired = cluster.Desired with { KubernetesVersion = Next };
        return cluster;
    }

    private static IReadOnlyList<EtcdMember> Members(RunningCluster cluster) => cluster.Observed.Etcd.ValueOrDefault!.Members;
}
