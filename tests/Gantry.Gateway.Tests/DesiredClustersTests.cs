using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Gateway.Sync;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Protocol;

namespace Gantry.Gateway.Tests;

/// <summary>What the console tells of clusters that have never run as far as the gateway knows.</summary>
public sealed class DesiredClustersTests
{
    private static readonly ClusterSpec Cluster = TestGateway.Cluster();

    private readonly DesiredClusters _desired = new([Cluster]);

    [Fact]
    public void Nobody_knows_whether_a_cluster_has_run_before_the_console_has_told()
    {
        Assert.IsType<Observation<ClusterStatus>.Unknown>(_desired.FindLastReport(Cluster.Id));

        Confirm(new DesiredState(1, [], [], [], [], []));

        Assert.True(_desired.FindLastReport(Cluster.Id).IsAbsent);
        Assert.NotNull(_desired.Find(Cluster.Id));
    }

    [Fact]
    public void A_cluster_that_the_console_does_not_know_is_not_desired_until_the_console_tells_of_it_again()
    {
        Confirm(new DesiredState(1, [], [], [], [], [], Strange: [Cluster.Id]));

        Assert.Null(_desired.Find(Cluster.Id));
        Assert.Empty(_desired.All);
        Assert.IsType<Observation<ClusterStatus>.Unknown>(_desired.FindLastReport(Cluster.Id));

        _desired.Apply(new DesiredState(2, [Cluster], [], [], [], []));

        Assert.NotNull(_desired.Find(Cluster.Id));
        Assert.IsType<Observation<ClusterStatus>.Unknown>(_desired.FindLastReport(Cluster.Id));
    }

    private void Confirm(DesiredState answer) =>
        _desired.Confirm(
            new DesiredStateRequest(0, 0, new GatewayReport("1", DateTimeOffset.UnixEpoch, 1), Unrecorded: [Cluster.Id]),
            answer
        );
}
