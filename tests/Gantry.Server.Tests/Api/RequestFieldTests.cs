using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>
/// A setting that is accepted and forgotten looks like one that works. Each field of Palette's requests has a visible effect, is
/// refused by its name, or is ignored for a reason that <see cref="RequestFields"/> states.
/// </summary>
public sealed class RequestFieldTests
{
    public static TheoryData<string> Written => [.. RequestFields.All.Keys];

    [Theory]
    [MemberData(nameof(Written))]
    public async Task Every_field_is_honoured_or_refused_by_its_name(string operation)
    {
        await using var world = await World.MakeAsync();
        var player = await RequestPlayer.OfAsync(world, operation);
        List<string> wrong = [];
        foreach (var field in RequestFields.All[operation])
        {
            var before = await player.PlayAsync();
            var after = await player.PlayAsync(body => RequestPaths.Set(body, field.Path, JsonNode.Parse(field.Sample)));
            var fate =
                after.Status is 400 && Names(after.Answer, field.Path) ? Fate.Refused
                : after.Status >= 300 ? (Fate?)null
                : after.Seen == before.Seen ? Fate.Ignored
                : Fate.Honoured;
            if (fate != field.Fate)
            {
                wrong.Add($"{field.Path}: {fate?.ToString() ?? "another failure"} ({after.Status} {after.Answer})");
            }
        }

        Assert.True(wrong.Count is 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_table_has_every_field_that_the_contract_knows()
    {
        List<string> missing = [];
        foreach (var (operation, fields) in RequestFields.All)
        {
            var type = Operations.All.Single(one => one.Name == operation).Request;
            missing.AddRange(
                Leaves(ApiJson.Options.GetTypeInfo(type), "")
                    .Where(leaf => leaf.Length > 0 && !fields.Any(field => RequestPaths.Covers(field.Path, leaf)))
                    .Select(leaf => $"{operation}: {leaf}")
            );
        }

        Assert.Empty(missing);
    }

    [Fact]
    public void The_table_has_every_public_operation_that_writes()
    {
        // Bodies that only say whom or what: no field of them can be forgotten.
        string[] others =
        [
            "v1AuthRefresh",
            "v1Authenticate",
            "v1UsersAuthTokensRevoke",
            "V1MaasAccountValidate",
            "v1OverlordsUidMaasAccountValidate",
            "v1CloudAccountsMaasPatch",
            "v1SpectroClustersDeleteProfiles",
            "v1SpectroClustersUidValidateRepave",
            "v1SpectroClustersMaasValidate",
            "v1SpectroClustersSearchFilterSummary",
            "v1ClusterProfilesFilterSummary",
            "v1ProjectsFilterSummary",
            "v1SpectroClustersUidVariablesPatch",
        ];
        Assert.Empty(
            Operations
                .All.Where(one => one.Request != typeof(NoBody) && one.Name.StartsWith("v1", StringComparison.OrdinalIgnoreCase))
                .Select(one => one.Name)
                .Except(RequestFields.All.Keys)
                .Except(others)
        );
    }

    [Fact]
    public async Task Several_unknown_fields_are_named_together_and_those_that_ask_for_nothing_are_none()
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("demo");
        body["spec"]!["edge"] = JsonNode.Parse(
            """{"a":null,"b":false,"c":0,"d":"","e":[],"f":{"g":"0001-01-01T00:00:00.000Z"}}"""
        );
        await world.Console.PostAsync("/v1/spectroclusters/maas", body);

        body = world.Body("second");
        body["spec"]!["machinePool"] = new JsonArray(1);
        body["spec"]!["machinepoolconfig"]![1]!["poolConfig"]!["sizes"] = 3;
        var refused = await world.Console.PostAsync("/v1/spectroclusters/maas", body, 400);

        Assert.Equal(
            ["spec.machinePool", "spec.machinepoolconfig[1].poolConfig.sizes"],
            TestConsole.Fields(refused).Order(StringComparer.Ordinal)
        );
    }

    // A problem of a whole setting names the setting.
    private static bool Names(JsonElement refused, string path) =>
        TestConsole.Fields(refused).Any(field => RequestPaths.Covers(field, path));

    private static IEnumerable<string> Leaves(JsonTypeInfo type, string path) =>
        type switch
        {
            { Kind: JsonTypeInfoKind.Object } => type.Properties.SelectMany(property =>
                Leaves(
                    ApiJson.Options.GetTypeInfo(property.PropertyType),
                    path.Length is 0 ? property.Name : $"{path}.{property.Name}"
                )
            ),
            { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } when element != typeof(string) => Leaves(
                ApiJson.Options.GetTypeInfo(element),
                $"{path}[]"
            ),
            _ => [path],
        };
}
