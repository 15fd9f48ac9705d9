using System.Text;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>One leaf of a MIME message, with its transfer encoding decoded.</summary>
internal sealed record MimePart(string ContentType, string? FileName, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The leaves of a message in order, as Python's email parser finds them (RFC 2046).</summary>
    public static IReadOnlyList<MimePart> Leaves(string message)
    {
        var (headers, body) = Split(message);
        var type = headers.GetValueOrDefault("content-type", "text/plain");
        var name = type.Split(';')[0].Trim().ToLowerInvariant();
        if (name.StartsWith("multipart/", StringComparison.Ordinal) && Parameter(type, "boundary") is { } boundary)
        {
            return [.. Between(body, boundary).SelectMany(Leaves)];
        }

        var fileName = headers.TryGetValue("content-disposition", out var disposition)
            ? Parameter(disposition, "filename")
            : null;
        return [new MimePart(name, fileName ?? Parameter(type, "name"), headers, Decode(body, headers))];
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string message)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        var at = 0;
        while (at < message.Length)
        {
            var end = message.IndexOf('\n', at);
            var line = (end < 0 ? message[at..] : message[at..end]).TrimEnd('\r');
            var next = end < 0 ? message.Length : end + 1;
            if (line.Length == 0)
            {
                return (headers, message[next..]);
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line[0] is ' ' or '\t' && last is not null)
            {
                headers[last] += " " + line.Trim();
            }
            else if (colon > 0 && !line.AsSpan(0, colon).Contains(' '))
            {
                last = line[..colon];
                headers.TryAdd(last, line[(colon + 1)..].Trim());
            }
            else if (!(last is null && line.StartsWith("From ", StringComparison.Ordinal)))
            {
                // A line that is not a header ends the headers, even without a blank line, and belongs to the body.
                return (headers, message[at..]);
            }

            at = next;
        }

        return (headers, "");
    }

    private static IEnumerable<string> Between(string body, string boundary)
    {
        StringBuilder? part = null;
        var at = 0;
        while (at < body.Length)
        {
            var end = body.IndexOf('\n', at);
            var line = end < 0 ? body[at..] : body[at..(end + 1)];
            at += line.Length;
            var bare = line.TrimEnd();
            if (bare == "--" + boundary || bare == "--" + boundary + "--")
            {
                if (part is not null)
                {
                    yield return WithoutLastNewline(part.ToString());
                }

                if (bare.Length > boundary.Length + 2)
                {
                    yield break;
                }

                part = new StringBuilder();
                continue;
            }

            part?.Append(line);
        }

        if (part is not null)
        {
            yield return part.ToString();
        }
    }

    // The newline before a boundary belongs to the boundary.
    private static string WithoutLastNewline(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2]
        : text.EndsWith('\n') ? text[..^1]
        : text;

    private static string? Parameter(string header, string name)
    {
        foreach (var piece in header.Split(';').Skip(1))
        {
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && piece[..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return piece[(equals + 1)..].Trim().Trim('"');
            }
        }

        return null;
    }

    private static byte[] Decode(string body, Dictionary<string, string> headers) =>
        headers.GetValueOrDefault("content-transfer-encoding", "").Trim().ToLowerInvariant() switch
        {
            "base64" => PythonBase64.Decode(body) ?? Encoding.UTF8.GetBytes(body),
            "quoted-printable" => QuotedPrintable(body),
            _ => Encoding.UTF8.GetBytes(body),
        };

    private static byte[] QuotedPrintable(string body)
    {
        var bytes = new List<byte>(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '=')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([body[i]]));
            }
            else if (body.AsSpan(i + 1).StartsWith("\r\n"))
            {
                i += 2;
            }
            else if (body.AsSpan(i + 1).StartsWith("\n"))
            {
                i++;
            }
            else if (
                i + 2 < body.Length
                && byte.TryParse(body.AsSpan(i + 1, 2), System.Globalization.NumberStyles.HexNumber, null, out var code)
            )
            {
                bytes.Add(code);
                i += 2;
            }
            else
            {
                bytes.Add((byte)'=');
            }
        }

        return [.. bytes];
    }
}

/// <summary>
/// Base64 as Python's <c>b64decode</c> reads it: characters outside the alphabet are skipped, invalid padding is an error.
/// </summary>
internal static class PythonBase64
{
    public static byte[]? Decode(string text)
    {
        var clean = new string([.. text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=')]);
        try
        {
            return Convert.FromBase64String(clean);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
