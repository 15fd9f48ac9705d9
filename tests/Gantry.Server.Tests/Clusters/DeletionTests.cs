using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Clusters;

public sealed class DeletionTests
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Deleting_a_cluster_that_has_not_run_yet_is_an_abort()
    {
        await using var world = await World.MakeAsync(_time);
        var early = await world.CreateClusterAsync("early");
        var running = await world.CreateClusterAsync("running");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(early, ClusterPhase.Provisioning),
            world.Gateway.Status(running, ClusterPhase.Running, Health.Healthy)
        );

        await world.Console.DeleteAsync($"/v1/spectroclusters/{early}");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{running}");

        var aborted = await StatusAsync(world, early);
        Assert.Equal("Deleting", aborted.GetProperty("state").GetString());
        Assert.Equal(
            _time.GetUtcNow().UtcDateTime,
            aborted.GetProperty("abortTimestamp").GetDateTime().ToUniversalTime(),
            TimeSpan.FromSeconds(1)
        );
        Assert.True((await OverviewAsync(world, early)).TryGetProperty("abortTimestamp", out _));
        Assert.False((await StatusAsync(world, running)).TryGetProperty("abortTimestamp", out _));
        Assert.Equal("Deleting", await world.StateAsync(running));
    }

    [Fact]
    public async Task A_deletion_can_be_forced_only_after_a_quarter_of_an_hour_and_says_how_long_that_still_is()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("demo");
        var unasked = await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true", 409);
        Assert.Equal("ForceDeleteTooEarly", unasked.GetProperty("code").GetString());
        Assert.Equal("Pending", await world.StateAsync(uid));

        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        _time.Advance(TimeSpan.FromMinutes(3));
        var early = await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true", 409);
        Assert.Contains("in 12 minutes", TestConsole.Message(early), StringComparison.Ordinal);
        Assert.Contains("in 12 minutes", Condition(await StatusAsync(world, uid)).GetProperty("message").GetString());
        Assert.Contains("in 12 minutes", Condition(await OverviewAsync(world, uid)).GetProperty("message").GetString());
        var progress = await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress");
        Assert.Equal(720, progress.GetProperty("forceDeleteInSeconds").GetInt64());

        _time.Advance(TimeSpan.FromMinutes(12));
        Assert.Equal("True", Condition(await StatusAsync(world, uid)).GetProperty("status").GetString());
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true");
        var wanted = await world.WantedAsync(uid);
        Assert.True(wanted.Deletion!.Force);
        Assert.Equal(3, wanted.Generation);
        Assert.Equal(15, (_time.GetUtcNow() - wanted.Deletion.RequestedAt).TotalMinutes, precision: 1);
    }

    [Fact]
    public async Task Nodes_are_drained_first_when_asked_and_a_force_ends_that()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("demo");

        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?drain=true");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        Assert.Equal((true, false), (await world.WantedAsync(uid)).Deletion is { } one ? (one.Drain, one.Force) : default);

        _time.Advance(TimeSpan.FromMinutes(16));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true&drain=true");
        Assert.Equal((false, true), (await world.WantedAsync(uid)).Deletion is { } two ? (two.Drain, two.Force) : default);
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?drain=perhaps", 400);
    }

    [Fact]
    public async Task A_deleted_cluster_is_found_by_its_filter_for_three_days()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("gone");
        await world.CreateClusterAsync("there");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));

        Assert.Equal(["gone"], await SearchAsync(world, deleted: true));
        Assert.Equal(
            "Deleted",
            (await world.Console.GetAsync($"/v1/dashboard/spectroclusters/{uid}"))
                .GetProperty("status")
                .GetProperty("state")
                .GetString()
        );
        Assert.Equal(["there"], await SearchAsync(world, deleted: false));
        _time.Advance(TimeSpan.FromHours(71));
        Assert.Equal(["gone"], await SearchAsync(world, deleted: true));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(await SearchAsync(world, deleted: true));
    }

    [Fact]
    public async Task The_residue_of_a_deletion_is_listed_and_dismissed_by_an_operator()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("demo");
        var path = $"/v1/spectroclusters/{uid}/residue";
        Assert.Equal("[]", (await world.Console.GetAsync(path)).GetProperty("items").GetRawText());
        await world.Console.DeleteAsync(path);
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Deleting) with
            {
                Residue = ["machine node-1 (abc123): Releasing"],
            }
        );
        await world.Console.DeleteAsync(path, 409);
        _time.Advance(TimeSpan.FromMinutes(16));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?forceDelete=true");
        await world.Console.DeleteAsync(path, 409);
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Deleted) with
            {
                Residue = ["machine node-1 (abc123): is locked"],
            }
        );
        Assert.Equal("Deleted", await world.StateAsync(uid));

        // The gateway continues to retry and to report.
        _time.Advance(TimeSpan.FromMinutes(1));
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Deleting) with
            {
                Residue = ["machine node-1 (abc123): is still locked"],
            }
        );
        Assert.Equal("Deleted", await world.StateAsync(uid));
        Assert.Equal(
            "machine node-1 (abc123): is still locked",
            (await world.Console.GetAsync(path)).GetProperty("items")[0].GetString()
        );

        string? dismissed = null;
        world.Gateway.Answers = request =>
        {
            dismissed = (request as GatewayRequest.DismissResidue)?.Cluster.Value;
            return true;
        };
        using var answer = await world.Gateway.WhileServingAsync(world.Console.Client.DeleteAsync(path));
        Assert.Equal((204, uid), ((int)answer.StatusCode, dismissed));
        var after = await world.Console.GetAsync(path);
        Assert.Equal("[]", after.GetProperty("items").GetRawText());
        var dismissal = Assert.Single(after.GetProperty("dismissed").EnumerateArray());
        Assert.Contains('@', dismissal.GetProperty("by").GetString()!);
        Assert.Equal(
            _time.GetUtcNow().UtcDateTime,
            dismissal.GetProperty("at").GetDateTime().ToUniversalTime(),
            TimeSpan.FromSeconds(1)
        );
        Assert.Equal(
            ["machine node-1 (abc123): is still locked"],
            dismissal.GetProperty("items").EnumerateArray().Select(one => one.GetString())
        );
        var audit = (await world.Console.GetAsync($"/v1/audits?resourceUid={uid}")).GetProperty("items")[0].GetProperty("spec");
        Assert.Equal(
            ("action", "residue dismissed"),
            (audit.GetProperty("actionType").GetString(), audit.GetProperty("contentMsg").GetString())
        );
    }

    [Fact]
    public async Task Residue_can_be_dismissed_when_its_gateway_no_longer_knows_the_cluster()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted) with { Residue = ["address 10.0.0.9"] });
        world.Gateway.Answers = _ => new GatewayError("NotFound", "Nothing is left of the cluster.");

        using var answer = await world.Gateway.WhileServingAsync(
            world.Console.Client.DeleteAsync($"/v1/spectroclusters/{uid}/residue")
        );

        Assert.Equal(204, (int)answer.StatusCode);
        Assert.Equal(
            "[]",
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/residue")).GetProperty("items").GetRawText()
        );
    }

    [Fact]
    public async Task A_machine_that_MAAS_does_not_release_is_let_go_of_by_a_person()
    {
        await using var world = await World.MakeAsync(_time);
        var uid = await world.CreateClusterAsync("demo");
        var status = world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy);
        var machine = new MachineStatus
        {
            SystemId = new SystemId("abc123"),
            Hostname = "node-1",
            Pool = DnsLabel.Parse("workers"),
            Role = PoolRole.Worker,
            State = "Releasing",
            ReleaseBlocked = "MAAS could not release it.",
        };
        await world.Gateway.ReportAsync(status with { Machines = [machine] });
        Assert.Equal(
            "MAAS could not release it.",
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress"))
                .GetProperty("status")
                .GetProperty("machines")[0]
                .GetProperty("releaseBlocked")
                .GetString()
        );
        var path = $"/v1/spectroclusters/{uid}/machines/{machine.SystemId}/abandon";
        GatewayRequest? asked = null;
        world.Gateway.Answers = request => (asked = request) is GatewayRequest.AbandonMachine;

        using var answer = await world.Gateway.WhileServingAsync(world.Console.Client.PostAsync(path, null));

        Assert.Equal(204, (int)answer.StatusCode);
        Assert.Equal(
            (uid, machine.SystemId),
            asked is GatewayRequest.AbandonMachine of ? (of.Cluster.Value, of.Machine) : default
        );
        var audit = (await world.Console.GetAsync($"/v1/audits?resourceUid={uid}")).GetProperty("items")[0].GetProperty("spec");
        Assert.Equal("machine abandoned", audit.GetProperty("contentMsg").GetString());

        world.Gateway.Answers = _ => new GatewayError("Invalid", "MAAS is releasing node-1 (Releasing); wait for its end.");
        using var refused = await world.Gateway.WhileServingAsync(world.Console.Client.PostAsync(path, null));
        Assert.Equal(400, (int)refused.StatusCode);
        using var unknown = await world.Console.Client.PostAsync(
            $"/v1/spectroclusters/{uid}/machines/nobody/abandon",
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    private static JsonElement Condition(JsonElement status) =>
        status
            .GetProperty("conditions")
            .EnumerateArray()
            .Single(one => one.GetProperty("type").GetString() is "ForceDeletePossible");

    private static async Task<JsonElement> StatusAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("status");

    private static async Task<JsonElement> OverviewAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/dashboard/spectroclusters/{uid}/overview")).GetProperty("status");

    private static async Task<IEnumerable<string?>> SearchAsync(World world, bool deleted) => (
            await world.Console.PostAsync(
                "/v1/dashboard/spectroclusters/search",
                new JsonObject
                {
                    ["filter"] = new JsonObject
                    {
                        ["filterGroups"] = new JsonArray(
                            new JsonObject
                            {
                                ["filters"] = new JsonArray(
                                    new JsonObject
                                    {
                                        ["property"] = "isDeleted",
                                        ["type"] = "bool",
                                        ["condition"] = new JsonObject { ["bool"] = new JsonObject { ["value"] = deleted } },
                                    }
                                ),
                            }
                        ),
                    },
                },
                200
            )
        ).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("metadata").GetProperty("name").GetString());
}
