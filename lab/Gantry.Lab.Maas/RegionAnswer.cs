using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Maas;

/// <summary>A response of the region: a status, a content type and bytes.</summary>
public sealed record RegionAnswer(int Status, string? ContentType, byte[] Body)
{
    private const string JsonType = "application/json; charset=utf-8";
    private const string BareJsonType = "application/json";
    private const string TextType = "text/plain; charset=utf-8";
    private const string BareTextType = "text/plain";
    private const string HtmlType = "text/html; charset=utf-8";

    /// <summary>What a response varies by that a handler of the API has made.</summary>
    public const string ByKey = "Authorization, Cookie";

    /// <summary>What a response varies by of a resource without sessions.</summary>
    public const string ByKeyAlone = "Authorization";

    /// <summary>What a response varies by that stands for a failure on the way.</summary>
    private const string ByCookie = "Cookie";

    private static readonly JsonSerializerOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The <c>Vary</c> header; null for none.</summary>
    public string? Vary { get; init; } = ByKey;

    /// <summary>The seconds of the <c>Retry-After</c> header.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The <c>Allow</c> header of a 405.</summary>
    public string? Allow { get; init; }

    /// <summary>The <c>Location</c> header of a redirect.</summary>
    public string? Location { get; init; }

    /// <summary>Whether a 401 carries MAAS's challenge.</summary>
    public bool Challenge { get; init; }

    public static RegionAnswer Json(JsonNode? value, int status = 200) => new(status, JsonType, Serialized(value));

    /// <summary>JSON without a character set, as MAAS sends single settings.</summary>
    public static RegionAnswer BareJson(JsonNode? value) => new(200, BareJsonType, Serialized(value));

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

    public static RegionAnswer JsonList(IEnumerable<JsonObject> values) =>
        Json(new JsonArray([.. values.Select(value => (JsonNode)value)]));

    public static RegionAnswer JsonBytes(byte[] value) => new(200, JsonType, value);

    /// <summary>A text that a handler answers with.</summary>
    public static RegionAnswer Plain(int status, string text) => new(status, BareTextType, Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that a handler answers with.</summary>
    public static RegionAnswer Bytes(string type, byte[] body) => new(200, type, body);

    /// <summary>A text that stands for a failure.</summary>
    public static RegionAnswer Refused(int status, string text) =>
        new(status, TextType, Encoding.UTF8.GetBytes(text)) { Vary = ByCookie };

    /// <summary>Messages by field. A form and a model say the same with different content types.</summary>
    public static RegionAnswer Invalid(JsonObject fields, bool byModel) =>
        new(400, byModel ? BareJsonType : JsonType, Serialized(fields)) { Vary = ByCookie };

    public static RegionAnswer Html(int status, string text) => new(status, HtmlType, Encoding.UTF8.GetBytes(text));

    /// <summary>A request that the web server refuses before MAAS sees it.</summary>
    public static RegionAnswer Unparsed() => new(400, null, []) { Vary = null };

    public static RegionAnswer Deleted() => Plain(204, "");

    private static byte[] Serialized(JsonNode? value) =>
        value is null ? "null"u8.ToArray() : JsonSerializer.SerializeToUtf8Bytes(value, JsonOptions);
}
