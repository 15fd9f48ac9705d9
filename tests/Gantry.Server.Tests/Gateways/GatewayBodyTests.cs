using System.Net.Sockets;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Server.Tests.Gateways;

/// <summary>Bodies cost memory, so they are read from those alone who have shown that they may send one.</summary>
public sealed class GatewayBodyTests
{
    private const int Large = 8 * 1024 * 1024;

    [Theory]
    [InlineData(GatewayPaths.Desired)]
    [InlineData(GatewayPaths.Status)]
    [InlineData(GatewayPaths.Answers)]
    public async Task A_request_without_a_good_token_is_refused_before_its_body_is_sent(string path)
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        using var signed = gateway.Sign(GatewayPaths.Status, new StatusReport([], []));
        var forged = signed.Headers.Authorization!.Parameter![..^8] + "AAAAAAAA";

        foreach (var token in new[] { "", "Authorization: Bearer a.b.c\r\n", $"Authorization: Bearer {forged}\r\n" })
        {
            await using var connection = await RawConnection.OpenAsync(console.Host);
            await connection.WriteAsync(Head(path, token, 60_000));

            Assert.StartsWith("HTTP/1.1 401", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_that_is_not_the_signed_one_is_refused_and_nothing_of_it_is_kept()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        using var signed = world.Gateway.Sign(GatewayPaths.Status, new StatusReport([], []));
        using var other = world.Gateway.Sign(
            GatewayPaths.Status,
            new StatusReport([world.Gateway.Status(uid, Gantry.Clusters.Model.ClusterPhase.Running)], [])
        );
        other.Headers.Authorization = signed.Headers.Authorization;

        var refused = await TestConsole.ReadAsync(await world.Gateway.SendRawAsync(other), 401);

        Assert.Equal("OtherRequest", refused.GetProperty("code").GetString());
        Assert.Equal("Pending", await world.StateAsync(uid));
    }

    [Theory]
    [InlineData(GatewayPaths.Status, Large)]
    [InlineData(GatewayPaths.Answers, Large)]
    [InlineData(GatewayPaths.Desired, 64 * 1024)]
    [InlineData(GatewayPaths.Pair, 64 * 1024)]
    [InlineData("/v1/auth/authenticate", 64 * 1024)]
    public async Task A_body_beyond_the_limit_of_its_operation_is_refused_before_it_is_sent(string path, int most)
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        using var signed = gateway.Sign(path, new StatusReport([], []));
        await using var connection = await RawConnection.OpenAsync(console.Host);

        await connection.WriteAsync(Head(path, $"Authorization: Bearer {signed.Headers.Authorization!.Parameter}\r\n", most + 1));

        Assert.StartsWith("HTTP/1.1 413", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_hangs_up_in_the_middle_of_a_body_leaves_no_error_in_the_log()
    {
        var log = new LogLines();
        await using var console = await TestConsole.StartAsync(logs: log);
        using var gateway = await FakeGateway.PairAsync(console);
        using var signed = gateway.Sign(GatewayPaths.Status, new StatusReport([], []));
        await using (var connection = await RawConnection.OpenAsync(console.Host))
        {
            await connection.WriteAsync(
                Head(GatewayPaths.Status, $"Authorization: Bearer {signed.Headers.Authorization!.Parameter}\r\n", 100) + "{"
            );
            // The token is accepted then, and the body is being read.
            await Eventually.HoldsAsync(() =>
                Assert.Contains(log.Lines, line => line.Contains("insert into \"UsedTokens\"", StringComparison.Ordinal))
            );
        }

        // The server tells it as an aborted request, or as a body that ended early: by what it notices first.
        await Eventually.HoldsAsync(() =>
            Assert.Contains(log.Lines, line => line.Contains($"POST {GatewayPaths.Status} ", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_address_holds_no_more_connections_than_it_may()
    {
        await using var console = await TestConsole.StartAsync(change: options =>
            options with
            {
                ConnectionsPerAddress = 3,
                Connections = 3,
            }
        );
        await using var first = await RawConnection.OpenAsync(console.Host);
        await using var second = await RawConnection.OpenAsync(console.Host);
        var third = await RawConnection.OpenAsync(console.Host);

        // The console resets the connection, before the handshake or within it.
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => RawConnection.OpenAsync(console.Host));
        Assert.True(refused is IOException or SocketException, refused.ToString());

        await third.DisposeAsync();
        await Eventually.HoldsAsync(async () => await (await RawConnection.OpenAsync(console.Host)).DisposeAsync());
    }

    private static string Head(string path, string token, int length) =>
        $"POST {path} HTTP/1.1\r\nHost: console\r\n{ProtocolContract.Header}: {ProtocolContract.Version}\r\n{token}"
        + $"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n";
}
