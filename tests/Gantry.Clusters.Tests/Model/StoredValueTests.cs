using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Model;

/// <summary>
/// Earlier versions accepted any annotation key, any image name, and prefixes with two dots in a row: their stored values
/// have to stay readable.
/// </summary>
public sealed class StoredValueTests
{
    private const string Stored = """
        {"id":"c1","name":"demo","account":"a1","kubernetesVersion":"1.33.4","image":"ubuntu noble",
         "endpoint":{"kind":"given","host":"api_1.example","port":6443},
         "pools":[{"name":"control-plane","role":"ControlPlane","size":1,
                   "labels":{"a..b/team":"red"},"annotations":{"My Note":"any text"},
                   "taints":[{"key":"a..b/gpu","value":"yes","effect":"NoSchedule"}]}]}
        """;

    [Fact]
    public void A_cluster_that_an_earlier_version_stored_is_read_though_its_values_are_refused_today()
    {
        var cluster = JsonSerializer.Deserialize<ClusterSpec>(Stored, ModelJson.Options)!;

        var pool = cluster.ControlPlane;
        Assert.Equal("ubuntu noble", cluster.Image.Value);
        Assert.Equal("api_1.example", Assert.IsType<EndpointChoice.Given>(cluster.Endpoint).Host.Value);
        Assert.Equal("a..b/team", Assert.Single(pool.Labels).Key.Value);
        Assert.Equal("My Note", Assert.Single(pool.Annotations).Key.Value);
        Assert.Equal("a..b/gpu=yes:NoSchedule", $"{Assert.Single(pool.Taints)}");
        Assert.Equal(
            cluster,
            JsonSerializer.Deserialize<ClusterSpec>(JsonSerializer.Serialize(cluster, ModelJson.Options), ModelJson.Options)
        );
    }

    [Fact]
    public void A_client_that_writes_such_a_value_is_refused() =>
        Assert.Equal(
            (false, false, false, false, false),
            (
                ImageName.TryParse("ubuntu noble", out _),
                HostAddress.TryParse("api_1.example", out _),
                LabelKey.TryParse("a..b/team", out _),
                LabelKey.TryParse("My Note", out _),
                Taint.TryParse("a..b/gpu=yes:NoSchedule", out _)
            )
        );

    [Fact]
    public void A_cluster_is_stored_with_plain_texts()
    {
        var cluster = Scenes.Cluster(1, [1]) with { Endpoint = new EndpointChoice.Given(HostAddress.Parse("FD00::10"), 443) };
        var pool = cluster.ControlPlane with
        {
            Labels = [new(LabelKey.Parse("example.com/role"), LabelValue.Parse(""))],
            Annotations = [new(LabelKey.Parse("note"), "any text")],
            Taints = [Taint.Parse("gpu:NoExecute")],
        };

        var json = JsonSerializer.Serialize(cluster with { Pools = [pool] }, ModelJson.Options);

        Assert.Contains("\"name\":\"demo\"", json, StringComparison.Ordinal);
        Assert.Contains("\"image\":\"ubuntu/noble\"", json, StringComparison.Ordinal);
        Assert.Contains("{\"kind\":\"given\",\"host\":\"FD00::10\",\"port\":443}", json, StringComparison.Ordinal);
        Assert.Contains("\"labels\":{\"example.com/role\":\"\"}", json, StringComparison.Ordinal);
        Assert.Contains("\"annotations\":{\"note\":\"any text\"}", json, StringComparison.Ordinal);
        Assert.Contains("[{\"key\":\"gpu\",\"value\":\"\",\"effect\":\"NoExecute\"}]", json, StringComparison.Ordinal);
    }
}
