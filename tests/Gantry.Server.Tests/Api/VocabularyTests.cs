using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>Texts with a closed set of values.</summary>
public sealed class VocabularyTests
{
    /// <summary>For each such text: a request with a value outside the set, and the field that the answer names.</summary>
    private static readonly IReadOnlyDictionary<string, (string Call, string Body, string Field)> Wrong = new Dictionary<
        string,
        (string, string, string)
    >
    {
        ["PoolChange.Op"] = (
            "POST /v1/spectroclusters/{cluster}/plan",
            """{"machinePools":[{"op":"?","name":"worker-pool"}]}""",
            "machinePools[0].op"
        ),
        ["UpdateStrategy.Type"] = (
            "PATCH /v1/spectroclusters/{cluster}/machinePools/worker-pool",
            """{"updateStrategy":{"type":"?"}}""",
            "updateStrategy.type"
        ),
        ["TaintInput.Effect"] = (
            "PATCH /v1/spectroclusters/{cluster}/machinePools/worker-pool",
            """{"taints":[{"key":"gpu","effect":"?"}]}""",
            "taints[0].effect"
        ),
        ["PoolCloudConfig.ErasePolicy"] = (
            "POST /v1/spectroclusters/{cluster}/machinePools",
            """{"cloudConfig":{"erasePolicy":"?"},"poolConfig":{"name":"gpu","size":1}}""",
            "cloudConfig.erasePolicy"
        ),
        ["MachinePoolView.ErasePolicy"] = (
            "PATCH /v1/spectroclusters/{cluster}/machinePools/worker-pool",
            """{"erasePolicy":"?"}""",
            "erasePolicy"
        ),
        ["SpcApplySettings.ActionType"] = (
            "PATCH /v1/spectroclusters/{cluster}/profiles",
            """{"profiles":[{"uid":"p"}],"spcApplySettings":{"actionType":"?"}}""",
            "spcApplySettings.actionType"
        ),
        ["ProfileFilter.Scope"] = ("POST /v1/dashboard/clusterprofiles", """{"filter":{"scope":"?"}}""", "filter.scope"),
        ["SearchFilters.Conjunction"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """{"filter":{"conjunction":"?"}}""",
            "filter.conjunction"
        ),
        ["SearchGroup.Conjunction"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """{"filter":{"filterGroups":[{"conjunction":"?"}]}}""",
            "filter.filterGroups[0].conjunction"
        ),
        ["SearchMatch.Conjunction"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """
            {"filter":{"filterGroups":[{"filters":[{"property":"clusterName","condition":{"string":{"match":{"conjunction":"?"}}}}]}]}}
            """,
            "filter.filterGroups[0].filters[0].condition.string.match.conjunction"
        ),
        ["StringCondition.Operator"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """{"filter":{"filterGroups":[{"filters":[{"property":"clusterName","condition":{"string":{"operator":"?"}}}]}]}}""",
            "filter.filterGroups[0].filters[0].condition.string.operator"
        ),
        ["ClusterInput.CloudType"] = (
            "POST /v1/spectroclusters/maas",
            """{"metadata":{"name":"x"},"spec":{"cloudType":"?"}}""",
            "spec.cloudType"
        ),
        ["HttpPatch.Op"] = ("PATCH /v1/cloudaccounts/maas/{account}", """[{"op":"?","path":"/metadata/name"}]""", "[0].op"),
        ["KeyValueCondition.Operator"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """{"filter":{"filterGroups":[{"filters":[{"property":"tags","condition":{"keyValue":{"operator":"?"}}}]}]}}""",
            "filter.filterGroups[0].filters[0].condition.keyValue.operator"
        ),
        ["SearchSort.Order"] = (
            "POST /v1/dashboard/spectroclusters/search",
            """{"sort":[{"field":"clusterName","order":"?"}]}""",
            "sort[0].order"
        ),
        ["TemplateInput.Type"] = (
            "POST /v1/clusterprofiles",
            """{"metadata":{"name":"x"},"spec":{"template":{"type":"?","cloudType":"maas"}}}""",
            "spec.template.type"
        ),
        ["PackInput.Type"] = (
            "POST /v1/clusterprofiles",
            """{"metadata":{"name":"x"},"spec":{"template":{"type":"add-on","packs":[{"name":"x","type":"?"}]}}}""",
            "spec.template.packs[0].type"
        ),
        ["ClusterDocument.ApiVersion"] = (
            "POST /v1/documents/apply",
            """{"clusters":[{"apiVersion":"?"}]}""",
            "clusters[0].apiVersion"
        ),
        ["ClusterDocument.Kind"] = ("POST /v1/documents/apply", """{"clusters":[{"kind":"?"}]}""", "clusters[0].kind"),
        ["PoolDocument.Erase"] = (
            "POST /v1/documents/apply",
            """{"clusters":[{"spec":{"pools":[{"erase":"?"}]}}]}""",
            "clusters[0].spec.pools[0].erase"
        ),
        ["TaintDocument.Effect"] = (
            "POST /v1/documents/apply",
            """{"clusters":[{"spec":{"pools":[{"taints":[{"key":"gpu","effect":"?"}]}]}}]}""",
            "clusters[0].spec.pools[0].taints[0].effect"
        ),
        ["ClusterProfileDocument.ApiVersion"] = (
            "POST /v1/documents/apply",
            """{"profiles":[{"apiVersion":"?"}]}""",
            "profiles[0].apiVersion"
        ),
        ["ClusterProfileDocument.Kind"] = ("POST /v1/documents/apply", """{"profiles":[{"kind":"?"}]}""", "profiles[0].kind"),
        ["ClusterProfileDocumentSpec.Type"] = (
            "POST /v1/documents/apply",
            """{"profiles":[{"spec":{"type":"?"}}]}""",
            "profiles[0].spec.type"
        ),
        ["PackDocument.Type"] = (
            "POST /v1/documents/apply",
            """{"profiles":[{"spec":{"packs":[{"name":"x","type":"?"}]}}]}""",
            "profiles[0].spec.packs[0].type"
        ),
    };

