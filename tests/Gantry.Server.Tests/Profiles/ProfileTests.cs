using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Tests.Profiles;

public sealed class ProfileTests
{
    [Fact]
    public async Task A_profile_is_readable_in_the_order_that_Terraform_reads_it()
    {
        await using var world = await World.MakeAsync();

        var profile = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}");
        var published = profile.GetProperty("spec").GetProperty("published");
        Assert.Equal("maas", published.GetProperty("cloudType").GetString());
        Assert.Equal("infra", published.GetProperty("type").GetString());
        Assert.Equal("1.0.0", published.GetProperty("profileVersion").GetString());
        Assert.Equal(
            ["os", "k8s", "cni", "csi"],
            published.GetProperty("packs").EnumerateArray().Select(pack => pack.GetProperty("layer").GetString())
        );
        Assert.Equal(
            "[]",
            (await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}/variables")).GetProperty("variables").GetRawText()
        );
        foreach (var pack in published.GetProperty("packs").EnumerateArray())
        {
            var tags = await world.Console.GetAsync($"/v1/packs/{pack.GetProperty("packUid").GetString()}");
            Assert.Equal(pack.GetProperty("registryUid").GetString(), tags.GetProperty("registryUid").GetString());
        }

        var listed = (await world.Console.GetAsync("/v1/dashboard/clusterprofiles/metadata")).GetProperty("items")[0];
        Assert.Equal("lab-infra", listed.GetProperty("metadata").GetProperty("name").GetString());
        Assert.Equal("1.0.0", listed.GetProperty("spec").GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("tag", "1.30.0", 400)]
    [InlineData("name", "ubuntu-maas", 400)]
    [InlineData("tag", "1.37.x", 204)]
    [InlineData("tag", "", 204)]
    public async Task A_pack_whose_name_or_tag_contradicts_its_uid_is_refused(string field, string value, int expected)
    {
        await using var world = await World.MakeAsync();
        var read = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}");
        var packs = new JsonArray([
            .. read.GetProperty("spec")
                .GetProperty("published")
                .GetProperty("packs")
                .EnumerateArray()
                .Select(pack => new JsonObject
                {
                    ["name"] = pack.GetProperty("name").GetString(),
                    ["tag"] = pack.GetProperty("tag").GetString(),
                    ["uid"] = pack.GetProperty("packUid").GetString(),
                }),
        ]);
        packs[1]![field] = value;
        var body = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["template"] = new JsonObject { ["type"] = "infra", ["packs"] = packs },
            },
        };

        var answer = await world.Console.PutAsync($"/v1/clusterprofiles/{world.Profile}", body, expected);

        if (expected is 400)
        {
            Assert.Equal(["spec.template.packs[1]"], TestConsole.Fields(answer));
            Assert.Contains("and its uid is that of kubernetes 1.37.", TestConsole.Message(answer), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Packs_are_found_by_the_filters_that_Terraform_sends()
    {
        await using var console = await TestConsole.StartAsync();
        var any = (await console.GetAsync("/v1/packs"))
            .GetProperty("items")
            .EnumerateArray()
            .First(pack => pack.GetProperty("spec").GetProperty("layer").GetString() is "k8s");
        var name = any.GetProperty("spec").GetProperty("name").GetString();
        var version = any.GetProperty("spec").GetProperty("version").GetString();
        var uid = any.GetProperty("metadata").GetProperty("uid").GetString();

        foreach (
            var filter in new[]
            {
                $"spec.name={name}ANDspec.version={version}ANDspec.cloudTypes_in_maas,all",
                $"metadata.uid={uid}",
            }
        )
        {
            var found = await console.GetAsync($"/v1/packs?filters={Uri.EscapeDataString(filter)}");
            Assert.Equal(
                uid,
                Assert.Single(found.GetProperty("items").EnumerateArray()).GetProperty("metadata").GetProperty("uid").GetString()
            );
        }

        var registry = (await console.GetAsync("/v1/registries/metadata?scope=all")).GetProperty("items")[0];
        Assert.Equal("Public Repo", registry.GetProperty("name").GetString());
        var tags = await console.GetAsync($"/v1/packs/{name}/registries/{registry.GetProperty("uid").GetString()}");
        Assert.Contains(tags.GetProperty("tags").EnumerateArray(), tag => tag.GetProperty("version").GetString() == version);
        var searched = await console.PostAsync("/v1/packs/search", new { filter = new { name = new { eq = name } } }, 200);
        Assert.Single(searched.GetProperty("items").EnumerateArray());
        Assert.True(
            (await console.GetAsync($"/v1/registries/pack/{registry.GetProperty("uid").GetString()}/sync/status"))
                .GetProperty("isSyncSupported")
                .GetBoolean()
        );
    }

    [Fact]
    public async Task A_draft_reaches_new_clusters_only_once_it_is_published_and_running_ones_never()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var profile = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}");
        var packs = Packs(profile);
        packs.Add(Manifest("first"));
        await world.Console.PutAsync($"/v1/clusterprofiles/{world.Profile}", Update(packs, "cluster"));

        var draft = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}");
        Assert.Equal(4, draft.GetProperty("spec").GetProperty("published").GetProperty("packs").GetArrayLength());
        Assert.Equal(5, draft.GetProperty("spec").GetProperty("draft").GetProperty("packs").GetArrayLength());
        using var publish = await world.Console.Client.PatchAsync($"/v1/clusterprofiles/{world.Profile}/publish", null);
        Assert.Equal(204, (int)publish.StatusCode);

        var manifests = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}/packs/extra/manifests");
        Assert.Contains(
            "first",
            manifests.GetProperty("items")[0].GetProperty("spec").GetProperty("published").GetProperty("content").GetString()
        );
        var cluster = await world.Console.GetAsync($"/v1/spectroclusters/{uid}");
        Assert.Equal(
            4,
            cluster.GetProperty("spec").GetProperty("clusterProfileTemplates")[0].GetProperty("packs").GetArrayLength()
        );
    }

    [Fact]
    public async Task A_profile_in_use_cannot_be_deleted()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{world.Profile}", 409);

        var used = await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}");
        Assert.Equal(uid, used.GetProperty("status").GetProperty("inUseClusterUids")[0].GetString());
        var unused = await world.CreateProfileAsync("unused");
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{unused}");
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{unused}", 404);
    }

    [Fact]
    public async Task A_clusters_copy_of_a_profile_stays_readable_after_the_profile_was_edited_and_deleted()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var made = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/profiles")).GetRawText();
        var packs = Packs(await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}"));
        packs.Add(Manifest("first"));
        await world.Console.PutAsync($"/v1/clusterprofiles/{world.Profile}", Update(packs, "cluster"));
        await world.Console.PatchAsync($"/v1/clusterprofiles/{world.Profile}/publish");
        Assert.Equal(made, (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/profiles")).GetRawText());

        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{world.Profile}");
        Assert.Equal(made, (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/profiles")).GetRawText());
    }

    [Fact]
    public async Task Clusters_of_one_profile_share_its_content_until_one_has_values_of_its_own()
    {
        await using var world = await World.MakeAsync();
        await world.CreateClusterAsync("one");
        var other = await world.CreateClusterAsync("other");
        Assert.Equal(1, await ContentsAsync(world));

        var storage = Packs(await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}"))
            .Single(pack => (string?)pack!["name"] is "csi-local-path")!;
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{other}/profiles",
            new
            {
                profiles = new[]
                {
                    new
                    {
                        uid = world.Profile,
                        packValues = new[] { new { name = "csi-local-path", values = $"{storage["values"]}\n# our own\n" } },
                    },
                },
            }
        );
        Assert.Equal(2, await ContentsAsync(world));
    }

    [Fact]
    public async Task A_profile_that_lacks_a_layer_or_names_an_unknown_pack_is_refused_with_what_there_is()
    {
        await using var world = await World.MakeAsync();
        var three = Packs(await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}"));
        three.RemoveAt(0);

        var lacking = await world.Console.PostAsync("/v1/clusterprofiles", Create("three", three), 400);
        Assert.Contains("has 0 packs of layer os", lacking.GetProperty("message").GetString());
        var unknown = await world.Console.PostAsync(
            "/v1/clusterprofiles",
            Create("unknown", new JsonArray(new JsonObject { ["name"] = "windows", ["tag"] = "11" })),
            400
        );
        Assert.Contains("'windows'; there is:", unknown.GetProperty("message").GetString());
        await world.Console.PostAsync(
            "/v1/clusterprofiles",
            Create("lab-infra", Packs(await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}"))),
            409
        );
    }

    private static async Task<int> ContentsAsync(World world)
    {
        await using var store = world.Console.OpenStore();
        return await store.ProfileContents.CountAsync(TestContext.Current.CancellationToken);
    }

    private static JsonArray Packs(JsonElement profile) =>
        new([
            .. profile
                .GetProperty("spec")
                .GetProperty("published")
                .GetProperty("packs")
                .EnumerateArray()
                .Select(pack =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = pack.GetProperty("name").GetString(),
                            ["uid"] = pack.GetProperty("packUid").GetString(),
                            ["tag"] = pack.GetProperty("tag").GetString(),
                            ["values"] = pack.GetProperty("values").GetString(),
                        }
                ),
        ]);

    private static JsonObject Manifest(string content) =>
        new()
        {
            ["name"] = "extra",
            ["type"] = "manifest",
            ["uid"] = "spectro-manifest-pack",
            ["manifests"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "namespace",
                    ["content"] = $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {content}\n",
                }
            ),
        };

    private static object Create(string name, JsonArray packs) =>
        new
        {
            metadata = new { name },
            spec = new
            {
                version = "1.0.0",
                template = new
                {
                    cloudType = "maas",
                    type = "infra",
                    packs,
                },
            },
        };

    private static object Update(JsonArray packs, string type) =>
        new { metadata = new { name = "lab-infra" }, spec = new { template = new { type, packs } } };
}
