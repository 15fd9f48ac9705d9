using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>Lists and searches that scripts begin with.</summary>
public sealed class PublicListTests
{
    [Fact]
    public async Task Clusters_are_listed_by_page_and_by_name_without_deleted_ones()
    {
        await using var world = await World.MakeAsync();
        foreach (var name in (string[])["a", "b", "c"])
        {
            await world.CreateClusterAsync(name);
        }

        await world.Console.DeleteAsync($"/v1/spectroclusters/{await UidAsync(world, "b")}");
        var gone = await UidAsync(world, "b");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(gone, ClusterPhase.Deleted));

        Assert.Equal(["a", "c"], Names(await world.Console.GetAsync("/v1/spectroclusters")));
        Assert.Equal(["c"], Names(await world.Console.GetAsync("/v1/spectroclusters?name=c")));
        Assert.Equal(["c"], Names(await world.Console.GetAsync("/v1/spectroclusters?filters=metadata.name=c")));
        Assert.Equal(["c", "a"], Names(await world.Console.GetAsync("/v1/spectroclusters?orderBy=metadata.name=-1")));
        var first = await world.Console.GetAsync("/v1/spectroclusters?limit=1");
        Assert.Equal(["a"], Names(first));
        var more = first.GetProperty("listmeta").GetProperty("continue").GetString();
        var next = await world.Console.GetAsync($"/v1/spectroclusters?limit=1&continue={more}");
        Assert.Equal(["c"], Names(next));
        Assert.Equal(4, next.GetProperty("items")[0].GetProperty("status").GetProperty("packs").GetArrayLength());
    }

    [Fact]
    public async Task Profiles_are_listed_and_searched_with_their_versions_and_users()
    {
        await using var world = await World.MakeAsync();
        var rc = await world.CreateProfileAsync("lab-infra", "1.1.0-rc.1");
        await world.CreateProfileAsync("other");
        var uid = await world.CreateClusterAsync("demo");

        var listed = await world.Console.GetAsync("/v1/clusterprofiles?name=lab-infra");
        Assert.Equal([world.Profile, rc], Uids(listed));
        Assert.Equal(
            ["1.0.0", "1.1.0-rc.1"],
            listed.GetProperty("items")[0].GetProperty("spec").GetProperty("versions").EnumerateArray().Select(Version)
        );
        Assert.Equal(3, (await world.Console.GetAsync("/v1/clusterprofiles")).GetProperty("items").GetArrayLength());

        Assert.Equal([world.Profile, rc], await SearchAsync(new { profileName = new { eq = "lab-infra" } }));
        Assert.Equal([rc], await SearchAsync(new { version = new { beginsWith = "1.1" } }));
        Assert.Empty(await SearchAsync(new { profileType = new[] { "add-on" } }));
        Assert.Empty(await SearchAsync(new { scope = "tenant" }));
        Assert.Empty(await SearchAsync(new { tags = new { eq = new[] { "gold" } } }));
        var sorted = await world.Console.PostAsync(
            "/v1/dashboard/clusterprofiles?limit=1",
            new { sort = new[] { new { field = "profileName", order = "desc" } } },
            200
        );
        Assert.Equal(["other"], Names(sorted));
        await world.Console.PostAsync("/v1/dashboard/clusterprofiles", new { sort = new[] { new { field = "colour" } } }, 400);

        var found = await world.Console.PostAsync("/v1/dashboard/clusterprofiles", new { }, 200);
        var summary = found.GetProperty("items")[0];
        Assert.Equal(uid, summary.GetProperty("status").GetProperty("inUseClusterUids")[0].GetString());
        Assert.Equal(4, summary.GetProperty("specSummary").GetProperty("published").GetProperty("packs").GetArrayLength());

        async Task<IEnumerable<string?>> SearchAsync(object filter) =>
            Uids(await world.Console.PostAsync("/v1/dashboard/clusterprofiles", new { filter }, 200));
    }

    [Fact]
    public async Task Projects_are_listed_and_searched_with_the_health_of_their_clusters()
    {
        await using var world = await World.MakeAsync();
        await world.Console.PostAsync("/v1/projects", new { metadata = new { name = "other" } });
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.UnHealthy));

        Assert.Equal(["Default", "other"], Names(await world.Console.GetAsync("/v1/projects")));
        Assert.Equal(["other"], Names(await world.Console.GetAsync("/v1/projects?name=other")));
        var found = await world.Console.PostAsync(
            "/v1/dashboard/projects",
            new { filter = new { name = new { ne = "other" } } },
            200
        );
        Assert.Equal(["Default"], Names(found));
        var health = found.GetProperty("items")[0].GetProperty("status").GetProperty("clustersHealth");
        Assert.Equal((0, 1, 1), (Number(health, "healthy"), Number(health, "unhealthy"), Number(health, "running")));
    }

    [Fact]
    public async Task Packs_of_a_profile_readme_logo_and_the_properties_of_a_search_are_told()
    {
        await using var world = await World.MakeAsync();

        var packs = (await world.Console.GetAsync($"/v1/clusterprofiles/{world.Profile}/packs")).GetProperty("items");
        Assert.Equal(4, packs.GetArrayLength());
        foreach (var pack in packs.EnumerateArray().Select(pack => pack.GetProperty("metadata").GetProperty("uid").GetString()))
        {
            Assert.StartsWith("# ", (await world.Console.GetAsync($"/v1/packs/{pack}/readme")).GetProperty("readme").GetString());
            using var logo = await world.Console.Client.GetAsync($"/v1/packs/{pack}/logo");
            Assert.Equal("image/png", logo.Content.Headers.ContentType?.MediaType);
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await logo.Content.ReadAsByteArrayAsync())[..4]);
        }

        var properties = (await world.Console.GetAsync("/v1/dashboard/spectroclusters/search/schema"))
            .GetProperty("schema")
            .GetProperty("properties");
        foreach (var property in properties.EnumerateArray().Where(one => one.GetProperty("type").GetString() is "string"))
        {
            var time = property.GetProperty("name").GetString()!.EndsWith("Timestamp", StringComparison.Ordinal);
            var filter = new
            {
                property = property.GetProperty("name").GetString(),
                condition = new
                {
                    @string = new
                    {
                        @operator = "eq",
                        match = new { values = new[] { time ? "2030-01-31T12:00:00.000Z" : "x" } },
                    },
                },
            };
            await world.Console.PostAsync(
                "/v1/dashboard/spectroclusters/search",
                new { filter = new { filterGroups = new[] { new { filters = new[] { filter } } } } },
                200
            );
        }

        Assert.Contains("Running", properties.EnumerateArray().Single(IsState).GetProperty("enum").GetRawText());

        static bool IsState(JsonElement property) => property.GetProperty("name").GetString() is "clusterState";
    }

    [Fact]
    public async Task A_layer_of_manifests_without_a_tag_is_given_back_without_one()
    {
        await using var world = await World.MakeAsync();
        var pack = new
        {
            name = "web",
            type = "manifest",
            manifests = new[] { new { name = "web", content = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n" } },
        };
        var created = await world.Console.PostAsync(
            "/v1/clusterprofiles",
            new { metadata = new { name = "web" }, spec = new { template = new { type = "add-on", packs = new[] { pack } } } }
        );

        var read = await world.Console.GetAsync($"/v1/clusterprofiles/{created.GetProperty("uid").GetString()}");

        Assert.Equal("", read.GetProperty("spec").GetProperty("draft").GetProperty("packs")[0].GetProperty("tag").GetString());
    }

    [Theory]
    [InlineData("1.2.3-rc.1", 201)]
    [InlineData("1.2.3-alpha.1+build.7", 201)]
    [InlineData("1.2", 400)]
    [InlineData("1.2.3-", 400)]
    [InlineData("v1.2.3", 400)]
    public async Task Versions_of_profiles_may_have_a_prerelease(string version, int expected)
    {
        await using var console = await TestConsole.StartAsync();

        await console.PostAsync(
            "/v1/clusterprofiles",
            new
            {
                metadata = new { name = "p" },
                spec = new { version, template = new { type = "add-on", packs = Array.Empty<object>() } },
            },
            expected
        );
    }

    private static async Task<string> UidAsync(World world, string name)
    {
        var all = await world.Console.PostAsync("/v1/dashboard/spectroclusters/search", new { }, 200);
        return all.GetProperty("items")
            .EnumerateArray()
            .Select(item => item.GetProperty("metadata"))
            .Single(meta => meta.GetProperty("name").GetString() == name)
            .GetProperty("uid")
            .GetString()!;
    }

    private static IEnumerable<string?> Names(JsonElement list) => Metadata(list, "name");

    private static IEnumerable<string?> Uids(JsonElement list) => Metadata(list, "uid");

    private static IEnumerable<string?> Metadata(JsonElement list, string field) =>
        list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("metadata").GetProperty(field).GetString());

    private static string? Version(JsonElement version) => version.GetProperty("version").GetString();

    private static int Number(JsonElement health, string name) => health.GetProperty(name).GetInt32();
}
