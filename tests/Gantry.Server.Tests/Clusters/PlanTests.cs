using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Clusters;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Clusters;

public sealed class PlanTests
{
    [Fact]
    public async Task A_plan_of_a_change_is_made_for_the_changed_cluster_and_touches_nothing()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, FakeGateway.Machine("abc123"))
        );
        var revision = (await world.Gateway.PollAsync()).Revision;
        List<ClusterSpec> asked = [];
        world.Gateway.Answers = Planning(asked);

        var plan = await PlanAsync(
            world,
            $"/v1/spectroclusters/{uid}/plan",
            JsonNode.Parse(
                $$$"""
                {"machinePools":[{"op":"update","pool":{"poolConfig":{"name":"worker-pool","size":3} } },
                                 {"op":"create","pool":{{{World.Pool("gpu", 1, false).ToJsonString()}}} }],
                 "profiles":[{"uid":"{{{world.Profile}}}","packValues":[{"name":"ubuntu-maas","values":"image: custom/mine"}]}],
                 "renewCertificates":true,"replaceMachines":["abc123"]}
                """
            )!
        );

        Assert.NotEqual("", plan.GetProperty("hash").GetString());
        var spec = Assert.Single(asked);
        Assert.Equal(2, spec.Generation);
        Assert.Equal(["worker-pool 3", "gpu 1"], spec.Workers.Select(pool => $"{pool.Name} {pool.Size}"));
        Assert.Equal("custom/mine", spec.Image.Value);
        Assert.NotNull(spec.RenewCertificatesOlderThan);
        Assert.Equal([new SystemId("abc123")], spec.Replace);
        Assert.Equal(revision, (await world.Gateway.PollAsync()).Revision);
        Assert.Single((await world.Console.GetAsync($"/v1/audits?resourceUid={uid}")).GetProperty("items").EnumerateArray());

        asked.Clear();
        await PlanAsync(world, $"/v1/spectroclusters/{uid}/plan", JsonNode.Parse("""{"delete":{"drain":true}}""")!);
        Assert.True(Assert.Single(asked).Deletion is { Drain: true, Force: false });
        Assert.Equal("Running", await world.StateAsync(uid));
    }

    [Fact]
    public async Task A_planned_change_is_applied_once_as_it_was_planned()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));

        var applied = await ApplyAsync(world, hash, 200);

        Assert.Equal(uid, applied.GetProperty("uid").GetString());
        var wanted = await world.WantedAsync(uid);
        Assert.Equal((3, 2L), (wanted.Workers.Single().Size, wanted.Generation));
        var again = await ApplyAsync(world, hash, 404);
        Assert.Equal("PlanApplied", again.GetProperty("code").GetString());
        Assert.Contains("applied already, to cluster 'demo' by ", TestConsole.Message(again), StringComparison.Ordinal);
        Assert.Equal("ResourceNotFound", (await ApplyAsync(world, "0000", 404)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_planned_patch_of_a_pool_is_applied_as_the_patch_itself_would_be()
    {
        const string patch = """{"size":4,"additionalLabels":{"tier":"gold"},"notTags":null,"azs":["rack-c"]}""";
        await using var world = await World.MakeAsync();
        var (planned, made) = (await world.CreateClusterAsync("planned"), await world.CreateClusterAsync("made"));
        foreach (var uid in new[] { planned, made })
        {
            await world.Console.PatchAsync(
                $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
                JsonNode.Parse("""{"notTags":["old"]}"""),
                200
            );
        }

        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(
            world,
            $"/v1/spectroclusters/{planned}/plan",
            JsonNode.Parse($$"""{"generation":2,"machinePools":[{"op":"patch","name":"worker-pool","patch":{{patch}} }]}""")!
        );
        await ApplyAsync(world, hash, 200);
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{made}/machinePools/worker-pool?generation=2",
            JsonNode.Parse(patch),
            200
        );

        var pool = (await world.WantedAsync(planned)).Workers.Single();
        Assert.Equal((await world.WantedAsync(made)).Workers.Single(), pool);
        Assert.Equal((4, "gold"), (pool.Size, pool.Labels[LabelKey.Parse("tier")].Value));
        Assert.Empty(pool.Placement.NotTags);
    }

    [Fact]
    public async Task A_plan_that_several_apply_at_once_is_applied_once()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));

        var answers = await world.Gateway.WhileServingAsync(
            Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.Console.Client.PostAsync($"/v1/plans/{hash}/apply", null)))
        );

        Assert.Single(answers, answer => (int)answer.StatusCode is 200);
        Assert.All(answers, answer => Assert.True((int)answer.StatusCode is 200 or 404 or 409, answer.ToString()));
        Assert.Equal((3, 2L), ((await world.WantedAsync(uid)).Workers.Single().Size, (await world.WantedAsync(uid)).Generation));
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_planned_creation_is_applied_with_the_uid_that_it_was_planned_with()
    {
        await using var world = await World.MakeAsync();
        List<ClusterSpec> asked = [];
        world.Gateway.Answers = Planning(asked);
        var hash = await HashAsync(world, "/v1/spectroclusters/maas/plan", world.Body("demo"));

        var uid = (await ApplyAsync(world, hash, 200)).GetProperty("uid").GetString()!;

        Assert.Equal([uid, uid], asked.Select(spec => spec.Id.Value));
        Assert.Equal(asked[0].CreatedAt, asked[1].CreatedAt);
        Assert.Equal("demo", (await world.WantedAsync(uid)).Name.Value);
    }

    [Fact]
    public async Task A_planned_deletion_deletes_with_its_drain()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", JsonNode.Parse("""{"delete":{"drain":true}}""")!);

        await ApplyAsync(world, hash, 200);

        Assert.Equal("Deleting", await world.StateAsync(uid));
        Assert.True((await world.WantedAsync(uid)).Deletion!.Drain);
    }

    [Fact]
    public async Task A_plan_is_refused_with_the_differences_once_the_data_centre_has_changed()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var machine = "node-1";
        world.Gateway.Answers = request =>
            request is GatewayRequest.PlanCluster
                ? new PlanDocument(
                    $"of {machine}",
                    [new PlannedStep("+", "Allocate", machine, machine, DnsLabel.Parse("worker-pool"), "a", "1 of 3 machines")],
                    [],
                    []
                )
                : null;
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));
        machine = "node-2";

        var refused = await ApplyAsync(world, hash, 409);

        Assert.Equal("PlanOutdated", refused.GetProperty("code").GetString());
        Assert.Contains("no longer: + Allocate node-1 in worker-pool", TestConsole.Message(refused), StringComparison.Ordinal);
        Assert.Contains("new: + Allocate node-2 in worker-pool", TestConsole.Message(refused), StringComparison.Ordinal);
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
        Assert.DoesNotContain("hash", TestConsole.Message(refused), StringComparison.Ordinal);
        var fresh = refused.GetProperty("details").GetProperty("fields")[0].GetProperty("message").GetString()!;
        Assert.Equal(["hash"], TestConsole.Fields(refused));
        await ApplyAsync(world, fresh, 200);
        Assert.Equal(3, (await world.WantedAsync(uid)).Workers.Single().Size);
    }

    [Fact]
    public async Task A_plan_is_refused_once_another_client_has_changed_the_cluster()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));
        await world.Console.PutAsync(
            $"{await world.ConfigAsync(uid)}/clusterConfig",
            new { clusterConfig = new { ntpServers = new[] { "ntp" } } }
        );

        Assert.Equal("PlanOutdated", (await ApplyAsync(world, hash, 409)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_plan_is_kept_for_an_hour_and_in_its_own_project()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await World.MakeAsync(time);
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);
        var hash = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));
        using var tenant = world.Console.NewClient();
        tenant.DefaultRequestHeaders.Add("ApiKey", world.Console.ApiKey);
        await TestConsole.ReadAsync(await tenant.PostAsync($"/v1/plans/{hash}/apply", null), 404);

        time.Advance(TimeSpan.FromMinutes(61));

        var late = await ApplyAsync(world, hash, 404);
        Assert.Contains("60 minutes", TestConsole.Message(late), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_requests_never_share_a_hash_even_when_their_steps_are_alike()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = Planning([]);

        var three = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3));
        var four = await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(4));
        Assert.Equal(three, await HashAsync(world, $"/v1/spectroclusters/{uid}/plan", Resize(3)));
        Assert.NotEqual(three, four);
        await ApplyAsync(world, three, 200);
        Assert.Equal(3, (await world.WantedAsync(uid)).Workers.Single().Size);
    }

    [Theory]
    [InlineData("""{"machinePools":[{"op":"grow","pool":{"poolConfig":{"name":"worker-pool"}}}]}""", "machinePools[0].op")]
    [InlineData("""{"machinePools":[{"op":"update"}]}""", "machinePools[0].pool.poolConfig.name")]
    [InlineData(
        """{"machinePools":[{"op":"update","pool":{"poolConfig":{"name":"control-plane-pool","size":2}}}]}""",
        "machinePools[0].pool.poolConfig.size"
    )]
    [InlineData("""{"profiles":[{"uid":"nothing"}]}""", "profiles[0].uid")]
    [InlineData("""{"delete":{},"renewCertificates":true}""", "delete")]
    [InlineData("""{"replaceMachines":["nobody"]}""", "replaceMachines[0]")]
    public async Task A_change_that_cannot_be_is_refused_before_anybody_is_asked(string change, string field)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        foreach (var what in new[] { "plan", "whyNot", "whatIf" })
        {
            Assert.Equal(
                [field],
                TestConsole.Fields(
                    await world.Console.PostAsync($"/v1/spectroclusters/{uid}/{what}", JsonNode.Parse(change)!, 400)
                )
            );
        }
    }

    [Fact]
    public async Task Why_not_and_what_if_are_answered_by_the_gateway_for_new_and_existing_clusters()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        List<int> counts = [];
        world.Gateway.Answers = request =>
        {
            if (request is GatewayRequest.WhatIf whatIf)
            {
                counts.Add(whatIf.Count);
            }

            return request switch
            {
                GatewayRequest.WhyNot why => new WhyNotDocument([
                    new PoolWhyNot(
                        why.Cluster.Pools[1].Name,
                        why.Cluster.Pools[1].Size,
                        0,
                        [new ConstraintFailures("memory ≥ 65536 MiB", 3, 2)],
                        [new MachineWhyNot(new SystemId("abc123"), "node-1", ["memory"])],
                        []
                    ),
                ]),
                GatewayRequest.WhatIf what => new CapacityAnswer(what.Count, 2, true, 9, 1, ["workers run out"]),
                _ => null,
            };
        };

        var why = await PlanAsync(world, $"/v1/spectroclusters/{uid}/whyNot", Resize(7));
        Assert.Equal(7, why.GetProperty("pools")[0].GetProperty("missing").GetInt32());
        Assert.Equal("abc123", why.GetProperty("pools")[0].GetProperty("machines")[0].GetProperty("machine").GetString());
        Assert.Equal(
            1,
            (await PlanAsync(world, "/v1/spectroclusters/maas/whyNot", world.Body("new")))
                .GetProperty("pools")[0]
                .GetProperty("missing")
                .GetInt32()
        );
        Assert.Equal(
            2,
            (await PlanAsync(world, $"/v1/spectroclusters/{uid}/whatIf?count=5", new JsonObject())).GetProperty("fit").GetInt32()
        );
        Assert.True(
            (await PlanAsync(world, "/v1/spectroclusters/maas/whatIf", world.Body("new"))).GetProperty("canRoll").GetBoolean()
        );
        Assert.Equal([5, 1], counts);
        foreach (var count in new[] { "0", "-1", "many", "99999" })
        {
            await world.Console.PostAsync($"/v1/spectroclusters/{uid}/whatIf?count={count}", new { }, 400);
        }
    }

    [Fact]
    public async Task An_explanation_needs_no_gateway()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await World.MakeAsync(time);
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with { Progress = 100 });
        Assert.Equal(
            "AsItShouldBe",
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/explain")).GetProperty("reason").GetString()
        );

        time.Advance(TimeSpan.FromMinutes(5));

        var away = await world.Console.GetAsync($"/v1/spectroclusters/{uid}/explain");
        Assert.Equal("GatewayOffline", away.GetProperty("reason").GetString());
        Assert.True(away.GetProperty("actionRequired").GetBoolean());
        await TestConsole.ReadAsync(await world.Console.Client.GetAsync("/v1/spectroclusters/nothing/explain"), 404);
    }

    [Fact]
    public void The_difference_of_two_plans_names_steps_waits_and_refusals()
    {
        var before = new PlanDocument("a", [Step("node-1"), Step("node-2")], ["MAAS deploys node-0"], []);

        Assert.Equal(
            "no longer: + Deploy node-2 in workers; new: + Deploy node-3 in workers; no longer waits: MAAS deploys "
                + "node-0; now refused: 2 machines are missing",
            PlanDifference.Between(
                before,
                new PlanDocument(
                    "b",
                    [Step("node-1"), Step("node-3")],
                    [],
                    [new Blocker("TooFewMachines", "2 machines are missing")]
                )
            )
        );
        Assert.Equal(
            "the same steps in another order",
            PlanDifference.Between(before, before with { Steps = [Step("node-2"), Step("node-1")] })
        );

        static PlannedStep Step(string host) => new("+", "Deploy", host, host, DnsLabel.Parse("workers"), "a", "because");
    }

    private static Func<GatewayRequest, object?> Planning(List<ClusterSpec> asked) =>
        request =>
        {
            if (request is not GatewayRequest.PlanCluster plan)
            {
                return null;
            }

            asked.Add(plan.Cluster);
            return new PlanDocument(
                $"generation {plan.Cluster.Generation}",
                [new PlannedStep("+", "Deploy", "m", "node-1", DnsLabel.Parse("worker-pool"), "a", "because")],
                [],
                []
            );
        };

    private static JsonNode Resize(int size) =>
        JsonNode.Parse(
            $$"""{"machinePools":[{"op":"update","pool":{"poolConfig":{"name":"worker-pool","size":{{size}} } } }]}"""
        )!;

    private static async Task<JsonElement> PlanAsync(World world, string path, JsonNode body) =>
        await TestConsole.ReadAsync(await world.Gateway.WhileServingAsync(world.Console.Client.PostAsJsonAsync(path, body)), 200);

    private static async Task<string> HashAsync(World world, string path, JsonNode body) =>
        (await PlanAsync(world, path, body)).GetProperty("hash").GetString()!;

    private static async Task<JsonElement> ApplyAsync(World world, string hash, int expected) =>
        await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(world.Console.Client.PostAsync($"/v1/plans/{hash}/apply", null)),
            expected
        );
}
