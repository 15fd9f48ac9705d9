using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>
/// Values that would fail only on a machine, or be misread, are refused in the request, by the name of their field.
/// </summary>
public sealed class RefusedFieldsTests
{
    [Fact]
    public async Task Texts_of_a_cluster_that_no_machine_can_use_are_refused_by_field()
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("demo");
        var spec = body["spec"]!;
        spec["cloudConfig"]!["sshKeys"] = new JsonArray(
            "not a key",
            "ssh-ed25519 AAAA me\nssh-rsa BBBB you",
            "ssh-ed25519 AAAA me"
        );
        spec["cloudConfig"]!["ntpServers"] = new JsonArray(
            "ntp one",
            "ntp.example\nrm -rf",
            "ntp.example",
            "10.0.0.1",
            "fd00::1"
        );
        spec["clusterConfig"]!["timezone"] = "Mars/X";
        spec["clusterConfig"]!["location"] = 5;
        spec["machinepoolconfig"]![1]!["poolConfig"]!["labels"] = new JsonArray("x");

        var refused = await world.Console.PostAsync("/v1/spectroclusters/maas", body, 400);

        Assert.Equal(
            [
                "spec.cloudConfig.ntpServers[0]",
                "spec.cloudConfig.ntpServers[1]",
                "spec.cloudConfig.sshKeys[0]",
                "spec.cloudConfig.sshKeys[1]",
                "spec.clusterConfig.location",
                "spec.clusterConfig.timezone",
                "spec.machinepoolconfig[1].poolConfig.labels",
            ],
            Fields(refused).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Time_zones_keys_and_servers_that_exist_are_taken()
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("demo");
        body["spec"]!["cloudConfig"]!["sshKeys"] = new JsonArray(
            "ecdsa-sha2-nistp256 AAAAE2VjZHNh= a b",
            "ssh-rsa AAAAB3Nza+/=="
        );
        body["spec"]!["cloudConfig"]!["ntpServers"] = new JsonArray("ntp.example", "10.0.0.1");
        body["spec"]!["clusterConfig"]!["timezone"] = "Europe/Berlin";
        body["spec"]!["clusterConfig"]!["location"] = new JsonObject { ["countryCode"] = "DE" };
        await world.Console.PostAsync("/v1/spectroclusters/maas", body);
    }

    [Fact]
    public async Task An_empty_update_of_a_cloud_account_is_refused_and_changes_nothing()
    {
        await using var world = await World.MakeAsync();
        using var response = await world.Console.Client.PutAsync($"/v1/cloudaccounts/maas/{world.Account}", Json("{}"));
        Assert.Equal(["body"], Fields(await TestConsole.ReadAsync(response, 400)));
    }

    [Theory]
    [InlineData("/v1/apiKeys")]
    [InlineData("/v1/overlords")]
    [InlineData("/v1/dashboard/projects/metadata")]
    [InlineData("/v1/dashboard/clusterprofiles/metadata")]
    [InlineData("/v1/dashboard/cloudaccounts/metadata")]
    [InlineData("/v1/events/components")]
    public async Task Every_list_refuses_limits_and_offsets_that_are_none(string list)
    {
        await using var world = await World.MakeAsync();
        foreach (
            var (query, message) in new[]
            {
                ("limit=abc", "limit: 'abc' cannot be read; write a whole number"),
                ("limit=-1", "limit: -1 is negative; write 1 to 50, or 0 for everything"),
                ("offset=-1", "offset: -1 is negative"),
                ("offset=x", "offset: 'x' cannot be read; write a whole number"),
            }
        )
        {
            var body = await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"{list}?{query}"), 400);
            Assert.Equal(message, body.GetProperty("message").GetString());
        }
    }

    [Fact]
    public async Task A_list_that_clients_read_as_a_whole_is_whole_until_a_limit_is_asked_for()
    {
        await using var world = await World.MakeAsync();
        for (var number = 0; number < 60; number++)
        {
            await world.Console.PostAsync("/v1/projects", new { metadata = new { name = $"p{number}" } });
        }

        Assert.Equal(61, (await world.Console.GetAsync("/v1/dashboard/projects/metadata")).GetProperty("items").GetArrayLength());
        Assert.Equal(
            2,
            (await world.Console.GetAsync("/v1/dashboard/projects/metadata?limit=2")).GetProperty("items").GetArrayLength()
        );
    }

    [Theory]
    [InlineData("", "body: is missing; send a JSON object")]
    [InlineData("{\"metadata\":7}", "metadata: This is not the JSON expected here (line 1): an object is expected here")]
    [InlineData(
        "{\"metadata\":{\"name\":{}}}",
        "metadata.name: This is not the JSON expected here (line 1): a text is expected here"
    )]
    [InlineData(
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"profiles\":5}}",
        "spec.profiles: This is not the JSON expected here (line 1): a list is expected here"
    )]
    [InlineData(
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"machinepoolconfig\":[{\"poolConfig\":{\"size\":\"two\"}}]}}",
        "spec.machinepoolconfig[0].poolConfig.size: This is not the JSON expected here (line 1): a whole number is expected here"
    )]
    [InlineData(
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"cloudConfig\":{\"staticIp\":\"x\"}}}",
        "spec.cloudConfig.staticIp: This is not the JSON expected here (line 1): true or false is expected here"
    )]
    public async Task What_is_not_the_JSON_expected_is_said_without_names_of_the_program(string sent, string expected)
    {
        await using var world = await World.MakeAsync();
        using var response = await world.Console.Client.PostAsync("/v1/spectroclusters/maas", Json(sent));
        var body = await TestConsole.ReadAsync(response, 400);
        Assert.Equal(expected, body.GetProperty("message").GetString());
        Assert.Single(Fields(body));
    }

    [Fact]
    public async Task A_plan_for_a_new_cluster_of_a_taken_name_is_refused_as_its_creation_would_be()
    {
        await using var world = await World.MakeAsync();
        await world.CreateClusterAsync("demo");

        var refused = await world.Console.PostAsync("/v1/spectroclusters/maas/plan", world.Body("demo"), 409);

        Assert.Equal("DuplicateResource", refused.GetProperty("code").GetString());
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private static IEnumerable<string> Fields(JsonElement refused) =>
        refused
            .GetProperty("details")
            .GetProperty("fields")
            .EnumerateArray()
            .Select(problem => problem.GetProperty("field").GetString()!);
}
