using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Profiles;

namespace Gantry.Cli.Tests.Profiles;

public sealed class ProfileFileTests
{
    private const string Shown = """
        {
          "kind": "ClusterProfile",
          "metadata": { "name": "base", "uid": "u1", "annotations": { "description": "ours", "scope": "project",
            "projectUid": "p", "tenantUid": "t" } },
          "spec": {
            "version": "1.0.0",
            "published": {
              "uid": "u1", "cloudType": "maas", "type": "cluster",
              "packs": [ { "layer": "addon", "name": "extra", "tag": "1.0.0", "packUid": "pk", "registryUid": "r",
                "type": "manifest", "values": "a: 1",
                           "manifests": [ { "kind": "manifest", "name": "m", "uid": "x",
                             "content": "kind: ConfigMap" } ], "presets": [] } ]
            }
          },
          "status": { "isPublished": true }
        }
        """;

    [Fact]
    public void The_output_of_profile_get_is_accepted_by_profile_create()
    {
        var body = ProfileFile.ToCreate(JsonNode.Parse(Shown), null, "1.0.1");

        var expected = JsonNode.Parse(
            """
            {
              "metadata": { "name": "base", "annotations": { "description": "ours" } },
              "spec": {
                "template": {
                  "cloudType": "maas", "type": "cluster",
                  "packs": [ { "name": "extra", "tag": "1.0.0", "uid": "pk", "registryUid": "r", "type": "manifest",
                    "layer": "addon", "values": "a: 1", "manifests": [ { "name": "m", "content": "kind: ConfigMap" } ] } ]
                },
                "version": "1.0.1"
              }
            }
            """
        )!;
        Assert.Equal(expected.ToJsonString(ApiJson.Options), body.Sent().ToJsonString(ApiJson.Options));
    }

    [Fact]
    public void A_request_body_is_sent_unchanged_except_for_a_new_name()
    {
        var body = ProfileFile.ToCreate(
            JsonNode.Parse("""{"metadata":{"name":"a"},"spec":{"template":{"type":"infra"}}}"""),
            "b",
            null
        );

        Assert.Equal(
            """{"metadata":{"name":"b"},"spec":{"template":{"type":"infra"}}}""",
            body.Sent().ToJsonString(ApiJson.Options)
        );
    }

    [Fact]
    public void A_file_that_is_no_profile_is_refused() =>
        Assert.Equal(
            ExitCode.Usage,
            Assert.Throws<CliException>(() => ProfileFile.ToCreate(JsonNode.Parse("[]"), null, null)).ExitCode
        );
}
