using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

public sealed class EtcdVersionsTests
{
    [Theory]
    [InlineData("1.33.9", null, "3.5.24", true)]
    [InlineData("1.34.1", null, "3.5.24", false)]
    [InlineData("1.34.1", null, "3.5.26", true)]
    [InlineData("1.35.8", null, "3.6.4", true)]
    [InlineData("1.37.1", null, "3.6.8", false)]
    [InlineData("1.37.1", null, "3.6.8 3.6.14 3.6.14", false)]
    [InlineData("1.37.1", null, "3.6.11 3.6.14", true)]
    [InlineData("1.37.1", null, "3.6.8 3.7.0", true)]
    [InlineData("1.37.1", "3.6.14-0", "3.6.8", true)]
    [InlineData("1.36.5", "v3.7.1-0", "3.6.8", false)]
    [InlineData("1.37.1", "3.6.14-0", "3.7.0", false)]
    [InlineData("1.37.1", "latest", "3.6.8", true)]
    [InlineData("1.37.1", null, "?", true)]
    public void A_member_joins_others_only_where_etcd_calls_the_step_safe(
        string version,
        string? tag,
        string members,
        bool isSafe
    )
    {
        var cluster = new RunningCluster(3, 1).Desired with
        {
            KubernetesVersion = KubernetesVersion.Parse(version),
            Nodes = new NodeEnvironment { EtcdImageTag = tag },
        };
        var etcd = new EtcdFacts([
            .. members
                .Split(' ')
                .Select(
                    (known, number) =>
                        new EtcdMember($"{number}", $"host-{number}", Voting: true, Healthy: true, Leader: number is 0)
                        {
                            Version = Version.TryParse(known, out var read) ? read : null,
                        }
                ),
        ]);

        Assert.Equal(isSafe, EtcdVersions.Check(cluster, etcd) is null);
    }
}
