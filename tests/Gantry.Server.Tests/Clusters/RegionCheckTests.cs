using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

/// <summary>What a new cluster names and its region does not have is said at once, with what the region has.</summary>
public sealed class RegionCheckTests
{
    private static readonly AccountProperties Region = new(
        [new NamedId("1", "rack-a"), new NamedId("2", "rack-b")],
        [new NamedId("1", "default")],
        [new NamedId("1", "maas")],
        [],
        ["fast"],
        []
    )
    {
        Sizes = [new MachineSize(32, 16384, 100), new MachineSize(8, 65536, 100)],
    };

    [Fact]
    public async Task Names_that_the_region_does_not_have_are_refused_with_those_that_it_has()
    {
        await using var world = await MakeAsync();
        var body = world.Body("demo");
        var cloud = body["spec"]!["machinepoolconfig"]![1]!["cloudConfig"]!;
        cloud["azs"] = new JsonArray("rack-a", "rack-z");
        cloud["resourcePool"] = "ml";
        cloud["tags"] = new JsonArray("gpu");
        cloud["notTags"] = new JsonArray("old");
        body["spec"]!["cloudConfig"]!["domain"] = "other.example";

        var refused = await SendAsync(world, "/v1/spectroclusters/maas", body, 400);

        const string pool = "spec.machinepoolconfig[1].cloudConfig";
        Assert.Equal(
            ["spec.cloudConfig.domain", $"{pool}.azs[1]", $"{pool}.tags[0]", $"{pool}.notTags[0]", $"{pool}.resourcePool"],
            TestConsole.Fields(refused)
        );
        Assert.Contains(
            $"{pool}.azs[1]: the region has no zone 'rack-z'; it has rack-a, rack-b",
            TestConsole.Message(refused),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(64, 0, "instanceType.minCPU: no machine of the region has 64 CPUs; the largest has 32")]
    [InlineData(0, 131072, "instanceType.minMemInMB: no machine of the region has 131072 MiB of memory; the largest has 65536")]
    [InlineData(
        16,
        32768,
        "instanceType: no machine of the region has all of it; there are 32 CPUs with 16384 MiB and 100 GB, "
            + "8 CPUs with 65536 MiB and 100 GB"
    )]
    public async Task A_size_that_no_machine_has_fails_a_validation_and_warns_of_a_creation(int cpu, int memory, string problem)
    {
        await using var world = await MakeAsync();
        var body = world.Body("demo");
        body["spec"]!["machinepoolconfig"]![1]!["cloudConfig"]!["instanceType"] = new JsonObject
        {
            ["minCPU"] = cpu,
            ["minMemInMB"] = memory,
        };

        var validation = await SendAsync(world, "/v1/spectroclusters/maas/validate", body, 200);
        Assert.Contains(problem, validation.GetProperty("machinePools").GetRawText(), StringComparison.Ordinal);

        using var created = await world.Gateway.WhileServingAsync(
            world.Console.Client.PostAsJsonAsync("/v1/spectroclusters/maas", body)
        );
        Assert.Equal(201, (int)created.StatusCode);
        Assert.Contains(problem, Assert.Single(created.Headers.Warning).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_the_region_can_have_is_created_without_a_word()
    {
        await using var world = await MakeAsync();
        using var created = await world.Gateway.WhileServingAsync(
            world.Console.Client.PostAsJsonAsync("/v1/spectroclusters/maas", world.Body("demo"))
        );
        Assert.Equal(201, (int)created.StatusCode);
        Assert.Empty(created.Headers.Warning);
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_keeps_nobody_from_creating()
    {
        await using var world = await MakeAsync();
        world.Gateway.Answers = _ => new GatewayError("Unreachable", "MAAS does not answer");
        var body = world.Body("demo");
        body["spec"]!["machinepoolconfig"]![1]!["cloudConfig"]!["azs"] = new JsonArray("rack-z");

        await SendAsync(world, "/v1/spectroclusters/maas", body, 201);
    }

    private static async Task<World> MakeAsync()
    {
        var world = await World.MakeAsync(change: options => options with { RegionTimeout = TimeSpan.FromSeconds(25) });
        world.Gateway.Answers = request => request is GatewayRequest.ListProperties { WithSizes: true } ? Region : null;
        return world;
    }

    private static async Task<JsonElement> SendAsync(World world, string path, JsonObject body, int expected)
    {
        using var answer = await world.Gateway.WhileServingAsync(world.Console.Client.PostAsJsonAsync(path, body));
        return await TestConsole.ReadAsync(answer, expected);
    }
}
