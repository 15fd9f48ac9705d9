using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// OpenAPI v2 of the built-in kinds, as JSON and in the protobuf form older clients require. Built once per process.
/// </summary>
internal static class OpenApiV2
{
    private static readonly Lazy<byte[]> LazyJson = new(() => JsonSerializer.SerializeToUtf8Bytes(Document()));

    private static readonly Lazy<byte[]> LazyProtobuf = new(() => OpenApiV2Protobuf.Encode(Document()));

    public static byte[] Json => LazyJson.Value;

    public static byte[] Protobuf => LazyProtobuf.Value;

    private static JsonObject Document()
    {
        var definitions = new SchemaWriter("#/definitions/");
        var paths = new JsonObject();
        foreach (var resource in KubeResources.All)
        {
            if (KubeSchemas.Find(resource) is { } schema)
            {
                definitions.AddKind(resource, schema);
            }

            paths[OpenApiPaths.Of(resource)] = new JsonObject { ["patch"] = OpenApiPaths.Patch(resource, v3: false) };
        }

        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "unversioned" },
            ["paths"] = paths,
            ["definitions"] = definitions.Finish(),
        };
    }
}

/// <summary>
/// Writes an OpenAPI v2 document as the message <c>openapi.v2.Document</c>; field numbers are those of
/// https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto.
/// </summary>
internal static class OpenApiV2Protobuf
{
    public static byte[] Encode(JsonObject document)
    {
        var m = new Message();
        m.Text(1, document.Text("swagger"));
        m.Embed(2, new Message().Text(1, document.Text("info", "title")).Text(2, document.Text("info", "version")));
        var paths = new Message();
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            paths.Embed(2, Named(path, new Message().Embed(8, Operation(item!["patch"]!.AsObject()))));
        }

        m.Embed(8, paths);
        var definitions = new Message();
        foreach (var (name, schema) in document["definitions"]!.AsObject())
        {
            definitions.Embed(1, Named(name, Schema(schema!.AsObject())));
        }

        return m.Embed(9, definitions).ToArray();
    }

    private static Message Operation(JsonObject operation)
    {
        var m = new Message().Text(5, operation.Text("operationId"));
        foreach (var type in operation["consumes"]!.AsArray())
        {
            m.Text(7, type!.GetValue<string>());
        }

        foreach (var parameter in operation.Items("parameters"))
        {
            var query = new Message().Text(2, "query").Text(4, parameter.Text("name")).Text(6, parameter.Text("type"));
            m.Embed(8, new Message().Embed(1, new Message().Embed(2, new Message().Embed(3, query))));
        }

        var ok = new Message().Embed(1, new Message().Text(1, "OK"));
        m.Embed(9, new Message().Embed(1, Named("200", ok)));
        return Extensions(m, 13, operation);
    }

    private static Message Schema(JsonObject schema)
    {
        var m = new Message().Text(1, schema.Text("$ref")).Text(2, schema.Text("format")).Text(4, schema.Text("description"));
        foreach (var required in schema["required"] as JsonArray ?? [])
        {
            m.Text(19, required!.GetValue<string>());
        }

        if (schema["additionalProperties"] is JsonObject values)
        {
            m.Embed(21, new Message().Embed(1, Schema(values)));
        }

        if (schema.Text("type") is { } type)
        {
            m.Embed(22, new Message().Text(1, type));
        }

        if (schema["items"] is JsonObject items)
        {
            m.Embed(23, new Message().Embed(1, Schema(items)));
        }

        if (schema["properties"] is JsonObject properties)
        {
            var all = new Message();
            foreach (var (name, property) in properties)
            {
                all.Embed(1, Named(name, Schema(property!.AsObject())));
            }

            m.Embed(25, all);
        }

        return Extensions(m, 31, schema);
    }

    private static Message Extensions(Message m, int field, JsonObject o)
    {
        foreach (var (name, value) in o.Where(p => p.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            // The value is encoded as YAML, a superset of JSON.
            m.Embed(field, Named(name, new Message().Text(2, value!.ToJsonString() + "\n")));
        }

        return m;
    }

    private static Message Named(string name, Message value) => new Message().Text(1, name).Embed(2, value);

    /// <summary>A protobuf message with strings and embedded messages, the only field types of these documents.</summary>
    private sealed class Message
    {
        private readonly MemoryStream _bytes = new();

        public Message Text(int field, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                Chunk(field, Encoding.UTF8.GetBytes(text));
            }

            return this;
        }

        public Message Embed(int field, Message message)
        {
            Chunk(field, message._bytes.GetBuffer().AsSpan(0, (int)message._bytes.Length));
            return this;
        }

        public byte[] ToArray() => _bytes.ToArray();

        private void Chunk(int field, ReadOnlySpan<byte> content)
        {
            Varint((uint)((field << 3) | 2));
            Varint((uint)content.Length);
            _bytes.Write(content);
        }

        private void Varint(uint value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                _bytes.WriteByte((byte)(value | 0x80));
            }

            _bytes.WriteByte((byte)value);
        }
    }
}
