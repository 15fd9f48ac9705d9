using Gantry.Clusters.Model;
using Gantry.Hostile;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Server.Tests.Gateways;

/// <summary>A gateway in foreign hands harms neither the console nor other gateways' clusters nor people.</summary>
public sealed class HostileGatewayTests
{
    public static TheoryData<Attack<HostileGateway>> Attacks { get; } = [.. GatewayAttacks.All];

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Every_attack_of_a_gateway_is_refused_and_the_console_does_not_fail(Attack<HostileGateway> attack)
    {
        var cancel = TestContext.Current.CancellationToken;
        var log = new LogLines();
        await using var world = await World.MakeAsync(logs: log);
        var cluster = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(cluster, ClusterPhase.Running, Health.Healthy));
        using var other = await FakeGateway.PairAsync(world.Console, "other");
        using var http = world.Console.NewClient();
        http.DefaultRequestHeaders.Add(Protocol.ProtocolContract.Header, $"{Protocol.ProtocolContract.Version}");

        // The gateway of the cluster has changed hands; the other one has nothing to do with the cluster.
        var owner = new HostileGateway(http, world.Console.Client, world.Gateway.Signing, world.Gateway.Uid)
        {
            Cluster = cluster,
        };
        var stranger = new HostileGateway(http, world.Console.Client, other.Signing, other.Uid) { ForeignCluster = cluster };

        Assert.Null(await attack.TryAsync(owner, cancel));
        Assert.Null(await attack.TryAsync(stranger, cancel));

        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
