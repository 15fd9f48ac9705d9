using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Server.Api;
using Gantry.Server.Profiles;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Cli.Profiles;

/// <summary>A profile as a file: the API's request body, or the output of <c>profile get -o json</c>.</summary>
public static class ProfileFile
{
    // The console sets these fields itself.
    private static readonly string[] Scope = ["scope", "projectUid", "tenantUid"];
    private static readonly string[] PackFields = ["name", "tag", "type", "layer", "registryUid", "values"];

    /// <summary>Reads JSON, or YAML in which every value is a text.</summary>
    /// <exception cref="CliException">A usage error: the text is neither.</exception>
    public static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            var check = new Check();
            var roots = YamlText.Documents(check, "--file", text) ?? [];
            return check.Problems is [var problem, ..]
                ? throw new CliException(ExitCode.Usage, $"--file: {problem.Message}")
                : Node(roots is [] ? null : roots[0]);
        }
    }

    /// <returns>The request body that creates the profile.</returns>
    /// <exception cref="CliException">A usage error: the file is not a profile.</exception>
    public static ProfileEntity ToCreate(JsonNode? read, string? name, string? version)
    {
        if (read is not JsonObject profile || profile["spec"] is not JsonObject spec)
        {
            throw new CliException(ExitCode.Usage, "--file: this is not a profile; `gantry profile get NAME -o json` shows one");
        }

        var body =
            (string?)profile["apiVersion"] is DocumentVersions.V1 ? OfDocument(profile, spec)
            : spec["template"] is null && (spec["published"] ?? spec["draft"]) is JsonObject shown ? Entity(profile, spec, shown)
            : profile.DeepClone().AsObject();
        if (name is not null)
        {
            Under(body, "metadata")["name"] = name;
        }

        if (version is not null)
        {
            Under(body, "spec")["version"] = version;
        }

        try
        {
            return body.Deserialize<ProfileEntity>(ApiJson.Options)!;
        }
        catch (JsonException wrong)
        {
            throw new CliException(ExitCode.Usage, $"--file: {wrong.Message}", wrong);
        }
    }

    private static JsonNode? Node(YamlNode? node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(pair => KeyValuePair.Create(YamlText.Scalar(pair.Key) ?? "", Node(pair.Value)))
            ),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
            YamlScalarNode scalar when scalar.Style is not ScalarStyle.Plain => scalar.Value,
            _ => YamlText.Scalar(node),
        };

    private static JsonObject OfDocument(JsonObject document, JsonObject spec) =>
        new()
        {
            ["metadata"] = document["metadata"]?.DeepClone(),
            ["spec"] = new JsonObject
            {
                ["version"] = spec["version"]?.DeepClone(),
                ["template"] = new JsonObject { ["type"] = spec["type"]?.DeepClone(), ["packs"] = spec["packs"]?.DeepClone() },
            },
        };

    private static JsonObject Entity(JsonObject profile, JsonObject spec, JsonObject shown)
    {
        var metadata = new JsonObject { ["name"] = profile["metadata"]?["name"]?.DeepClone() };
        if (profile["metadata"]?["labels"] is { } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }

        if (profile["metadata"]?["annotations"] is JsonObject annotations)
        {
            metadata["annotations"] = new JsonObject(annotations.Where(one => !Scope.Contains(one.Key)).Select(Copy));
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["version"] = spec["version"]?.DeepClone(),
                ["template"] = new JsonObject
                {
                    ["cloudType"] = shown["cloudType"]?.DeepClone(),
                    ["type"] = shown["type"]?.DeepClone(),
                    ["packs"] = new JsonArray([.. (shown["packs"] as JsonArray ?? []).OfType<JsonObject>().Select(Pack)]),
                },
            },
        };
    }

    private static JsonNode Pack(JsonObject shown)
    {
        var pack = new JsonObject(shown.Where(field => PackFields.Contains(field.Key)).Select(Copy));
        pack["uid"] = shown["packUid"]?.DeepClone();
        pack["manifests"] = new JsonArray([
            .. (shown["manifests"] as JsonArray ?? []).Select(manifest =>
                (JsonNode)
                    new JsonObject { ["name"] = manifest?["name"]?.DeepClone(), ["content"] = manifest?["content"]?.DeepClone() }
            ),
        ]);
        return pack;
    }

    private static KeyValuePair<string, JsonNode?> Copy(KeyValuePair<string, JsonNode?> field) =>
        KeyValuePair.Create(field.Key, field.Value?.DeepClone());

    private static JsonObject Under(JsonObject body, string field)
    {
        if (body[field] is not JsonObject under)
        {
            body[field] = under = [];
        }

        return under;
    }
}
