using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Provider;

/// <summary><c>spectrocloud_cluster_profile</c> with the base layers and a manifest.</summary>
internal sealed class ProviderProfile(World world, JsonArray packs)
    : ProviderResource(
        world,
        Json(
                """
                {"tags":{},"description":"","version":"1.0.0","values":"","manifest":"{ apiVersion: v1, kind: Base }"}
                """
            )
            .AsObject()
    )
{
    public override async Task CreateAsync()
    {
        var body = new JsonObject
        {
            ["metadata"] = Metadata(),
            ["spec"] = new JsonObject { ["version"] = Given("version"), ["template"] = Template() },
        };
        Uid = (await SendAsync("POST", "/v1/clusterprofiles", body)).GetProperty("uid").GetString()!;
        await SendAsync("PATCH", $"/v1/clusterprofiles/{Uid}/publish");
    }

    protected override async Task UpdateAsync(Func<string, bool> hasChange)
    {
        var profile = $"/v1/clusterprofiles/{Uid}";
        await SendAsync("PUT", $"{profile}/variables", new JsonObject { ["variables"] = new JsonArray() });
        await GetAsync(profile);
        var template = Template();
        template.Remove("cloudType");
        await SendAsync(
            "PUT",
            profile,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "provider", ["uid"] = Uid },
                ["spec"] = new JsonObject { ["version"] = Given("version"), ["template"] = template },
            }
        );
        await SendAsync(
            "PATCH",
            $"{profile}/metadata",
            new JsonObject
            {
                ["metadata"] = Metadata(),
                ["spec"] = new JsonObject { ["version"] = Given("version") },
            }
        );
        await SendAsync("PATCH", $"{profile}/publish");
    }

    protected override async Task<JsonObject> ReadAsync()
    {
        var profile = await GetAsync($"/v1/clusterprofiles/{Uid}");
        var published = profile["spec"]!["published"]!;
        var manifests = await GetAsync($"/v1/clusterprofiles/{Uid}/packs/extra/manifests");
        await GetAsync($"/v1/clusterprofiles/{Uid}/variables");
        return new JsonObject
        {
            ["tags"] = profile["metadata"]!["labels"]?.DeepClone() ?? new JsonObject(),
            ["description"] = profile["metadata"]!["annotations"]?["description"]?.DeepClone() ?? "",
            ["version"] = published["profileVersion"]!.DeepClone(),
            ["values"] = published["packs"]![4]!["values"]!.DeepClone(),
            ["manifest"] = manifests["items"]![0]!["spec"]!["published"]!["content"]!.DeepClone(),
        };
    }

    private JsonObject Metadata() =>
        WithoutEmptyMaps(
            new JsonObject
            {
                ["name"] = "provider",
                ["labels"] = Given("tags"),
                ["annotations"] = new JsonObject { ["description"] = Given("description") },
            }
        );

    private JsonObject Template()
    {
        var layers = packs.DeepClone().AsArray();
        layers.Add(
            new JsonObject
            {
                ["name"] = "extra",
                ["type"] = "manifest",
                ["uid"] = "spectro-manifest-pack",
                ["values"] = Given("values"),
                ["manifests"] = new JsonArray(new JsonObject { ["name"] = "one", ["content"] = Given("manifest") }),
            }
        );
        return new JsonObject
        {
            ["cloudType"] = "maas",
            ["type"] = "cluster",
            ["packs"] = layers,
        };
    }
}

/// <summary><c>spectrocloud_cloudaccount_maas</c>.</summary>
internal sealed class ProviderAccount(World world) : ProviderResource(world, Json("""{"name":"base"}""").AsObject())
{
    public override async Task CreateAsync() =>
        Uid = (await SendAsync("POST", "/v1/cloudaccounts/maas", Body())).GetProperty("uid").GetString()!;

    protected override Task UpdateAsync(Func<string, bool> hasChange) =>
        SendAsync("PUT", $"/v1/cloudaccounts/maas/{Uid}", Body());

    protected override async Task<JsonObject> ReadAsync()
    {
        var account = await GetAsync($"/v1/cloudaccounts/maas/{Uid}");
        Assert.Equal(World.Gateway.Uid, (string?)account["metadata"]!["annotations"]!["overlordUid"]);
        Assert.Equal("http://other:5240/MAAS", (string?)account["spec"]!["apiEndpoint"]);
        return new JsonObject { ["name"] = account["metadata"]!["name"]!.DeepClone() };
    }

