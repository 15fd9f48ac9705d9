using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>What an API server refuses in metadata, taints and keys of data.</summary>
public sealed class MetadataRulesTests
{
    [Theory]
    [InlineData("team", "web", null)]
    [InlineData("example.com/team", "", null)]
    [InlineData("team\n", "web", "metadata.labels")]
    [InlineData("Example.com/team", "web", "metadata.labels")]
    [InlineData("a/b/c", "web", "metadata.labels")]
    [InlineData("/team", "web", "metadata.labels")]
    [InlineData("team", "web\n", "metadata.labels")]
    [InlineData("team", "-", "metadata.labels")]
    public void Labels(string key, string value, string? field) =>
        Assert.Equal(field, Refused(node => node["metadata"]!["labels"] = new JsonObject { [key] = value }));

    [Theory]
    [InlineData("Example.com/team", 10, null)]
    [InlineData("a b", 10, "metadata.annotations")]
    [InlineData("team", (256 * 1024) - 4, null)]
    [InlineData("team", (256 * 1024) - 3, "metadata.annotations")]
    public void Annotations(string key, int size, string? field) =>
        Assert.Equal(field, Refused(node => node["metadata"]!["annotations"] = new JsonObject { [key] = new string('x', size) }));

    [Theory]
    [InlineData("""[{"key":"gpu","value":"yes","effect":"NoSchedule"},{"key":"gpu","effect":"NoExecute"}]""", null)]
    [InlineData("""[{"key":"gpu","effect":"0"}]""", "metadata.taints[0].effect")]
    [InlineData("""[{"key":"gpu"}]""", "metadata.taints[0].effect")]
    [InlineData("""[{"key":"","effect":"NoSchedule"}]""", "metadata.taints[0].key")]
    [InlineData("""[{"key":"gpu\n","effect":"NoSchedule"}]""", "metadata.taints[0].key")]
    [InlineData("""[{"key":"gpu","value":"a b","effect":"NoSchedule"}]""", "metadata.taints[0].value")]
    [InlineData(
        """[{"key":"gpu","value":"a","effect":"NoSchedule"},{"key":"gpu","value":"b","effect":"NoSchedule"}]""",
        "metadata.taints[1]"
    )]
    public void Taints(string taints, string? field) =>
        Assert.Equal(field, Refused(node => node["spec"] = new JsonObject { ["taints"] = JsonNode.Parse(taints) }));

    [Theory]
    [InlineData("key.name", null)]
    [InlineData("two words", "data[two words]")]
    public void Keys_of_data(string key, string? field)
    {
        using var cluster = NewCluster();
        var map = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "settings", ["namespace"] = "default" },
            ["data"] = new JsonObject { [key] = "x" },
        };

        Assert.Equal(field, Refused(() => cluster.Create(KubeResources.ConfigMaps, map)));
    }

    [Fact]
    public void A_name_does_not_end_in_a_line_break()
    {
        using var cluster = NewCluster();
        var map = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "settings\n", ["namespace"] = "default" },
        };

        Assert.Equal("metadata.name", Refused(() => cluster.Create(KubeResources.ConfigMaps, map)));
    }

    /// <returns>The field that the API server names; null when it takes the change.</returns>
    private static string? Refused(Action<JsonObject> change)
    {
        using var cluster = NewCluster();
        var node = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "node-1" } };
        cluster.Create(KubeResources.Nodes, node.DeepClone().AsObject());
        return Refused(() => cluster.Change(KubeResources.Nodes, null, "node-1", change));
    }

    private static string? Refused(Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (KubeException refused) when (refused.Code is 422)
        {
            return (string?)refused.Details?["causes"]?[0]?["field"];
        }
    }

    private static LabCluster NewCluster() =>
        LabCluster.Open(
            "c1",
            "v1.32.4",
            new MemoryLabStore(),
            new FakeTimeProvider(DateTimeOffset.Parse("2026-03-01T10:00:00Z"))
        );
}
