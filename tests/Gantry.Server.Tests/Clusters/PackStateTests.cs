using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

/// <summary>The packs of a cluster, for which clients wait that attach an add-on profile.</summary>
public sealed class PackStateTests
{
    private const string Manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n";

    [Fact]
    public async Task An_attached_profile_is_waited_for_until_its_packs_are_applied()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var addon = await AddonAsync(world);
        await ReportAsync(world, uid, Met("AddonsApplied"));
        Assert.Equal(("Ready", "True"), await StateAsync(world, uid, world.Profile, "cni-flannel"));

        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/profiles", new { profiles = new[] { new { uid = addon } } });
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, addon, "web"));
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, world.Profile, "cni-flannel"));

        await ReportAsync(world, uid, Unmet("AddonsApplied", "Pending"));
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, addon, "web"));
        await ReportAsync(world, uid, Unmet("AddonsApplied", Reasons.AddonsFailed));
        Assert.Equal(("Error", "True"), await StateAsync(world, uid, addon, "web"));
        await ReportAsync(world, uid, Met("AddonsApplied"));
        Assert.Equal(("Ready", "True"), await StateAsync(world, uid, addon, "web"));
    }

    [Fact]
    public async Task The_layers_of_the_machines_are_ready_when_every_machine_is_as_they_say()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, world.Profile, "kubernetes"));

        await ReportAsync(world, uid, Met("ControlPlaneReady"), Met("NodesReady"), Unmet("UpToDate", Reasons.Rolling));
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, world.Profile, "kubernetes"));
        Assert.Equal(("Ready", "False"), await StateAsync(world, uid, world.Profile, "ubuntu-maas"));

        await ReportAsync(world, uid, Met("ControlPlaneReady"), Met("NodesReady"), Met("UpToDate"));
        Assert.Equal(("Ready", "True"), await StateAsync(world, uid, world.Profile, "kubernetes"));
    }

    [Fact]
    public async Task Overview_search_and_the_profiles_of_a_cluster_name_its_packs()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var layers = new[] { "os", "k8s", "cni", "csi" };

        var overview = await world.Console.GetAsync($"/v1/dashboard/spectroclusters/{uid}/overview");
        Assert.Equal(layers, Layers(overview.GetProperty("spec").GetProperty("clusterProfileTemplates")[0]));
        Assert.Equal(4, overview.GetProperty("status").GetProperty("packs").GetArrayLength());
        var found = await world.Console.PostAsync("/v1/dashboard/spectroclusters/search", new { }, 200);
        var summary = found.GetProperty("items")[0].GetProperty("specSummary");
        Assert.Equal(layers, Layers(summary.GetProperty("clusterProfileTemplates")[0]));
        Assert.Equal(layers, Layers(summary.GetProperty("clusterProfileTemplate")));

        var profile = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/profiles")).GetProperty("profiles")[0];
        Assert.Equal(world.Profile, profile.GetProperty("metadata").GetProperty("uid").GetString());
        Assert.Equal("infra", profile.GetProperty("spec").GetProperty("type").GetString());
        var packs = profile.GetProperty("spec").GetProperty("packs").EnumerateArray().Select(pack => pack.GetProperty("spec"));
        Assert.Equal(layers, packs.Select(pack => pack.GetProperty("layer").GetString()));
    }

    private static IEnumerable<string?> Layers(JsonElement template) =>
        template.GetProperty("packs").EnumerateArray().Select(pack => pack.GetProperty("layer").GetString());

    private static async Task<(string? Type, string? Status)> StateAsync(World world, string uid, string profile, string pack)
    {
        var packs = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("status").GetProperty("packs");
        var condition = packs
            .EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == pack && one.GetProperty("profileUid").GetString() == profile)
            .GetProperty("condition");
        return (condition.GetProperty("type").GetString(), condition.GetProperty("status").GetString());
    }

    private static async Task ReportAsync(World world, string uid, params ClusterCondition[] conditions)
    {
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with
            {
                Conditions = [.. conditions],
            }
        );
    }

    private static ClusterCondition Met(string type) => new(type, ConditionStatus.True, "Met", "", DateTimeOffset.UnixEpoch);

    private static ClusterCondition Unmet(string type, string reason) =>
        new(type, ConditionStatus.False, reason, "web: it is refused.", DateTimeOffset.UnixEpoch);

    private static async Task<string> AddonAsync(World world)
    {
        var pack = new JsonObject
        {
            ["name"] = "web",
            ["type"] = "manifest",
            ["layer"] = "addon",
            ["manifests"] = new JsonArray(new JsonObject { ["name"] = "web", ["content"] = Manifest }),
        };
        var created = await world.Console.PostAsync(
            "/v1/clusterprofiles?publish=true",
            new { metadata = new { name = "web" }, spec = new { template = new { type = "add-on", packs = new[] { pack } } } }
        );
        return created.GetProperty("uid").GetString()!;
    }
}
