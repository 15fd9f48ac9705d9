using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The settings that are part of a machine's installation.</summary>
public sealed class NodeBuildTests
{
    [Theory]
    [InlineData("proxy")]
    [InlineData("registry mirrors")]
    [InlineData("NTP servers")]
    [InlineData("SSH keys")]
    [InlineData("commands before kubeadm")]
    [InlineData("commands after kubeadm")]
    [InlineData("files")]
    [InlineData("arguments of kubelet")]
    [InlineData("subnet")]
    public void A_node_setting_is_part_of_the_installation_of_every_machine(string setting)
    {
        Assert.Equal([setting], SettingsOf(PoolRole.ControlPlane, With(setting)));
        Assert.Equal([setting], SettingsOf(PoolRole.Worker, With(setting)));
    }

    [Fact]
    public void Arguments_of_control_plane_components_are_part_of_the_installation_of_control_planes_only()
    {
        var nodes = new NodeEnvironment { ExtraArgs = [new("apiServer", [new ExtraArg("profiling", "false")])] };

        Assert.Equal(["arguments of apiServer"], SettingsOf(PoolRole.ControlPlane, nodes));
        Assert.Empty(SettingsOf(PoolRole.Worker, nodes));
    }

    [Fact]
    public void The_subnet_of_a_pool_is_part_of_the_installation_of_its_machines_and_stands_over_that_of_the_profile()
    {
        var cluster = Scenes.Cluster(1, [1]) with { Nodes = With("subnet") };
        var pool = cluster.ControlPlane with { Placement = new PoolPlacement { Subnet = NetworkSelector.Parse("10.40.0.0/24") } };
        var other = pool with { Placement = new PoolPlacement { Subnet = NetworkSelector.Parse("10.50.0.0/24") } };

        Assert.Equal(["subnet"], NodeBuild.Of(cluster, pool, "1").Settings.Keys);
        Assert.NotEqual(NodeBuild.Of(cluster, pool, "1"), NodeBuild.Of(cluster, cluster.ControlPlane, "1"));
        Assert.NotEqual(NodeBuild.Of(cluster, pool, "1"), NodeBuild.Of(cluster, other, "1"));
    }

    // Computed by the version before a pool had a subnet: with another digest every machine would look as if it was placed for
    // other constraints.
    [Fact]
    public void Constraints_without_a_subnet_have_the_digest_that_they_always_had() =>
        Assert.Equal("df1911d17d2273aa", NodeBuild.DigestOf(new PoolPlacement { MinCpu = 4, Tags = ["ssd"] }));

    [Fact]
    public void Empty_settings_are_not_part_of_the_installation()
    {
        var nodes = new NodeEnvironment { ExtraArgs = [new("kubelet", []), new("apiServer", [])] };

        Assert.Empty(SettingsOf(PoolRole.ControlPlane, new NodeEnvironment()));
        Assert.Empty(SettingsOf(PoolRole.ControlPlane, nodes));
    }

    private static NodeEnvironment With(string setting) =>
        setting switch
        {
            "proxy" => new() { Proxy = new ProxySettings("http://proxy.example:3128", null, []) },
            "registry mirrors" => new() { RegistryMirrors = [new RegistryMirror("docker.io", ["https://mirror.example"])] },
            "NTP servers" => new() { NtpServers = ["ntp.example"] },
            "SSH keys" => new() { SshKeys = ["ssh-ed25519 AAAA operator"] },
            "commands before kubeadm" => new() { PreKubeadmCommands = ["true"] },
            "commands after kubeadm" => new() { PostKubeadmCommands = ["true"] },
            "files" => new() { Files = [new NodeFile("/etc/motd", "hello")] },
            "arguments of kubelet" => new() { ExtraArgs = [new("kubelet", [new ExtraArg("max-pods", "200")])] },
            "subnet" => new() { Subnet = NetworkSelector.Parse("space:production") },
            _ => throw new ArgumentOutOfRangeException(nameof(setting)),
        };

    private static IEnumerable<string> SettingsOf(PoolRole role, NodeEnvironment nodes)
    {
        var cluster = Scenes.Cluster(1, [1]) with { Nodes = nodes };

        return NodeBuild.Of(cluster, cluster.Pools.Single(pool => pool.Role == role), "1").Settings.Keys;
    }
}
