using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// Reads the kinds that kubectl always sends as protobuf: evictions, deletions, reviews, and the objects of its <c>create</c>
/// commands (<see cref="ProtobufKinds"/>). A non-empty unknown field is an error and is never dropped.
/// </summary>
internal static class KubeProtobuf
{
    private static readonly IReadOnlyDictionary<int, ProtobufField> Envelope = new Dictionary<int, ProtobufField>
    {
        [2] = new ProtobufField.Ignored(),
        [3] = new ProtobufField.Ignored(),
        [4] = new ProtobufField.Ignored(),
        [1] = new ProtobufField.Message(
            "type",
            new Dictionary<int, ProtobufField>
            {
                [1] = new ProtobufField.Text("apiVersion"),
                [2] = new ProtobufField.Text("kind"),
            }
        ),
    };

    /// <summary>The object as JSON, or null for an unsupported kind.</summary>
    /// <exception cref="KubeException">400: the bytes are not Kubernetes protobuf.</exception>
    public static JsonObject? Read(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8))
        {
            throw Malformed();
        }

        body = body[4..];
        var envelope = Message(body, Envelope);
        if (!ProtobufKinds.All.TryGetValue(envelope.Text("type", "kind") ?? "", out var fields))
        {
            return null;
        }

        var o = Message(Raw(body), fields);
        o["apiVersion"] = envelope.Text("type", "apiVersion");
        o["kind"] = envelope.Text("type", "kind");
        return o;
    }

    private static ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> envelope)
    {
        while (envelope.Length > 0)
        {
            var (number, _, content) = Next(ref envelope);
            if (number == 2)
            {
                return content;
            }
        }

        return [];
    }

    private static JsonObject Message(ReadOnlySpan<byte> bytes, IReadOnlyDictionary<int, ProtobufField> fields)
    {
        var o = new JsonObject();
        while (bytes.Length > 0)
        {
            var (number, value, content) = Next(ref bytes);
            if (fields.GetValueOrDefault(number) is { } field)
            {
                Put(o, field, value, content);
            }
            else if (value != 0 || content.Length > 0)
            {
                throw new KubeException(
                    415,
                    "UnsupportedMediaType",
                    $"the body has field {number} (after {string.Join(", ", o.Select(p => p.Key))}), which the lab does not "
                        + "read from protobuf: send JSON"
                );
            }
        }

        return o;
    }

    /// <summary>An empty value means that the field is unset: the encoding always writes plain fields.</summary>
    private static void Put(JsonObject o, ProtobufField field, ulong value, ReadOnlySpan<byte> content)
    {
        switch (field)
        {
            case ProtobufField.Text text when content.Length > 0:
                o[text.Name] = Encoding.UTF8.GetString(content);
                break;
            case ProtobufField.Texts texts:
                o.ListUnder(texts.Name).Add(Encoding.UTF8.GetString(content));
                break;
            case ProtobufField.Number n when value != 0 || n.KeepsZero:
                o[n.Name] = (long)value;
                break;
            case ProtobufField.Flag flag when value != 0:
                o[flag.Name] = true;
                break;
            case ProtobufField.Message message:
                if (Message(content, message.Fields) is { Count: > 0 } inner)
                {
                    o[message.Name] = inner;
                }

                break;
            case ProtobufField.Messages messages:
                o.ListUnder(messages.Name).Add(Message(content, messages.Fields));
                break;
            case ProtobufField.Map map:
                var (key, entry) = Entry(content);
                o.Under(map.Name)[key] = map.OfBytes ? Convert.ToBase64String(entry) : Encoding.UTF8.GetString(entry);
                break;
            case ProtobufField.IntOrText either:
                var read = Message(content, ProtobufKinds.IntOrString);
                o[either.Name] = read.Text("text") is { } asText ? asText : read.Number("number") ?? 0;
                break;
            default:
                break;
        }
    }

    private static (string Key, byte[] Value) Entry(ReadOnlySpan<byte> bytes)
    {
        var (key, entry) = ("", Array.Empty<byte>());
        while (bytes.Length > 0)
        {
            var (number, _, content) = Next(ref bytes);
            (key, entry) = number == 1 ? (Encoding.UTF8.GetString(content), entry) : (key, content.ToArray());
        }

        return (key, entry);
    }

    private static Token Next(scoped ref ReadOnlySpan<byte> bytes)
    {
        var tag = Varint(ref bytes);
        var number = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                return new Token(number, Varint(ref bytes), []);
            case 2:
                var length = Varint(ref bytes);
                if (length > (ulong)bytes.Length)
                {
                    throw Malformed();
                }

                var content = bytes[..(int)length];
                bytes = bytes[(int)length..];
                return new Token(number, 0, content);
            default:
                throw Malformed();
        }
    }

    private static ulong Varint(scoped ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (bytes.Length == 0)
            {
                throw Malformed();
            }

            var b = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static KubeException Malformed() => KubeException.BadRequest("the body is not a Kubernetes protobuf object");

    private readonly ref struct Token(int number, ulong value, ReadOnlySpan<byte> content)
    {
        private readonly ReadOnlySpan<byte> _content = content;

        public void Deconstruct(out int field, out ulong varint, out ReadOnlySpan<byte> bytes)
        {
            field = number;
            varint = value;
            bytes = _content;
        }
    }
}
