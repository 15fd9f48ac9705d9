using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Maas;

/// <summary>A response of the region: a status, a content type and bytes.</summary>
public sealed record RegionAnswer(int Status, string? ContentType, byte[] Body)
{
    private const string JsonType = "application/json; charset=utf-8";
    private const string TextType = "text/plain; charset=utf-8";
    private const string HtmlType = "text/html; charset=utf-8";

    private static readonly JsonSerializerOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The seconds of the <c>Retry-After</c> header.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The <c>Allow</c> header of a 405.</summary>
    public string? Allow { get; init; }

    /// <summary>Whether a 401 carries MAAS's challenge.</summary>
    public bool Challenge { get; init; }

    public static RegionAnswer Json(JsonNode? value, int status = 200) =>
        new(status, JsonType, value is null ? "null"u8.ToArray() : JsonSerializer.SerializeToUtf8Bytes(value, JsonOptions));

    /// <summary>Joins serialized JSON values into an array.</summary>
    public static RegionAnswer JsonArray(IEnumerable<byte[]> values)
    {
        var body = new MemoryStream();
        body.WriteByte((byte)'[');
        var first = true;
        foreach (var value in values)
        {
            if (!first)
            {
                body.WriteByte((byte)',');
            }

            first = false;
            body.Write(value);
        }

        body.WriteByte((byte)']');
        return new RegionAnswer(200, JsonType, body.ToArray());
    }

    public static RegionAnswer JsonBytes(byte[] value) => new(200, JsonType, value);

    public static RegionAnswer Text(int status, string text) => new(status, TextType, Encoding.UTF8.GetBytes(text));

    public static RegionAnswer Html(int status, string text) => new(status, HtmlType, Encoding.UTF8.GetBytes(text));

    public static RegionAnswer Deleted() => Text(204, "");
}

/// <summary>Ends a request with a response, before any change.</summary>
public sealed class RegionFault(RegionAnswer answer) : Exception($"the region answers {answer.Status}")
{
    public RegionAnswer Answer { get; } = answer;

    public static RegionFault Text(int status, string text) => new(RegionAnswer.Text(status, text));

    /// <summary>A 400 of form validation, with messages by field.</summary>
    public static RegionFault Field(string field, params string[] messages) => Fields((field, messages));

    public static RegionFault Fields(params (string Field, string[] Messages)[] fields) =>
        new(
            RegionAnswer.Json(
                new JsonObject(
                    fields.Select(field =>
                        KeyValuePair.Create(
                            field.Field,
                            (JsonNode?)new JsonArray([.. field.Messages.Select(message => (JsonNode?)message)])
                        )
                    )
                ),
                400
            )
        );

    public static RegionFault Missing(string kind) => Text(404, $"No {kind} matches the given query.");

    /// <summary>The 403 of a missing permission on one object, which has an empty body in MAAS.</summary>
    public static RegionFault Forbidden() => Text(403, "");

    public static RegionFault AdminsOnly() => Text(403, "This method is reserved for admin users.");
}
