using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Gateways;

/// <summary>
/// What keeps a gateway from looking after its clusters is named by the status, the plan, why-not and the explanation of each of
/// them, in the same words: the gateway's ledger cannot say it.
/// </summary>
public sealed class GatewayTroubleTests
{
    private const string Full = "The data folder /var/lib/gantry on gw-1 cannot be written: No space left on device.";

    [Fact]
    public async Task A_full_disk_of_the_gateway_is_the_cause_that_all_four_answers_name_until_there_is_space()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        var before = await PlanAsync(world, uid);
        Assert.Empty(Blockers(before));

        world.Gateway.Problem = Full;
        await world.Gateway.PollAsync();

        var plan = await PlanAsync(world, uid);
        var cause = await CauseAsync(world, uid, "GatewayUnfit");
        Assert.Contains(Full.TrimEnd('.'), cause, StringComparison.Ordinal);
        Assert.Equal([("GatewayUnfit", cause)], Blockers(plan));
        Assert.Equal([("GatewayUnfit", cause)], Blockers(await AskAsync(world, $"/v1/spectroclusters/{uid}/whyNot")));
        Assert.Equal(Blockers(plan), Blockers(await AskAsync(world, "/v1/spectroclusters/maas/plan", world.Body("another"))));

        // The plan is the same one: it may be applied, and is carried out when there is space.
        Assert.Equal(before.GetProperty("hash").GetString(), plan.GetProperty("hash").GetString());

        world.Gateway.Problem = null;
        await world.Gateway.PollAsync();
        Assert.Empty(Blockers(await PlanAsync(world, uid)));
        Assert.Equal("AsItShouldBe", (await ExplainAsync(world, uid)).GetProperty("reason").GetString());
        Assert.DoesNotContain("GatewayWorking", (await ProgressAsync(world, uid)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_is_refused_while_the_instance_that_works_is_away_is_the_cause_that_all_four_answers_name()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await MakeAsync(time);
        world.Gateway.Instance = new GatewayInstance("original", [], "gw-1");
        await world.Gateway.PollAsync();
        var uid = await RunningAsync(world);
        var copy = new GatewayInstance("copy", ["before"], "gw-2");
        await RefusedAsync(world, copy);
        Assert.Equal("AsItShouldBe", (await ExplainAsync(world, uid)).GetProperty("reason").GetString());

        time.Advance(TimeSpan.FromMinutes(3));
        await RefusedAsync(world, copy);

        var cause = await CauseAsync(world, uid, "InstanceAway");
        Assert.Contains("works as the instance on gw-1, which is offline since", cause, StringComparison.Ordinal);
        Assert.Contains("another instance asks from gw-2 and is refused", cause, StringComparison.Ordinal);
        foreach (var question in (string[])["plan", "whyNot"])
        {
            var asked = world.Console.Client.PostAsJsonAsync($"/v1/spectroclusters/{uid}/{question}", new { });
            while (!asked.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(10));
                await RefusedAsync(world, copy);
            }

            var refused = await TestConsole.ReadAsync(await asked, 424);
            Assert.Equal("GatewayOffline", refused.GetProperty("code").GetString());
            Assert.StartsWith(
                "The gateway System Private Gateway works as the instance on gw-1, which is offline since",
                refused.GetProperty("message").GetString(),
                StringComparison.Ordinal
            );
            Assert.Contains("gantry gateway takeover", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_gateway_that_is_offline_is_a_condition_of_its_clusters()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await MakeAsync(time);
        var uid = await RunningAsync(world);

        time.Advance(TimeSpan.FromMinutes(3));

        Assert.Contains("is offline since", await CauseAsync(world, uid, "GatewayOffline"), StringComparison.Ordinal);
        Assert.Equal("Unknown", (await ProgressAsync(world, uid)).GetProperty("status").GetProperty("health").GetString());
    }

    /// <summary>The cause that status and explanation name, without its full stop.</summary>
    private static async Task<string> CauseAsync(World world, string uid, string reason)
    {
        var explained = await ExplainAsync(world, uid);
        Assert.Equal(
            (reason, true),
            (explained.GetProperty("reason").GetString(), explained.GetProperty("actionRequired").GetBoolean())
        );
        var cause = explained.GetProperty("cause").GetString()!;
        var status = (await ProgressAsync(world, uid)).GetProperty("status");
        Assert.Equal(cause, status.GetProperty("message").GetString());
        var told = status.GetProperty("conditions")[0];
        Assert.Equal(
            ("GatewayWorking", "False", reason, cause),
            (
                told.GetProperty("type").GetString(),
                told.GetProperty("status").GetString(),
                told.GetProperty("reason").GetString(),
                told.GetProperty("message").GetString()
            )
        );
        var shown = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("status").GetProperty("conditions")[
            0
        ];
        Assert.Equal((reason, cause), (shown.GetProperty("reason").GetString(), shown.GetProperty("message").GetString()));
        return cause.TrimEnd('.');
    }

    private static async Task<string> RunningAsync(World world)
    {
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with { Progress = 100 });
        return uid;
    }

    private static async Task<World> MakeAsync(TimeProvider? time = null)
    {
        var world = await World.MakeAsync(time);
        var others = world.Gateway.Answers;
        world.Gateway.Answers = request => request is GatewayRequest.WhyNot ? new WhyNotDocument([]) : others(request);
        return world;
    }

    private static async Task RefusedAsync(World world, GatewayInstance instance)
    {
        using var answer = await world.Gateway.TrySendAsync(
            GatewayPaths.Desired,
            new DesiredStateRequest(0, 0, new GatewayReport("1.0", DateTimeOffset.UnixEpoch, 0)) { Instance = instance }
        );
        Assert.Equal(409, (int)answer.StatusCode);
    }

    private static Task<JsonElement> ExplainAsync(World world, string uid) =>
        world.Console.GetAsync($"/v1/spectroclusters/{uid}/explain");

    private static Task<JsonElement> ProgressAsync(World world, string uid) =>
        world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress");

    private static Task<JsonElement> PlanAsync(World world, string uid) => AskAsync(world, $"/v1/spectroclusters/{uid}/plan");

    private static async Task<JsonElement> AskAsync(World world, string path, JsonNode? body = null) =>
        await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(world.Console.Client.PostAsJsonAsync(path, body ?? new JsonObject())),
            200
        );

    private static IEnumerable<(string?, string?)> Blockers(JsonElement answer) =>
        answer
            .GetProperty("blockers")
            .EnumerateArray()
            .Select(one => (one.GetProperty("reason").GetString(), one.GetProperty("message").GetString()));
}
