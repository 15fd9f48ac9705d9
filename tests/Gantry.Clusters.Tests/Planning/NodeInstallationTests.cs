using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>What a machine's mark in MAAS says of its installation, for a ledger that has forgotten it.</summary>
public sealed class NodeInstallationTests
{
    private static readonly ClusterSpec Cluster = Scenes.Cluster(1, [1]) with
    {
        Nodes = new NodeEnvironment { NtpServers = ["ntp.example"] },
    };

    private static readonly NodeBuild Build = NodeBuild.Of(Cluster, Cluster.ControlPlane, "1");

    [Fact]
    public void A_machine_has_one_once_its_node_was_Ready()
    {
        Assert.Null(NodeInstallation.Of(Member(joined: null)));
        Assert.NotNull(NodeInstallation.Of(Member(DateTimeOffset.UnixEpoch)));
    }

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        var installed = NodeInstallation.Of(Member(DateTimeOffset.UnixEpoch.AddMilliseconds(1500)))!;

        Assert.Equal(installed, NodeInstallation.TryParse($"{installed}"));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1), installed.JoinedAt);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1.33.4 ubuntu/noble 1 0123456789abcdef")]
    [InlineData("new ubuntu/noble 1 0123456789abcdef 2026-11-27T08:00:00Z")]
    [InlineData("1.33.4 ubuntu/noble 1 0123456789abcdef yesterday")]
    public void Another_text_is_none(string? text) => Assert.Null(NodeInstallation.TryParse(text));

    [Fact]
    public void It_gives_back_the_build_it_was_made_of() =>
        Assert.Equal(Build, NodeInstallation.Of(Member(DateTimeOffset.UnixEpoch))!.ToBuild(Build, []));

    [Fact]
    public void Version_and_image_are_those_of_the_installation_and_not_the_desired_ones()
    {
        var wanted = Build with
        {
            KubernetesVersion = KubernetesVersion.Parse("1.35.0"),
            Image = ImageName.Parse("ubuntu/jammy"),
        };

        Assert.Equal(Build, NodeInstallation.Of(Member(DateTimeOffset.UnixEpoch))!.ToBuild(wanted, []));
    }

    [Fact]
    public void Settings_other_than_the_desired_ones_are_not_known()
    {
        var other = NodeBuild.Of(Cluster with { Nodes = new NodeEnvironment() }, Cluster.ControlPlane, "1");

        var build = NodeInstallation.Of(Member(DateTimeOffset.UnixEpoch))!.ToBuild(other, EtcdRolls.TagsOf(Cluster));

        Assert.True(build.IsUnknown);
        Assert.NotEqual(other, build);
        Assert.False(Build.IsUnknown);
    }

    [Theory]
    [InlineData("3.6.11-0", null)]
    [InlineData("3.6.14-0", "3.6.14-0")]
    public void The_tag_of_a_roll_of_etcd_is_known_again(string tag, string? named)
    {
        var version = Cluster.KubernetesVersion;
        var desired = Cluster with { Nodes = Cluster.Nodes with { EtcdUpgradeImageTag = named } };
        var rolled = NodeBuild.Of(
            desired with
            {
                EtcdRoll = new EtcdRoll(version, version, Cluster.Image, tag),
            },
            Cluster.ControlPlane,
            "1"
        );

        var read = NodeInstallation
            .Of(Member(DateTimeOffset.UnixEpoch) with { Build = rolled })!
            .ToBuild(NodeBuild.Of(desired, Cluster.ControlPlane, "1"), EtcdRolls.TagsOf(desired));

        Assert.Equal(rolled, read);
        Assert.NotEqual(Build, read);
    }

    private static Member Member(DateTimeOffset? joined) =>
        new()
        {
            Machine = new SystemId("m001"),
            Hostname = "node1",
            Pool = Cluster.ControlPlane.Name,
            Role = PoolRole.ControlPlane,
            Since = DateTimeOffset.UnixEpoch,
            Intent = "gantry-1",
            State = MachineState.Ready,
            Build = Build,
            JoinedAt = joined,
        };
}
