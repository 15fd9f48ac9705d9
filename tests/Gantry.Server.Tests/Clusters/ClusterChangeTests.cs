using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Clusters;

public sealed class ClusterChangeTests
{
    [Fact]
    public async Task A_patch_of_a_pool_changes_what_it_names_and_nothing_else()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var answer = await PatchAsync(
            world,
            uid,
            "machinePools/worker-pool?generation=1",
            """
            {"size":4,"additionalLabels":{"tier":"gold"},"instanceType":{"minCPU":16},"azs":["rack-c"],"notTags":["old"],
             "taints":[{"key":"dedicated","value":"db","effect":"NoExecute"}],"updateStrategy":{"type":"RollingUpdateScaleIn"}}
            """
        );

        Assert.Equal(2, answer.GetProperty("generation").GetInt64());
        var pool = (await world.WantedAsync(uid)).Workers.Single();
        Assert.Equal((4, 16, 8192), (pool.Size, pool.Placement.MinCpu, pool.Placement.MinMemoryMiB));
        Assert.Equal(["rack-c"], pool.Placement.Zones);
        Assert.Equal(["fast"], pool.Placement.Tags);
        Assert.Equal(["old"], pool.Placement.NotTags);
        Assert.Equal("gold", pool.Labels[LabelKey.Parse("tier")].Value);
        Assert.Equal([Taint.Parse("dedicated=db:NoExecute")], pool.Taints);
        Assert.Equal(RollingUpdate.ContractFirst, pool.RollingUpdate);
    }

    [Fact]
    public async Task Limits_of_a_scaler_that_equal_the_size_do_not_keep_a_pool_from_being_scaled()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":3,"minSize":3,"maxSize":3}""");

        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":5}""");

        Assert.Equal(5, (await world.WantedAsync(uid)).Workers.Single().Size);
    }

    [Fact]
    public async Task A_null_in_a_patch_removes_a_value()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await PatchAsync(
            world,
            uid,
            "machinePools/worker-pool",
            """{"additionalLabels":{"tier":"gold","team":"blue"},"notTags":["old"],"architecture":"amd64"}"""
        );

        await PatchAsync(
            world,
            uid,
            "machinePools/worker-pool",
            """{"additionalLabels":{"tier":null},"notTags":null,"architecture":null}"""
        );

        var pool = (await world.WantedAsync(uid)).Workers.Single();
        Assert.Equal(["team"], pool.Labels.Keys.Select(key => key.Value));
        Assert.Empty(pool.Placement.NotTags);
        Assert.Null(pool.Placement.Architecture);
    }

    [Theory]
    [InlineData("""{"size":-1}""", "size")]
    [InlineData("""{"size":"many"}""", "size")]
    [InlineData("""{"colour":"red"}""", "colour")]
    [InlineData("""{"name":"other"}""", "name")]
    [InlineData("""{"isControlPlane":true}""", "isControlPlane")]
    [InlineData("""{"taints":[{"key":"a","effect":"Never"}]}""", "taints[0].effect")]
    [InlineData("""{"instanceType":{"minCPU":-4}}""", "instanceType.minCPU")]
    [InlineData("""[1]""", "body")]
    public async Task A_patch_that_cannot_be_applied_names_its_field_and_changes_nothing(string patch, string field)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var refused = await PatchAsync(world, uid, "machinePools/worker-pool", patch, 400);

        Assert.Equal([field], TestConsole.Fields(refused));
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
    }

    [Fact]
    public async Task A_change_that_was_made_for_an_older_generation_is_refused_and_changes_nothing()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await PatchAsync(world, uid, "machinePools/worker-pool?generation=1", """{"size":2}""");
        var pool = World.Pool("gpu", 1, false);
        var path = $"/v1/spectroclusters/{uid}";

        JsonElement[] refused =
        [
            await PatchAsync(world, uid, "machinePools/worker-pool?generation=1", """{"size":3}""", 409),
            await PatchAsync(world, uid, "packs/kubernetes?generation=1", """{"set":{"pack.version":"1.33.5"}}""", 409),
            await world.Console.PostAsync($"{path}/upgrade?generation=1", new { image = "custom/mine" }, 409),
            await world.Console.PostAsync($"{path}/machinePools?generation=1", pool, 409),
            await world.Console.DeleteAsync($"{path}/machinePools/worker-pool?generation=1", 409),
            await world.Console.PatchAsync(
                $"{path}/profiles?generation=1",
                new { profiles = new[] { new { uid = world.Profile } } },
                409
            ),
            await world.Console.PostAsync(
                $"{path}/plan",
                JsonNode.Parse("""{"generation":1,"upgrade":{"image":"custom/mine"}}""")!,
                409
            ),
        ];

        Assert.All(refused, one => Assert.Equal("GenerationOutdated", one.GetProperty("code").GetString()));
        Assert.All(
            refused,
            one => Assert.Equal("2", one.GetProperty("details").GetProperty("fields")[0].GetProperty("message").GetString())
        );
        Assert.Equal(2, (await world.WantedAsync(uid)).Generation);
    }

    [Fact]
    public async Task Every_change_of_a_cluster_is_refused_when_it_names_an_older_generation()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":2}""");
        var config = await world.ConfigAsync(uid);
        string[] asking =
        [
            Operations.Plans.Plan.Name,
            Operations.Plans.WhyNot.Name,
            Operations.Plans.WhatIf.Name,
            Operations.Clusters.ValidateRepave.Name,
            Operations.Clusters.DismissResidue.Name,
            Operations.Clusters.Adopt.Name,
            Operations.Clusters.AbandonMachine.Name,
        ];
        var changes = Operations
            .All.Where(operation => operation.Method is not "GET" && !asking.Contains(operation.Name))
            .Where(operation => operation.Request != typeof(JsonElement))
            .Where(operation =>
                operation.Route.StartsWith("/v1/spectroclusters/{uid}", StringComparison.Ordinal)
                || operation.Route.StartsWith("/v1/cloudconfigs/maas/{configUid}", StringComparison.Ordinal)
            )
            .ToList();

        var answers = new List<string>();
        foreach (var operation in changes)
        {
            var path = operation
                .Route.Replace("/v1/cloudconfigs/maas/{configUid}", config, StringComparison.Ordinal)
                .Replace("{uid}", uid, StringComparison.Ordinal)
                .Replace("{machinePoolName}", "worker-pool", StringComparison.Ordinal)
                .Replace("{poolName}", "worker-pool", StringComparison.Ordinal)
                .Replace("{packName}", "kubernetes", StringComparison.Ordinal)
                .Replace("{systemId}", "abc123", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(new HttpMethod(operation.Method), $"{path}?generation=1");
            if (operation.Request != typeof(NoBody))
            {
                var known = ApiJson.Options.GetTypeInfo(operation.Request).Properties.Select(property => property.Name).ToList();
                var body = new JsonObject
                {
                    ["profiles"] = new JsonArray(new JsonObject { ["uid"] = world.Profile }),
                    ["profileUids"] = new JsonArray(world.Profile),
                    ["clusterConfig"] = new JsonObject(),
                    ["poolConfig"] = new JsonObject { ["name"] = "gpu", ["size"] = 1 },
                    ["metadata"] = new JsonObject(),
                };
                request.Content = JsonContent.Create(
                    new JsonObject(
                        body.DeepClone()
                            .AsObject()
                            .Where(one => known.Contains(one.Key))
                            .Select(one => KeyValuePair.Create(one.Key, one.Value?.DeepClone()))
                    )
                );
            }

            using var answer = await world.Console.Client.SendAsync(request);
            answers.Add($"{operation.Name}: {(int)answer.StatusCode}");
        }

        Assert.True(changes.Count > 15, $"{changes.Count} operations change a cluster");
        Assert.Equal(changes.Select(operation => $"{operation.Name}: 409"), answers);
        Assert.Equal(2, (await world.WantedAsync(uid)).Generation);
    }

    [Fact]
    public async Task A_refused_change_names_who_changed_what_since()
    {
        await using var world = await World.MakeAsync(
            new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 15, 0, 0, TimeSpan.Zero))
        );
        var uid = await world.CreateClusterAsync("demo");
        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":2}""");
        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":3}""");

        var refused = await PatchAsync(world, uid, "machinePools/worker-pool?generation=1", """{"size":4}""", 409);

        Assert.Equal(["generation", "generation.3", "generation.2"], TestConsole.Fields(refused));
        Assert.Equal(
            "The change was made for generation 1 of cluster 'demo', which has generation 3 by now "
                + "(admin@gantry.local at 2026-03-02 15:00:00Z: worker-pool: size 2 → 3; "
                + "admin@gantry.local at 2026-03-02 15:00:00Z: worker-pool: size 1 → 2); read it again and repeat.",
            TestConsole.Message(refused)
        );
    }

    [Fact]
    public async Task A_change_without_a_generation_is_made_on_top_of_what_the_cluster_is()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        await PatchAsync(world, uid, "machinePools/worker-pool", """{"size":2}""");

        await world.Console.PutAsync($"{config}/machinePools/worker-pool", World.Pool("worker-pool", 5, false));

        Assert.Equal(5, (await world.WantedAsync(uid)).Workers.Single().Size);
    }

    [Fact]
    public async Task Changes_at_once_from_one_generation_are_made_once_and_refused_otherwise()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var answers = await Task.WhenAll(
            Enumerable
                .Range(2, 8)
                .Select(size =>
                    world.Console.Client.PatchAsync(
                        $"/v1/spectroclusters/{uid}/machinePools/worker-pool?generation=1",
                        JsonContent.Create(new { size })
                    )
                )
        );

        Assert.Single(answers, answer => (int)answer.StatusCode is 200);
        Assert.Equal(7, answers.Count(answer => (int)answer.StatusCode is 409));
        Assert.Equal(2, (await world.WantedAsync(uid)).Generation);
    }

    [Fact]
    public async Task Pools_are_added_and_removed()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machinePools?generation=1", World.Pool("gpu", 2, false));
        Assert.Equal(["worker-pool", "gpu"], (await world.WantedAsync(uid)).Workers.Select(pool => pool.Name.Value));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}/machinePools/worker-pool?generation=2", 200);

        Assert.Equal(["gpu"], (await world.WantedAsync(uid)).Workers.Select(pool => pool.Name.Value));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}/machinePools/control-plane-pool", 409);
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}/machinePools/nothing", 404);
    }

    [Fact]
    public async Task An_upgrade_takes_another_version_of_the_pack_where_there_is_one_and_a_value_of_the_pack_where_not()
    {
        await using var world = await World.MakeAsync();
        var old = await world.CreateProfileAsync("old", kubernetes: await OldestKubernetesAsync(world));
        var uid = await world.CreateClusterAsync("demo", profile: old);
        var now = $"{(await world.WantedAsync(uid)).KubernetesVersion}".Split('.');
        var next = $"{now[0]}.{now[1]}.{int.Parse(now[2]) + 1}";

        await world.Console.PostAsync(
            $"/v1/spectroclusters/{uid}/upgrade?generation=1",
            new { kubernetes = next, image = "custom/mine" },
            200
        );

        var wanted = await world.WantedAsync(uid);
        Assert.Equal((next, "custom/mine", 2L), ($"{wanted.KubernetesVersion}", wanted.Image.Value, wanted.Generation));
        var refused = await world.Console.PostAsync($"/v1/spectroclusters/{uid}/upgrade", new { kubernetes = "new" }, 400);
        Assert.Equal(["kubernetes"], TestConsole.Fields(refused));
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/upgrade", new { }, 400);
    }

    [Fact]
    public async Task A_value_of_a_pack_is_set_and_every_other_line_stays_as_it_was_written()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var before = await ValuesAsync(world, uid, "ubuntu-maas");

        await PatchAsync(world, uid, "packs/ubuntu-maas?generation=1", """{"set":{"image":"custom/mine"}}""");

        Assert.Equal("custom/mine", (await world.WantedAsync(uid)).Image.Value);
        var after = await ValuesAsync(world, uid, "ubuntu-maas");
        Assert.Equal(
            before.Split('\n').Where(line => !line.StartsWith("image:", StringComparison.Ordinal)),
            after.Split('\n').Where(line => !line.StartsWith("image:", StringComparison.Ordinal))
        );
        await PatchAsync(world, uid, "packs/nothing", """{"set":{"image":"x"}}""", 404);
        Assert.Equal(
            ["set.a.b.c"],
            TestConsole.Fields(await PatchAsync(world, uid, "packs/ubuntu-maas", """{"set":{"a.b.c":"x"}}""", 400))
        );
        Assert.Equal(["set"], TestConsole.Fields(await PatchAsync(world, uid, "packs/ubuntu-maas", "{}", 400)));
    }

    [Fact]
    public async Task Patches_and_upgrades_are_planned_as_they_are_made()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        List<ClusterSpec> planned = [];
        world.Gateway.Answers = request =>
        {
            if (request is not GatewayRequest.PlanCluster plan)
            {
                return null;
            }

            planned.Add(plan.Cluster);
            return new PlanDocument("hash", [], [], []);
        };

        await world.Gateway.WhileServingAsync(
            world.Console.PostAsync(
                $"/v1/spectroclusters/{uid}/plan",
                JsonNode.Parse(
                    """
                    {"generation":1,"machinePools":[{"op":"patch","name":"worker-pool","patch":{"size":3} }],
                     "upgrade":{"image":"custom/mine"},"packs":[{"name":"kubernetes",
                       "set":{"pack.serviceDomain":"cluster.local"} }]}
                    """
                )!,
                200
            )
        );

        var spec = Assert.Single(planned);
        Assert.Equal((3, "custom/mine", 2L), (spec.Workers.Single().Size, spec.Image.Value, spec.Generation));
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
    }

    [Fact]
    public async Task A_profile_that_was_changed_since_it_was_read_is_not_written_over()
    {
        await using var world = await World.MakeAsync();
        var path = $"/v1/clusterprofiles/{world.Profile}";
        var profile = await world.Console.GetAsync(path);
        var read = profile.GetProperty("metadata").GetProperty("lastModifiedTimestamp").GetString();
        await world.Console.PatchAsync($"{path}/packs/ubuntu-maas", new { set = new { image = "custom/mine" } }, 200);

        JsonElement[] refused =
        [
            await world.Console.PutAsync($"{path}?lastModifiedTimestamp={read}", new { }, 409),
            await world.Console.PatchAsync($"{path}/metadata?lastModifiedTimestamp={read}", new { }, 409),
        ];

        Assert.All(refused, one => Assert.Equal("GenerationOutdated", one.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_pack_of_a_profile_is_changed_in_its_draft_unless_the_profile_was_changed_since_it_was_read()
    {
        await using var world = await World.MakeAsync();
        var path = $"/v1/clusterprofiles/{world.Profile}";
        var read = (await world.Console.GetAsync(path)).GetProperty("metadata").GetProperty("lastModifiedTimestamp").GetString();

        var changed = await world.Console.PatchAsync(
            $"{path}/packs/ubuntu-maas?lastModifiedTimestamp={read}",
            new { set = new { image = "custom/mine" } },
            200
        );

        var draft = (await world.Console.GetAsync(path))
            .GetProperty("spec")
            .GetProperty("draft")
            .GetProperty("packs")
            .EnumerateArray();
        Assert.Contains(
            "image: custom/mine\n",
            draft.Single(pack => pack.GetProperty("name").GetString() is "ubuntu-maas").GetProperty("values").GetString(),
            StringComparison.Ordinal
        );
        Assert.NotEqual(read, changed.GetProperty("lastModifiedTimestamp").GetString());
        var outdated = await world.Console.PatchAsync(
            $"{path}/packs/ubuntu-maas?lastModifiedTimestamp={read}",
            new { set = new { image = "custom/other" } },
            409
        );
        Assert.Equal("GenerationOutdated", outdated.GetProperty("code").GetString());
    }

    private static async Task<JsonElement> PatchAsync(World world, string uid, string path, string json, int expected = 200) =>
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/{path}", JsonNode.Parse(json)!, expected);

    private static async Task<string> ValuesAsync(World world, string uid, string pack) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}"))
            .GetProperty("spec")
            .GetProperty("clusterProfileTemplates")
            .EnumerateArray()
            .SelectMany(template => template.GetProperty("packs").EnumerateArray())
            .Single(one => one.GetProperty("name").GetString() == pack)
            .GetProperty("values")
            .GetString()!;

    private static async Task<string> OldestKubernetesAsync(World world) =>
        (await world.Console.GetAsync("/v1/packs"))
            .GetProperty("items")
            .EnumerateArray()
            .Select(pack => pack.GetProperty("spec"))
            .Where(pack => pack.GetProperty("layer").GetString() is "k8s")
            .Select(pack => pack.GetProperty("version").GetString()!)
            .Order(StringComparer.Ordinal)
            .First();
}
