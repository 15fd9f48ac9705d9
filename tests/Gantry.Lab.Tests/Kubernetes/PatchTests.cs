using System.Text.Json.Nodes;
using CsCheck;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Lab.Tests.Kubernetes;

public sealed class PatchTests
{
    private readonly LabCluster _cluster = LabCluster.Open("c1", "v1.32.4", new MemoryLabStore(), new FakeTimeProvider());

    public PatchTests() => _cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));

    [Fact]
    public void A_strategic_patch_merges_containers_by_name()
    {
        var patched = Patch(
            PatchKind.Strategic,
            """
            {"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"},{"name":"app","image":"web:2"}]}}}}
            """
        );

        Assert.Equal(["app web:2", "side side:1"], Containers(patched));
    }

    [Fact]
    public void A_strategic_patch_deletes_an_element_by_directive()
    {
        Patch(PatchKind.Strategic, """{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}""");
        var patched = Patch(
            PatchKind.Strategic,
            """{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}"""
        );

        Assert.Equal(["app web:1"], Containers(patched));
    }

    [Fact]
    public void A_merge_patch_replaces_the_list() =>
        Assert.Equal(
            ["only x"],
            Containers(Patch(PatchKind.Merge, """{"spec":{"template":{"spec":{"containers":[{"name":"only","image":"x"}]}}}}"""))
        );

    [Fact]
    public void A_json_patch_whose_test_fails_changes_nothing()
    {
        var refusal = Assert.Throws<KubeException>(() =>
            Patch(
                PatchKind.Json,
                """[{"op":"replace","path":"/spec/replicas","value":9},{"op":"test","path":"/spec/paused","value":true}]"""
            )
        );

        Assert.Equal(422, refusal.Code);
        Assert.Equal(2, (int)_cluster.Get(KubeResources.Deployments, "default", "web")["spec"]!["replicas"]!);
    }

    [Fact]
    public void A_patch_of_another_version_than_the_current_one_is_a_conflict() =>
        Assert.Equal(
            409,
            Assert
                .Throws<KubeException>(() =>
                    Patch(PatchKind.Merge, """{"metadata":{"resourceVersion":"1"},"spec":{"replicas":3}}""")
                )
                .Code
        );

    [Fact]
    public void A_field_that_a_manager_no_longer_applies_is_removed_unless_another_owns_it()
    {
        Apply("a", """{"data":{"x":"1","y":"2"}}""");
        Apply("b", """{"data":{"y":"2"}}""");

        var applied = Apply("a", """{"data":{}}""");

        Assert.Equal("""{"y":"2"}""", applied["data"]!.ToJsonString());
    }

    [Fact]
    public void An_update_takes_the_ownership_of_a_field_from_the_manager_that_applied_it()
    {
        Apply("a", """{"data":{"x":"1"}}""");
        _cluster.Change(KubeResources.ConfigMaps, "default", "c", c => c["data"]!["x"] = "2", new WriteOptions("editor"));

        var refusal = Assert.Throws<KubeException>(() => Apply("a", """{"data":{"x":"3"}}"""));

        Assert.Equal("Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.x", refusal.Message);
    }

    [Fact]
    public void Applying_twice_has_the_effect_of_applying_once() =>
        Gen.Dictionary(Gen.String[Gen.Char["abc"], 1, 2], Gen.String[Gen.Char["xyz"], 0, 2])[0, 4]
            .Sample(
                data =>
                {
                    using var fresh = LabCluster.Open("c2", "v1.32.4", new MemoryLabStore(), new FakeTimeProvider());
                    var map = new JsonObject();
                    foreach (var (key, value) in data)
                    {
                        map[key] = value;
                    }

                    var body = new JsonObject
                    {
                        ["apiVersion"] = "v1",
                        ["kind"] = "ConfigMap",
                        ["data"] = map,
                    };
                    var once = Put(body);
                    var twice = Put(body);
                    return JsonNode.DeepEquals(once, twice) && JsonNode.DeepEquals(once["data"], map);

                    JsonObject Put(JsonObject o) =>
                        fresh.Patch(KubeResources.ConfigMaps, "default", "c", PatchKind.Apply, o, new WriteOptions("m")).Object;
                },
                iter: 50
            );

    private JsonObject Patch(PatchKind kind, string patch) =>
        _cluster.Patch(KubeResources.Deployments, "default", "web", kind, JsonNode.Parse(patch), WriteOptions.Default).Object;

    private JsonObject Apply(string manager, string body) =>
        _cluster
            .Patch(KubeResources.ConfigMaps, "default", "c", PatchKind.Apply, JsonNode.Parse(body), new WriteOptions(manager))
            .Object;

    private static IEnumerable<string> Containers(JsonObject deployment) =>
        deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Select(c => $"{c!["name"]} {c["image"]}");
}
