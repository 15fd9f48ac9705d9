using System.Net;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Gateways;

public sealed class GatewayTests
{
    [Fact]
    public async Task A_gateway_of_another_contract_is_refused_with_the_side_to_upgrade()
    {
        await using var console = await TestConsole.StartAsync();
        using var client = console.NewClient();
        client.DefaultRequestHeaders.Add(ProtocolContract.Header, $"{ProtocolContract.Version + 1}");

        foreach (var path in new[] { GatewayPaths.Pair, GatewayPaths.Desired })
        {
            using var response = await client.PostAsync(path, new StringContent("{}"));

            var refused = await TestConsole.ReadAsync(response, 409);
            Assert.Equal("ContractMismatch", refused.GetProperty("code").GetString());
            Assert.EndsWith("upgrade the console.", TestConsole.Message(refused), StringComparison.Ordinal);
            Assert.Equal([$"{ProtocolContract.Version}"], response.Headers.GetValues(ProtocolContract.Header));
        }
    }

    [Fact]
    public async Task A_gateway_pairs_with_a_code_and_is_listed_with_the_fingerprint_it_shows_itself()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);

        var before = (await console.GetAsync("/v1/overlords")).GetProperty("items")[0];
        Assert.Equal("Pending", before.GetProperty("status").GetProperty("state").GetString());

        await gateway.PollAsync();
        var listed = await console.GetAsync($"/v1/overlords/{gateway.Uid}");
        Assert.Equal("Running", listed.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal("System Private Gateway", listed.GetProperty("metadata").GetProperty("name").GetString());
        Assert.Equal(
            gateway.Paired!.Fingerprint,
            listed.GetProperty("metadata").GetProperty("annotations").GetProperty("fingerprint").GetString()
        );
    }

    [Fact]
    public async Task A_pairing_code_works_once_except_for_the_gateway_that_used_it()
    {
        await using var console = await TestConsole.StartAsync();
        var code = (await console.GetAsync("/v1/overlords/pairing/code?cloudType=maas")).GetProperty("pairingCode").GetString()!;
        using var first = FakeGateway.Unpaired(console);
        using var second = FakeGateway.Unpaired(console);

        var paired = await first.PairAsync(code, "east");
        Assert.Equal(paired, await first.PairAsync(code, "east"));

        var refused = await TestConsole.ReadAsync(await second.TryPairAsync(code, "west"), 401);
        Assert.Contains("used", refused.GetProperty("message").GetString());
    }

    [Fact]
    public async Task An_expired_code_is_refused()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var console = await TestConsole.StartAsync(time);
        var code = await console.Host.CreatePairingCodeAsync("east", default);
        time.Advance(TimeSpan.FromMinutes(61));
        using var gateway = FakeGateway.Unpaired(console);

        var refused = await TestConsole.ReadAsync(await gateway.TryPairAsync(code, "east"), 401);
        Assert.Contains("expired", refused.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_request_sent_twice_is_refused_the_second_time()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        using var once = gateway.Sign(GatewayPaths.Status, new StatusReport([], []));
        using var twice = new HttpRequestMessage(HttpMethod.Post, GatewayPaths.Status)
        {
            Content = new ByteArrayContent(await once.Content!.ReadAsByteArrayAsync()),
        };
        twice.Headers.Authorization = once.Headers.Authorization;

        Assert.Equal(HttpStatusCode.NoContent, (await gateway.SendRawAsync(once)).StatusCode);
        var refused = await TestConsole.ReadAsync(await gateway.SendRawAsync(twice), 401);
        Assert.Equal("Replayed", refused.GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_invalid_request_of_a_gateway_is_answered_with_4xx()
    {
        string[] bodies =
        [
            "",
            "null",
            "[]",
            "[null]",
            "{",
            "{\"code\":null,\"signingKey\":5}",
            "{\"since\":\"x\",\"statuses\":[null],\"askId\":null}",
            "{\"statuses\":[{\"id\":\"a\",\"observedGeneration\":1,\"phase\":\"Running\",\"conditions\":[{}]}],\"events\":[{}]}",
            "{\"statuses\":[{\"id\":\"a\",\"observedGeneration\":1,\"phase\":\"Running\",\"machines\":null}]}",
            "{\"statuses\":[],\"events\":[null]}",
        ];
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        foreach (var body in bodies)
        {
            foreach (var path in new[] { GatewayPaths.Pair, GatewayPaths.Desired, GatewayPaths.Status, GatewayPaths.Answers })
            {
                using var response = await gateway.TrySendBytesAsync(path, System.Text.Encoding.UTF8.GetBytes(body));
                Assert.True((int)response.StatusCode < 500, $"{path} <- {body}: {await response.Content.ReadAsStringAsync()}");
            }
        }
    }

    [Fact]
    public async Task A_gateway_reports_on_its_own_clusters_only()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        using var other = await FakeGateway.PairAsync(world.Console, "other");

        await other.ReportAsync(other.Status(uid, Gantry.Clusters.Model.ClusterPhase.Running));
        await other.ReportAsync(other.Event(uid, "Deploy", "is not its own"));

        Assert.Equal("Pending", await world.StateAsync(uid));
        Assert.Equal(
            "[]",
            (await world.Console.GetAsync($"/v1/events/components/spectrocluster/{uid}")).GetProperty("items").GetRawText()
        );
        Assert.Empty((await other.PollAsync()).Clusters);
    }

    [Fact]
    public async Task A_gateway_whose_revision_is_of_another_epoch_is_sent_everything_at_once()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        var epoch = (await gateway.PollAsync()).Epoch;
        Assert.NotNull(epoch);

        // The console's store was restored from a backup, and its revisions have caught up with the gateway's.
        var answer = await gateway.SendAsync<DesiredState>(
            GatewayPaths.Desired,
            new DesiredStateRequest(
                gateway.Revision,
                60,
                new GatewayReport("1.0", DateTimeOffset.UnixEpoch, 0),
                "of an earlier start"
            )
        );

        Assert.Equal(epoch, answer!.Epoch);
        Assert.Equal(gateway.Revision, answer.Revision);
    }

    [Fact]
    public async Task A_gateway_that_has_lost_its_ledger_is_told_what_its_clusters_held_and_which_have_ended()
    {
        await using var world = await World.MakeAsync();
        var ran = await world.CreateClusterAsync("ran");
        var never = await world.CreateClusterAsync("never");
        var ended = await world.CreateClusterAsync("ended");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(
                ran,
                Gantry.Clusters.Model.ClusterPhase.Running,
                Gantry.Clusters.Model.Health.Healthy,
                FakeGateway.Machine("abc123")
            )
        );
        using var _ = await world.Console.Client.DeleteAsync($"/v1/spectroclusters/{ended}");
        await world.Gateway.ReportAsync(world.Gateway.Status(ended, Gantry.Clusters.Model.ClusterPhase.Deleted));
        Gantry.Clusters.Model.ClusterId Id(string uid) => new(uid);

        var answer = await world.Gateway.SendAsync<DesiredState>(
            GatewayPaths.Desired,
            new DesiredStateRequest(
                0,
                0,
                new GatewayReport("1.0", TimeProvider.System.GetUtcNow(), 0),
                Unrecorded: [Id(ran), Id(never), Id("of-a-newer-backup")],
                Undesired: [Id(ended), Id("of-another-gateway")]
            )
        );

        var last = Assert.Single(answer!.LastReports!);
        Assert.Equal((ran, "abc123"), (last.Id.Value, Assert.Single(last.Machines).SystemId.Value));
        Assert.Equal(ended, Assert.Single(answer.Ended!).Value);
        Assert.Equal("of-a-newer-backup", Assert.Single(answer.Strange!).Value);
        Assert.Null((await world.Gateway.PollAsync()).LastReports);
    }

    [Fact]
    public async Task A_report_from_a_clock_that_was_ahead_does_not_hide_the_ones_after_it()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, Gantry.Clusters.Model.ClusterPhase.Provisioning) with
            {
                ReportedAt = TimeProvider.System.GetUtcNow().AddHours(2),
            }
        );

        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, Gantry.Clusters.Model.ClusterPhase.Running) with
            {
                ReportedAt = TimeProvider.System.GetUtcNow(),
            }
        );

        Assert.Equal("Running", await world.StateAsync(uid));
    }

    [Fact]
    public async Task A_deleted_gateway_is_refused_at_once_even_in_the_middle_of_a_poll()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        await gateway.PollAsync();

        var poll = gateway.TrySendAsync(
            GatewayPaths.Desired,
            new DesiredStateRequest(gateway.Revision, 60, new GatewayReport("1.0", DateTimeOffset.UnixEpoch, 0))
        );
        var answer = await TestConsole.ReadAsync(await console.Client.DeleteAsync($"/v1/overlords/{gateway.Uid}"), 200);
        Assert.Contains("deleted", answer.GetProperty("msg").GetString());

        Assert.Equal(401, (int)(await poll).StatusCode);
        Assert.Equal(401, (int)(await gateway.TrySendAsync(GatewayPaths.Status, new StatusReport([], []))).StatusCode);
        await TestConsole.ReadAsync(await console.Client.GetAsync($"/v1/overlords/{gateway.Uid}"), 404);
    }
}
