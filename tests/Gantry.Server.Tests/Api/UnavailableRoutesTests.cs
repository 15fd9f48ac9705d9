using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>
/// A write that this console has not answers 400 with the reason: clients take 404 for an object that is gone, and a pipeline would be
/// green without a backup.
/// </summary>
public sealed class UnavailableRoutesTests
{
    [Theory]
    [InlineData("POST", "features/backup", """{"backupName":"a"}""", "backups are not available")]
    [InlineData("PUT", "features/backup", """{"backupName":"a"}""", "backups are not available")]
    [InlineData("DELETE", "features/backup", null, "backups are not available")]
    [InlineData("POST", "features/backup/onDemand", """{"backupName":"a"}""", "backups are not available")]
    [InlineData("POST", "features/restore/onDemand", """{"backupName":"a"}""", "backups are not available")]
    [InlineData("PUT", "features/complianceScan", """{"kubeBench":{"schedule":{"a":"b"}}}""", "scans are not available")]
    [InlineData("POST", "features/complianceScan/onDemand", """{"kubeBench":{"runScan":true}}""", "scans are not available")]
    [InlineData("PUT", "config/namespaces", """{"namespaces":[{"metadata":{"name":"a"}}]}""", "kubectl")]
    [InlineData("PUT", "config/namespaces/a", """{"metadata":{"name":"a"}}""", "kubectl")]
    [InlineData("PUT", "config/rbacs", """{"rbacs":[{"spec":{}}]}""", "kubectl")]
    [InlineData("PATCH", "clusterConfig/osPatch", """{"osPatchConfig":{"patchOnBoot":true}}""", "patching of nodes")]
    [InlineData("PATCH", "clusterConfig/hostCluster", """{"hostClusterConfig":{"isHostCluster":true}}""", "no cluster hosts")]
    [InlineData("PATCH", "clusterConfig/lifecycleConfig", """{"lifecycleConfig":{"pause":true}}""", "not paused")]
    [InlineData(
        "PATCH",
        "clusterConfig/controlPlaneHealthCheckTimeout",
        """{"controlPlaneHealthCheckTimeout":"10m"}""",
        "gateway decides"
    )]
    [InlineData("PATCH", "variables", """[{"profileUid":"a","variables":[]}]""", "variables are not available")]
    [InlineData("POST", "upgrade/settings", """{"spectroComponents":"lock"}""", "write unlock")]
    [InlineData("PUT", "reset", null, "no such operation")]
    public async Task A_write_to_a_cluster_that_is_not_there_has_its_reason(
        string method,
        string route,
        string? body,
        string reason
    )
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var refused = await SendAsync(world, method, $"/v1/spectroclusters/{uid}/{route}", body, 400);

        Assert.Equal("NotAvailable", refused.GetProperty("code").GetString());
        Assert.Contains(reason, TestConsole.Message(refused), StringComparison.Ordinal);
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
    }

    [Theory]
    [InlineData("POST", "/v1/workspaces/x/clusterRbacs")]
    [InlineData("PUT", "/v1/cloudconfigs/maas/x/machinePools/y/machines/z/maintenance")]
    [InlineData("PUT", "/v1/users/info")]
    [InlineData("DELETE", "/v1/clusterprofiles")]
    [InlineData("POST", "/v1/clusterprofiles/x/clone")]
    [InlineData("POST", "/v1/nothing/here")]
    public async Task Any_other_write_is_refused_as_well(string method, string path)
    {
        await using var world = await World.MakeAsync();
        var refused = await SendAsync(world, method, path, "{}", 400);
        Assert.Equal("NotAvailable", refused.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("PUT", "config/namespaces", """{"namespaces":[]}""")]
    [InlineData("PUT", "config/rbacs", """{"rbacs":null}""")]
    [InlineData("PATCH", "clusterConfig/hostCluster", """{"hostClusterConfig":{"isHostCluster":false}}""")]
    [InlineData("PATCH", "variables", "[]")]
    [InlineData("POST", "upgrade/settings", """{"spectroComponents":"unlock"}""")]
    [InlineData(
        "PATCH",
        "clusterConfig/osPatch",
        """
            {"osPatchConfig":{"onDemandPatchAfter":"0001-01-01T00:00:00.000Z","patchOnBoot":false,"rebootIfRequired":false,"schedule":""}}
            """
    )]
    public async Task What_asks_for_nothing_is_granted_for_a_cluster_that_is_there(string method, string route, string body)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        await SendAsync(world, method, $"/v1/spectroclusters/{uid}/{route}", body, 204);
        await SendAsync(world, method, $"/v1/spectroclusters/other/{route}", body, 404);
    }

    [Fact]
    public async Task A_patch_schedule_in_which_everything_is_off_is_none()
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("demo");
        body["spec"]!["clusterConfig"]!["machineManagementConfig"] = JsonNode.Parse(
            """{"osPatchConfig":{"patchOnBoot":false,"rebootIfRequired":false,"schedule":"","onDemandPatchAfter":null}}"""
        );
        await world.Console.PostAsync("/v1/spectroclusters/maas", body);
    }

    [Fact]
    public async Task Reads_of_what_is_not_there_keep_their_answers()
    {
        await using var world = await World.MakeAsync();
        await TestConsole.ReadAsync(await world.Console.Client.GetAsync("/v1/nothing/here"), 404);
    }

    private static async Task<System.Text.Json.JsonElement> SendAsync(
        World world,
        string method,
        string path,
        string? body,
        int expected
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : JsonContent.Create(JsonNode.Parse(body));
        return await TestConsole.ReadAsync(await world.Console.Client.SendAsync(request), expected);
    }
}