    /// <summary>The permitted value depends on the rest of the request, and the answer names it.</summary>
    private static readonly string[] Dependent = ["TemplateInput.CloudType", "PackInput.Layer"];

    [Fact]
    public async Task A_value_outside_its_set_is_refused_with_field_value_and_the_permitted_ones()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        foreach (var (text, (call, body, field)) in Wrong)
        {
            var possible = Vocabulary.Of(Texts().Single(one => one.Name == text).Vocabulary);
            using var request = new HttpRequestMessage(
                new HttpMethod(call.Split(' ')[0]),
                call.Split(' ')[1]
                    .Replace("{cluster}", uid, StringComparison.Ordinal)
                    .Replace("{account}", world.Account, StringComparison.Ordinal)
            )
            {
                Content = new StringContent(
                    body.Replace("\"?\"", "\"nonsense\"", StringComparison.Ordinal),
                    System.Text.Encoding.UTF8,
                    "application/json"
                ),
            };

            var refused = await TestConsole.ReadAsync(await world.Console.Client.SendAsync(request), 400);

            var problem = Assert.Single(
                refused.GetProperty("details").GetProperty("fields").EnumerateArray(),
                one => one.GetProperty("field").GetString() == field
            );
            var message = problem.GetProperty("message").GetString()!;
            Assert.All(possible.Append("'nonsense'"), word => Assert.Contains(word, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_such_text_of_a_request_is_tried() =>
        Assert.Equal(
            Wrong.Keys.Concat(Dependent).Order(StringComparer.Ordinal),
            Texts(Operations.All.Select(operation => operation.Request)).Select(text => text.Name).Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task The_document_lists_the_values_of_every_such_text()
    {
        await using var console = await TestConsole.StartAsync();
        var document = (await console.GetAsync("/v1/openapi.json")).GetRawText();
        var schemas = JsonNode.Parse(document)!["components"]!["schemas"]!.AsObject();

        Assert.All(
            Texts(),
            text =>
            {
                var (type, property) = (text.Name.Split('.')[0], text.Name.Split('.')[1]);
                var values = schemas.First(one => one.Key == type || one.Key.StartsWith(type, StringComparison.Ordinal)).Value![
                    "properties"
                ]![JsonNamingPolicy.CamelCase.ConvertName(property)]!["enum"]!
                    .AsArray()
                    .Select(value => (string?)value)
                    .OfType<string>();
                Assert.Equal(Vocabulary.Of(text.Vocabulary), values);
            }
        );
    }

    [Theory]
    [InlineData(typeof(ClusterPhases), typeof(ClusterPhase))]
    [InlineData(typeof(HealthStates), typeof(Health))]
    [InlineData(typeof(ConditionStatuses), typeof(ConditionStatus))]
    [InlineData(typeof(MachineRoles), typeof(PoolRole))]
    [InlineData(typeof(EventSeverities), typeof(EventSeverity))]
    [InlineData(typeof(TaintEffects), typeof(TaintEffect))]
    [InlineData(typeof(ErasePolicies), typeof(ErasePolicy))]
    [InlineData(typeof(NotFreeKinds), typeof(NotFreeKind))]
    [InlineData(typeof(AuditActions), typeof(AuditAction))]
    public void The_contract_has_a_word_for_each_value_of_the_model(Type words, Type model) =>
        Assert.Equal(
            Enum.GetNames(model).Order(StringComparer.OrdinalIgnoreCase),
            Vocabulary.Of(words).Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase
        );

    private static IEnumerable<(string Name, Type Vocabulary)> Texts() =>
        Texts(Operations.All.SelectMany(operation => new[] { operation.Request, operation.Answer }));

    /// <summary>The marked texts of these types and of everything within them.</summary>
    private static IReadOnlyList<(string Name, Type Vocabulary)> Texts(IEnumerable<Type> types)
    {
        var seen = new HashSet<Type>();
        var open = new Stack<Type>(types);
        List<(string, Type)> texts = [];
        while (open.TryPop(out var type))
        {
            if (!seen.Add(type))
            {
                continue;
            }

            // A patch has the fields of its target.
            if (type == typeof(MachinePoolPatch))
            {
                open.Push(typeof(MachinePoolView));
            }

            foreach (var argument in type.GetGenericArguments())
            {
                open.Push(argument);
            }

            foreach (var property in type.Assembly == typeof(Operations).Assembly ? type.GetProperties() : [])
            {
                open.Push(property.PropertyType);
                if (property.GetCustomAttribute<OneOfAttribute>() is { } oneOf)
                {
                    texts.Add(($"{type.Name}.{property.Name}", oneOf.Vocabulary));
                }
            }
        }

        return texts;
    }
}
