using System.Net;
using System.Text;
using System.Text.Json;

namespace Gantry.Lab.Maas.Http;

/// <summary>
/// Parses bodies as Django does: urlencoded, JSON of plain values, and multipart. The multipart parser is custom, because MAAS's
/// own tools send every part in base64, and a body without parts for a call without fields.
/// </summary>
internal static class RequestBody
{
    /// <param name="IsUnread">The body is of a type that MAAS does not read.</param>
    public sealed record BodyContent(Parameters Form, byte[] Content, bool IsJson = false, bool IsUnread = false);

    public static BodyContent Read(string? contentType, byte[] body)
    {
        var mediaType = contentType?.Split(';')[0].Trim().ToLowerInvariant();
        return mediaType switch
        {
            "application/x-www-form-urlencoded" => new BodyContent(UrlEncoded(Encoding.UTF8.GetString(body)), []),
            "multipart/form-data" => Multipart(Boundary(contentType!), body),
            "application/json" => new BodyContent(Json(body), [], IsJson: true),
            _ => new BodyContent(Parameters.None, body, IsUnread: mediaType is not (null or "application/octet-stream")),
        };
    }

    public static Parameters UrlEncoded(string text) =>
        new([
            .. text.Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('=', 2))
                .Select(pair =>
                    KeyValuePair.Create(WebUtility.UrlDecode(pair[0]), pair.Length > 1 ? WebUtility.UrlDecode(pair[1]) : "")
                ),
        ]);

    private static Parameters Json(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind is JsonValueKind.Object
                ? new Parameters([
                    .. document
                        .RootElement.EnumerateObject()
                        .Select(field => KeyValuePair.Create(field.Name, field.Value.ToString())),
                ])
                : Parameters.None;
        }
        catch (JsonException)
        {
            throw new RegionFault(RegionAnswer.Plain(400, "Bad Request"));
        }
    }

    private static string Boundary(string contentType)
    {
        var at = contentType.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        return at < 0
            ? throw new RegionFault(RegionAnswer.Unparsed())
            : contentType[(at + "boundary=".Length)..].Split(';')[0].Trim().Trim('"');
    }

    private static BodyContent Multipart(string boundary, byte[] body)
    {
        var fields = new List<KeyValuePair<string, string>>();
        byte[] content = [];
        var delimiter = Encoding.ASCII.GetBytes("--" + boundary);
        var position = IndexOf(body, delimiter, 0);
        if (position < 0 || body.AsSpan(position + delimiter.Length).StartsWith("--"u8))
        {
            // A body without a part, which Django refuses; the empty part that MAAS's tools send is one.
            throw new RegionFault(RegionAnswer.Unparsed());
        }

        while (true)
        {
            var start = position + delimiter.Length;
            var next = IndexOf(body, delimiter, start);
            if (next < 0)
            {
                break;
            }

            if (Part(body.AsSpan(start, next - start)) is var (name, value, isFile))
            {
                if (isFile)
                {
                    content = value;
                }
                else
                {
                    fields.Add(KeyValuePair.Create(name, Encoding.UTF8.GetString(value)));
                }
            }

            position = next;
        }

        return new BodyContent(new Parameters(fields), content);
    }

    /// <returns><c>null</c> for a part without a name.</returns>
    private static (string Name, byte[] Value, bool IsFile)? Part(ReadOnlySpan<byte> part)
    {
        var text = TrimStart(part);
        var headersEnd = text.IndexOf("\r\n\r\n"u8);
        if (headersEnd < 0)
        {
            return null;
        }

        var headers = Encoding.UTF8.GetString(text[..headersEnd]);
        var value = text[(headersEnd + 4)..];
        if (value.EndsWith("\r\n"u8))
        {
            value = value[..^2];
        }

        var name = Attribute(headers, "name");
        if (name is null)
        {
            return null;
        }

        var bytes = headers.Contains("Content-Transfer-Encoding: base64", StringComparison.OrdinalIgnoreCase)
            ? Decoded(value)
            : value.ToArray();
        return (name, bytes, Attribute(headers, "filename") is not null);
    }

    private static byte[] Decoded(ReadOnlySpan<byte> value)
    {
        try
        {
            return Convert.FromBase64String(Encoding.ASCII.GetString(value));
        }
        catch (FormatException)
        {
            throw new RegionFault(RegionAnswer.Unparsed());
        }
    }

    private static string? Attribute(string headers, string name)
    {
        foreach (var marker in (string[])[$" {name}=\"", $";{name}=\""])
        {
            var at = headers.IndexOf(marker, StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                var rest = headers[(at + marker.Length)..];
                return rest[..rest.IndexOf('"', StringComparison.Ordinal)];
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> text) => text.StartsWith("\r\n"u8) ? text[2..] : text;

    private static int IndexOf(byte[] body, byte[] what, int from)
    {
        var found = body.AsSpan(from).IndexOf(what);
        return found < 0 ? -1 : from + found;
    }
}