    private JsonObject Body() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = Given("name"),
                ["uid"] = Uid,
                ["annotations"] = new JsonObject { ["overlordUid"] = World.Gateway.Uid },
            },
            ["spec"] = Json("""{"apiEndpoint":"http://other:5240/MAAS","apiKey":"a:b:c"}"""),
        };
}

/// <summary><c>spectrocloud_project</c>.</summary>
internal sealed class ProviderProject(World world)
    : ProviderResource(world, Json("""{"name":"base","tags":{},"description":""}""").AsObject())
{
    public override async Task CreateAsync() =>
        Uid = (await SendAsync("POST", "/v1/projects", Body())).GetProperty("uid").GetString()!;

    protected override Task UpdateAsync(Func<string, bool> hasChange) => SendAsync("PUT", $"/v1/projects/{Uid}", Body());

    protected override async Task<JsonObject> ReadAsync()
    {
        var metadata = (await GetAsync($"/v1/projects/{Uid}"))["metadata"]!;
        return new JsonObject
        {
            ["name"] = metadata["name"]!.DeepClone(),
            ["tags"] = metadata["labels"]?.DeepClone() ?? new JsonObject(),
            ["description"] = metadata["annotations"]?["description"]?.DeepClone() ?? "",
        };
    }

    private JsonObject Body() =>
        new()
        {
            ["metadata"] = WithoutEmptyMaps(
                new JsonObject
                {
                    ["name"] = Given("name"),
                    ["uid"] = Uid,
                    ["labels"] = Given("tags"),
                    ["annotations"] = new JsonObject { ["description"] = Given("description") },
                }
            ),
        };
}

/// <summary><c>spectrocloud_addon_deployment</c>: one profile of manifests on a cluster.</summary>
internal sealed class ProviderAddon(World world) : ProviderResource(world, Json("""{"profile":"none"}""").AsObject())
{
    private readonly Dictionary<string, string> _profiles = [];

    public override async Task CreateAsync()
    {
        Uid = await World.CreateClusterAsync("demo");
        foreach (var name in new[] { "first", "second" })
        {
            var body = new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name },
                ["spec"] = Json(
                    """
                    {"version":"1.0.0","template":{"cloudType":"all","type":"add-on","packs":[{"name":"extra","type":"manifest",
                     "uid":"spectro-manifest-pack","manifests":[{"name":"one","content":"{ apiVersion: v1, kind: One }"}]}]}}
                    """
                ),
            };
            _profiles[name] = (await SendAsync("POST", "/v1/clusterprofiles?publish=true", body)).GetProperty("uid").GetString()!;
        }
    }

    protected override async Task UpdateAsync(Func<string, bool> hasChange)
    {
        var attached = (string?)(await ReadAsync())["profile"];
        var wanted = (string)Attributes["profile"]!;
        await GetAsync($"/v1/spectroclusters/{Uid}");
        if (wanted is "none")
        {
            await SendAsync(
                "DELETE",
                $"/v1/spectroclusters/{Uid}/profiles",
                new JsonObject { ["profileUids"] = new JsonArray(_profiles[attached!]) }
            );
            return;
        }

        var choice = new JsonObject
        {
            ["uid"] = _profiles[wanted],
            ["packValues"] = new JsonArray(),
            ["variables"] = new JsonArray(),
        };
        if (attached is not "none")
        {
            choice["replaceWithProfile"] = _profiles[attached!];
        }

        await SendAsync(
            "PATCH",
            $"/v1/spectroclusters/{Uid}/profiles?resolveNotification=true",
            new JsonObject
            {
                ["profiles"] = new JsonArray(choice),
                ["spcApplySettings"] = Json("""{"actionType":"DownloadAndInstall"}"""),
            }
        );
    }

    protected override async Task<JsonObject> ReadAsync()
    {
        var cluster = await GetAsync($"/v1/spectroclusters/{Uid}");
        Assert.True((bool?)cluster["status"]!["spcApply"]!["canBeApplied"]);
        var names = cluster["spec"]!["clusterProfileTemplates"]!.AsArray().Select(one => (string?)one!["name"]).ToList();
        return new JsonObject { ["profile"] = names.Find(_profiles.ContainsKey!) ?? "none" };
    }
}
