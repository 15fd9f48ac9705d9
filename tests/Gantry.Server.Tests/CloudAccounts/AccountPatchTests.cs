using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.CloudAccounts;

public sealed class AccountPatchTests
{
    [Fact]
    public async Task Single_fields_are_changed_and_the_key_and_the_rest_stay()
    {
        await using var world = await World.MakeAsync();
        await world.Gateway.PollAsync();
        var key = world.Gateway.KeyOf(world.Gateway.Accounts[world.Account]);

        await PatchAsync(
            world,
            """
            [{"op":"replace","path":"/metadata/name","value":"renamed"},
             {"op":"add","path":"/metadata/labels/team","value":"blue"},
             {"op":"add","path":"/spec/preferredSubnets/-","value":"10.9.0.0/24"},
             {"op":"add","path":"/spec/preferredSubnets/0","value":"10.8.0.0/24"}]
            """,
            204
        );
        await PatchAsync(
            world,
            """
            [{"op":"copy","from":"/metadata/labels/team","path":"/metadata/labels/a~1b"},
             {"op":"move","from":"/metadata/labels/team","path":"/metadata/labels/crew"},
             {"op":"remove","path":"/spec/preferredSubnets/1"}]
            """,
            204
        );

        var account = await world.Console.GetAsync($"/v1/cloudaccounts/maas/{world.Account}");
        var metadata = account.GetProperty("metadata");
        Assert.Equal("renamed", metadata.GetProperty("name").GetString());
        Assert.Equal("""{"a/b":"blue","crew":"blue"}""", metadata.GetProperty("labels").GetRawText());
        Assert.Equal("""["10.8.0.0/24"]""", account.GetProperty("spec").GetProperty("preferredSubnets").GetRawText());
        Assert.Equal("http://maas:5240/MAAS", account.GetProperty("spec").GetProperty("apiEndpoint").GetString());
        await world.Gateway.PollAsync();
        Assert.Equal(key, world.Gateway.KeyOf(world.Gateway.Accounts[world.Account]));

        await PatchAsync(world, """[{"op":"add","path":"/spec/apiKey","value":"d:e:f"}]""", 204);
        await world.Gateway.PollAsync();
        Assert.Equal("d:e:f", world.Gateway.KeyOf(world.Gateway.Accounts[world.Account]));
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/metadata/name","value":"x"}]""", "[0].op")]
    [InlineData("""[{"op":"remove","path":"/metadata/labels/none"}]""", "[0].path")]
    [InlineData("""[{"op":"replace","path":"metadata","value":"x"}]""", "[0].path")]
    [InlineData("""[{"op":"replace","path":"/metadata/name"}]""", "[0].value")]
    [InlineData("""[{"op":"move","path":"/metadata/name","from":"/metadata/none"}]""", "[0].from")]
    [InlineData("""[{"op":"add","path":"/spec/preferredSubnets/7","value":"x"}]""", "[0].path")]
    [InlineData("""[{"op":"remove","path":"/metadata/name"}]""", "metadata.name")]
    [InlineData("""[{"op":"remove","path":"/spec/apiEndpoint"}]""", "spec.apiEndpoint")]
    [InlineData("""[{"op":"replace","path":"/spec/apiEndpoint","value":"http://other:5240/MAAS"}]""", "spec.apiKey")]
    [InlineData("""[{"op":"add","path":"/spec/color","value":"red"}]""", "spec.color")]
    [InlineData("""[{"op":"replace","path":"/metadata/name","value":7}]""", "metadata.name")]
    public async Task A_patch_that_does_not_fit_is_refused_with_its_place(string patch, string field)
    {
        await using var world = await World.MakeAsync();
        var before = (await world.Console.GetAsync($"/v1/cloudaccounts/maas/{world.Account}")).GetRawText();

        Assert.Equal([field], TestConsole.Fields(await PatchAsync(world, patch, 400)));

        Assert.Equal(before, (await world.Console.GetAsync($"/v1/cloudaccounts/maas/{world.Account}")).GetRawText());
    }

    private static Task<JsonElement> PatchAsync(World world, string patch, int expected) =>
        world.Console.PatchAsync($"/v1/cloudaccounts/maas/{world.Account}", JsonNode.Parse(patch), expected);
}
