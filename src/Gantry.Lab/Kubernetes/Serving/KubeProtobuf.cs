using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// Reads the few kinds that kubectl sends as protobuf whatever the server prefers: evictions, deletions, reviews, token
/// requests. Field numbers are those of the <c>generated.proto</c> files in the Kubernetes API.
/// </summary>
internal static class KubeProtobuf
{
    private abstract record Field(string Name)
    {
        public sealed record Text(string Name) : Field(Name);

        public sealed record Texts(string Name) : Field(Name);

        public sealed record Number(string Name) : Field(Name);

        public sealed record Flag(string Name) : Field(Name);

        public sealed record Message(string Name, Dictionary<int, Field> Fields) : Field(Name);
    }

    private static readonly Dictionary<int, Field> Meta = new()
    {
        [1] = new Field.Text("name"),
        [2] = new Field.Text("generateName"),
        [3] = new Field.Text("namespace"),
        [5] = new Field.Text("uid"),
        [6] = new Field.Text("resourceVersion"),
    };

    private static readonly Dictionary<int, Field> DeleteOptions = new()
    {
        [1] = new Field.Number("gracePeriodSeconds"),
        [2] = new Field.Message("preconditions", new() { [1] = new Field.Text("uid"), [2] = new Field.Text("resourceVersion") }),
        [3] = new Field.Flag("orphanDependents"),
        [4] = new Field.Text("propagationPolicy"),
        [5] = new Field.Texts("dryRun"),
    };

    private static readonly Dictionary<int, Field> Access = new()
    {
        [1] = new Field.Message("resourceAttributes", new()
        {
            [1] = new Field.Text("namespace"),
            [2] = new Field.Text("verb"),
            [3] = new Field.Text("group"),
            [4] = new Field.Text("version"),
            [5] = new Field.Text("resource"),
            [6] = new Field.Text("subresource"),
            [7] = new Field.Text("name"),
        }),
        [2] = new Field.Message("nonResourceAttributes", new() { [1] = new Field.Text("path"), [2] = new Field.Text("verb") }),
    };

    private static readonly Dictionary<string, Dictionary<int, Field>> Kinds = new()
    {
        ["DeleteOptions"] = DeleteOptions,
        ["Eviction"] = With(2, new Field.Message("deleteOptions", DeleteOptions)),
        ["SelfSubjectReview"] = With(2, new Field.Message("status", [])),
        ["SelfSubjectAccessReview"] = With(2, new Field.Message("spec", Access)),
        ["SelfSubjectRulesReview"] = With(2, new Field.Message("spec", new() { [1] = new Field.Text("namespace") })),
        ["TokenRequest"] = With(2, new Field.Message("spec", new() { [1] = new Field.Texts("audiences"), [4] = new Field.Number("expirationSeconds") })),
    };

    private static readonly Dictionary<int, Field> Envelope = new()
    {
        [1] = new Field.Message("type", new() { [1] = new Field.Text("apiVersion"), [2] = new Field.Text("kind") }),
    };

    /// <summary>The object as JSON, or null when it is of a kind that is not read here.</summary>
    /// <exception cref="KubeException">400: the bytes are no Kubernetes protobuf.</exception>
    public static JsonObject? Read(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8))
        {
            throw Malformed();
        }

        body = body[4..];
        var envelope = Message(body, Envelope);
        if (!Kinds.TryGetValue(envelope.Text("type", "kind") ?? "", out var fields))
        {
            return null;
        }

        var o = Message(Raw(body), fields);
        o["apiVersion"] = envelope.Text("type", "apiVersion");
        o["kind"] = envelope.Text("type", "kind");
        return o;
    }

    private static Dictionary<int, Field> With(int number, Field field) => new() { [1] = new Field.Message("metadata", Meta), [number] = field };

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

    private static JsonObject Message(ReadOnlySpan<byte> bytes, Dictionary<int, Field> fields)
    {
        var o = new JsonObject();
        while (bytes.Length > 0)
        {
            var (number, value, content) = Next(ref bytes);
            switch (fields.GetValueOrDefault(number))
            {
                case Field.Text text:
                    o[text.Name] = Encoding.UTF8.GetString(content);
                    break;
                case Field.Texts texts:
                    o.ListUnder(texts.Name).Add(Encoding.UTF8.GetString(content));
                    break;
                case Field.Number n:
                    o[n.Name] = (long)value;
                    break;
                case Field.Flag flag:
                    o[flag.Name] = value != 0;
                    break;
                case Field.Message message:
                    o[message.Name] = Message(content, message.Fields);
                    break;
                default:
                    break;
            }
        }

        return o;
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
        private readonly ReadOnlySpan<byte> content = content;

        public void Deconstruct(out int field, out ulong varint, out ReadOnlySpan<byte> bytes)
        {
            field = number;
            varint = value;
            bytes = content;
        }
    }
}
