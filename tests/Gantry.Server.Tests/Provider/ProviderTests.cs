using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Provider;

/// <summary>
/// Each attribute of each resource of the Terraform provider is set, changed and unset by the provider's calls in their order. After
/// each apply, the resource reads as it is written, so that the next plan finds nothing to change; an attribute that this console
/// does not have ends the apply with its reason, and nothing has changed.
/// </summary>
public sealed class ProviderTests
{
    // Attribute, first value, second value, and what it is without one.
    private static readonly Dictionary<string, string[]> Rows = new()
    {
        ["cluster"] =
        [
            """tags  {"team":"blue"}  {"team":"red","cost":"spectro__tag"}  {}""",
            """description  "one"  "two"  "" """,
            """ntp_servers  ["ntp1.example"]  ["ntp2.example","10.0.0.1"]  []""",
            """ssh_keys  ["ssh-ed25519 AAAA me"]  ["ssh-ed25519 BBBB you"]  []""",
            """cluster_meta_attribute  "one"  "two"  "" """,
            """cluster_timezone  "Europe/Berlin"  "UTC"  "" """,
            """location_config  {"countryCode":"DE","geoLoc":{"latitude":52.5}}  {"countryCode":"FR"}  null""",
            """pool.count  2  3  1""",
            """pool.azs  ["rack-a"]  ["rack-b","rack-c"]  []""",
            """pool.node_tags  ["fast"]  ["slow"]  []""",
            """pool.resource_pool  "one"  "two"  "" """,
            """pool.min_cpu  4  8  0""",
            """pool.min_memory_mb  4096  8192  0""",
            """pool.additional_labels  {"tier":"gold"}  {"tier":"silver"}  {}""",
            """pool.additional_annotations  {"a":"b"}  {"c":"d"}  {}""",
            """pool.taints  [{"key":"a","value":"b","effect":"NoSchedule"}]  [{"key":"c","value":"d","effect":"NoExecute"}]  []""",
            """pool.update_strategy  "RollingUpdateScaleIn"  "RollingUpdateScaleOut"  "RollingUpdateScaleOut" """,
            """pool.node_repave_interval  60  120  0""",
        ],
        ["profile"] =
        [
            """tags  {"team":"blue"}  {"team":"red"}  {}""",
            """description  "one"  "two"  "" """,
            """version  "1.1.0"  "1.2.0"  "1.0.0" """,
            """values  "pack: { a: b }"  "pack: { c: d }"  "" """,
            """manifest  "{ apiVersion: v1, kind: One }"  "{ apiVersion: v1, kind: Two }"  "{ apiVersion: v1, kind: Base }" """,
        ],
        ["account"] = ["""name  "one"  "two"  "base" """],
        ["project"] =
        [
            """name  "one"  "two"  "base" """,
            """tags  {"team":"blue"}  {"team":"red"}  {}""",
            """description  "one"  "two"  "" """,
        ],
        ["addon"] = ["""profile  "first"  "second"  "none" """],
    };

    // Attribute, and a value that this console cannot carry out.
    private static readonly string[] Refused =
    [
        "namespaces  [{\"metadata\":{\"name\":\"a\"}}]",
        "cluster_rbac_binding  [{\"spec\":{\"bindings\":[]}}]",
        "os_patch_on_boot  true",
        "os_patch_schedule  \"0 1 * * *\"",
        "backup_policy  {\"schedule\":{\"scheduledRunTime\":\"0 1 * * *\"}}",
        "scan_policy  {\"kubeBench\":{\"schedule\":{\"scheduledRunTime\":\"0 1 * * *\"}}}",
        "host_config  {\"isHostCluster\":true}",
        "pause_agent_upgrades  \"lock\"",
        "enable_lxd_vm  true",
        "pool.override_kubeadm_configuration  \"kubeletExtraArgs: {}\"",
        "pool.skip_k8s_upgrade  \"enabled\"",
        "pool.max  5",
        "pool.network  {\"networkName\":\"a\"}",
    ];

    public static TheoryData<string> Resources => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Every_attribute_comes_to_rest_when_it_is_set_changed_and_unset(string resource)
    {
        await using var world = await World.MakeAsync();
        var player = await ProviderResource.OfAsync(world, resource);
        await player.CreateAsync();
        Assert.Empty(await player.PlanAsync());
        foreach (var row in Rows[resource].Select(row => row.Trim().Split("  ")))
        {
            foreach (var value in row.Skip(1))
            {
                Assert.Null(await player.ApplyAsync(row[0], JsonNode.Parse(value)));
                Assert.Empty(await player.PlanAsync());
            }
        }
    }

    [Fact]
    public async Task An_attribute_that_is_not_available_ends_the_apply_and_changes_nothing()
    {
        await using var world = await World.MakeAsync();
        var player = await ProviderResource.OfAsync(world, "cluster");
        await player.CreateAsync();
        var before = (await world.WantedAsync(player.Uid)).Generation;
        foreach (var row in Refused.Select(row => row.Split("  ")))
        {
            var failure = await player.ApplyAsync(row[0], JsonNode.Parse(row[1]));

            Assert.True(failure is not null, $"{row[0]} is accepted");
            Assert.StartsWith("400 ", failure, StringComparison.Ordinal);
            Assert.Contains("available", failure, StringComparison.Ordinal);
            Assert.Empty(await player.PlanAsync());
            Assert.Equal(before, (await world.WantedAsync(player.Uid)).Generation);
        }
    }

    [Fact]
    public async Task Attributes_that_are_not_available_are_taken_back_to_what_asks_for_nothing()
    {
        await using var world = await World.MakeAsync();
        var player = await ProviderResource.OfAsync(world, "cluster");
        await player.CreateAsync();
        foreach (
            var row in new[]
            {
                "namespaces  []",
                "cluster_rbac_binding  []",
                "os_patch_on_boot  false",
                "host_config  {\"isHostCluster\":false}",
                "pause_agent_upgrades  \"unlock\"",
            }.Select(row => row.Split("  "))
        )
        {
            Assert.Null(await player.ApplyAsync(row[0], JsonNode.Parse(row[1]), force: true));
        }
    }

    [Fact]
    public async Task Pools_are_added_and_removed()
    {
        await using var world = await World.MakeAsync();
        var player = await ProviderResource.OfAsync(world, "cluster");
        await player.CreateAsync();

        Assert.Null(await player.ApplyAsync("second_pool", JsonNode.Parse("2")));
        Assert.Empty(await player.PlanAsync());
        Assert.Null(await player.ApplyAsync("second_pool", null));
        Assert.Empty(await player.PlanAsync());
    }
}
