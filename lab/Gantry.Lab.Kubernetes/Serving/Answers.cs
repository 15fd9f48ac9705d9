using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Reads request bodies and writes responses.</summary>
public static class Answers
{
    public static Task JsonAsync(HttpContext context, int code, JsonNode body) =>
        BytesAsync(context, code, "application/json", JsonSerializer.SerializeToUtf8Bytes(body, KubeJson.Relaxed));

    public static async Task BytesAsync(HttpContext context, int code, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>The body as JSON; YAML is accepted too. Null for an empty body.</summary>
    /// <exception cref="KubeException">415: protobuf and other formats.</exception>
    public static async Task<JsonNode?> BodyAsync(HttpContext context)
    {
        var type = context.Request.ContentType ?? "application/json";
        if (type.Contains("cbor", StringComparison.Ordinal))
        {
            throw Unsupported(type);
        }

        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        if (buffer.Length == 0)
        {
            return null;
        }

        var bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (type.Contains("protobuf", StringComparison.Ordinal))
        {
            return KubeProtobuf.Read(bytes) ?? throw Unsupported(type);
        }

        var first = bytes.TrimStart(" \t\r\n"u8);
        var isJson = first.Length > 0 && first[0] is (byte)'{' or (byte)'[';
        return isJson || !type.Contains("yaml", StringComparison.Ordinal)
            ? JsonNode.Parse(bytes)
            : Yaml(System.Text.Encoding.UTF8.GetString(bytes));
    }

    private static KubeException Unsupported(string type) =>
        new(
            415,
            "UnsupportedMediaType",
            $"the body of the request was in an unknown format ({type}): the lab takes application/json and "
                + "application/yaml for this kind"
        );

    private static JsonNode? Yaml(string text)
    {
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents.Count == 0 ? null : Convert(yaml.Documents[0].RootNode);
        }
        catch (YamlException malformed)
        {
            throw KubeException.BadRequest("the body is not valid YAML: " + malformed.Message);
        }
    }

    private static JsonNode? Convert(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var o = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    o[((YamlScalarNode)key).Value ?? ""] = Convert(value);
                }

                return o;
            case YamlSequenceNode list:
                return new JsonArray([.. list.Children.Select(Convert)]);
            case YamlScalarNode { Style: not ScalarStyle.Plain } quoted:
                return quoted.Value;
            case YamlScalarNode scalar:
                return scalar.Value switch
                {
                    null or "" or "~" or "null" => null,
                    "true" => true,
                    "false" => false,
                    var number when long.TryParse(number, out var whole) => whole,
                    var number when double.TryParse(number, out var real) => real,
                    var plain => plain,
                };
            default:
                return null;
        }
    }
}
