using Gantry.Clusters.Model;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Testing;

namespace Gantry.Gateway.Tests;

public sealed class SyncTests
{
    private const string Endpoint = "http://maas.test:5240/MAAS";

    [Fact]
    public async Task A_desired_cluster_is_built_and_each_step_is_reported_to_the_console()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();

        var cluster = Order(console, TestGateway.Cluster(controlPlanes: 1, workers: 1));

        await Eventually.HoldsAsync(() =>
            Assert.Equal(ClusterPhase.Running, console.Statuses.GetValueOrDefault(cluster.Id)?.Phase)
        );
        await Eventually.HoldsAsync(() => Assert.Contains(console.Events, happened => happened.Reason is "Running"));
        var reasons = console.Events.Select(happened => happened.Reason).ToList();
        Assert.True(
            reasons.IndexOf("Allocate") < reasons.IndexOf("Deploy") && reasons.IndexOf("Deploy") < reasons.IndexOf("Running")
        );
        Assert.Equal(
            console.Events.Select(happened => happened.Id).Order(StringComparer.Ordinal),
            console.Events.Select(happened => happened.Id)
        );
    }

    [Fact]
    public async Task The_stored_desired_state_is_reconciled_after_a_restart_without_the_console()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        gateway.Place.Script.MaasFails = new Engine.Ports.RegionException(Engine.Ports.RegionFailure.Unreachable, "no answer");
        var cluster = TestGateway.Cluster();
        Order(console, cluster);

        // A cluster that has no record waits for the console, which knows whether it has run.
        await Eventually.HoldsAsync(() => Assert.Contains(cluster.Id, console.Statuses.Keys));
        await gateway.StopAsync();
        console.Down = true;
        gateway.Place.Script.MaasFails = null;

        await gateway.StartAsync();

        await Eventually.HoldsAsync(() => Assert.Single(gateway.Place.Held));
    }

    [Fact]
    public async Task A_revision_is_sent_with_its_epoch_after_a_restart()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        Order(console, TestGateway.Cluster());
        await Eventually.HoldsAsync(() => Assert.Equal(2, gateway.Host.State.Revision));
        console.Epoch = "second";
        await Eventually.HoldsAsync(() => Assert.Contains(console.Polls, poll => poll.Epoch is "second"));
        await gateway.StopAsync();
        console.Polls.Clear();

        await gateway.StartAsync();

        await Eventually.HoldsAsync(() => Assert.Equal("second", console.Polls.First().Epoch));
    }

    [Fact]
    public async Task After_a_restart_the_poll_requests_only_later_changes()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        Order(console, TestGateway.Cluster());
        await Eventually.HoldsAsync(() => Assert.Equal(2, gateway.Host.State.Revision));
        await gateway.StopAsync();
        console.Polls.Clear();

        await gateway.StartAsync();

        await Eventually.HoldsAsync(() => Assert.Equal(2, console.Polls.First().Since));
        Assert.Equal(1, console.Polls.First().Gateway.Clusters);
    }

    [Fact]
    public async Task Events_while_the_console_is_unreachable_are_sent_later_in_order_and_survive_a_restart()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var cluster = Order(console, TestGateway.Cluster());
        await Eventually.HoldsAsync(() => Assert.Equal(2, gateway.Host.State.Revision));
        console.Down = true;
        await Eventually.HoldsAsync(() => Assert.True(gateway.Place.Machines.Find(new ClusterId("web")) is { Nodes.Count: > 0 }));
        await gateway.StopAsync();

        await gateway.StartAsync();
        console.Down = false;

        await Eventually.HoldsAsync(() => Assert.Contains(console.Events, happened => happened.Reason is "Running"));
        await Eventually.HoldsAsync(() => Assert.Equal(ClusterPhase.Running, console.Statuses[cluster.Id].Phase));
        var told = console.Events.Select(happened => happened.Id).Distinct(StringComparer.Ordinal).ToList();
        Assert.Equal(told.Order(StringComparer.Ordinal), told);
    }

    [Fact]
    public async Task A_deleted_cluster_is_reported_deleted_also_to_a_console_that_lost_the_report()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var cluster = Order(console, TestGateway.Cluster());
        await Eventually.HoldsAsync(() =>
            Assert.Equal(ClusterPhase.Running, console.Statuses.GetValueOrDefault(cluster.Id)?.Phase)
        );
        var gone = cluster with { Generation = 2, Deletion = new Deletion(cluster.CreatedAt) };
        console.Want(gone);
        await Eventually.HoldsAsync(() => Assert.Equal(ClusterPhase.Deleted, console.Statuses[cluster.Id].Phase));
        Assert.Empty(gateway.Place.Held);
        console.Statuses.Clear();

        console.Want(gone);

        await Eventually.HoldsAsync(() =>
            Assert.Equal(ClusterPhase.Deleted, console.Statuses.GetValueOrDefault(cluster.Id)?.Phase)
        );
        console.Remove(cluster.Id);
        await Eventually.HoldsAsync(() => Assert.Equal(0, gateway.Host.State.Clusters));
    }

    [Fact]
    public async Task An_event_that_the_console_refuses_holds_up_no_other()
    {
        await using var console = await ConsoleDouble.StartAsync();
        console.RefusedEvent = "Deploy";
        await using var gateway = await new TestGateway(console).StartAsync();

        Order(console, TestGateway.Cluster());

        await Eventually.HoldsAsync(() => Assert.Contains(console.Events, happened => happened.Reason is "Running"));
        Assert.Contains(console.Events, happened => happened.Reason is "Allocate");
        Assert.Contains(gateway.Log.Lines, line => line.Contains("refuses event", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(600)]
    public async Task A_wrong_clock_is_explained_and_does_not_cut_the_gateway_off(int consoleAheadSeconds)
    {
        await using var console = await ConsoleDouble.StartAsync();
        console.Ahead = TimeSpan.FromSeconds(consoleAheadSeconds);
        await using var gateway = await new TestGateway(console).StartAsync();

        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));
        var direction = consoleAheadSeconds > 0 ? "behind" : "ahead of";
        Assert.Contains(
            gateway.Log.Lines,
            line =>
                line.Contains("clock is", StringComparison.Ordinal)
                && line.Contains($"{direction} the console's", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_revoked_gateway_leaves_everything_as_it_is_also_after_a_restart()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var cluster = Order(console, TestGateway.Cluster());
        await Eventually.HoldsAsync(() =>
            Assert.Equal(ClusterPhase.Running, console.Statuses.GetValueOrDefault(cluster.Id)?.Phase)
        );

        console.Revoked = true;

        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Revoked, gateway.Host.State.Link));
        Assert.Contains(gateway.Log.Lines, line => line.Contains("Clusters stay as they are", StringComparison.Ordinal));
        Assert.Single(gateway.Place.Held);
        await gateway.StopAsync();
        gateway.Place.Script.Calls.Clear();
        await gateway.StartAsync();
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Revoked, gateway.Host.State.Link));
        Assert.Empty(gateway.Place.Script.Calls);
    }

    [Fact]
    public async Task A_revoked_gateway_works_again_once_it_is_paired_with_a_new_code()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        console.Revoked = true;
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Revoked, gateway.Host.State.Link));
        await gateway.StopAsync();
        console.Code = "NEW1-CODE";

        await gateway.StartAsync();
        Order(console, TestGateway.Cluster());

        await Eventually.HoldsAsync(() => Assert.Single(gateway.Place.Held));
        Assert.Equal(LinkState.Connected, gateway.Host.State.Link);
    }

    private static ClusterSpec Order(ConsoleDouble console, ClusterSpec cluster)
    {
        console.Give(console.Seal("lab", Endpoint, "consumer:token:secret"));
        console.Want(cluster);
        return cluster;
    }
}
