using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Tests.Region;

/// <summary>
/// Compares a response of the lab with the recorded one: status, the headers that a client reads, and the body. Dates and UUIDs only
/// have to have the same shape, ids to stand for each other.
/// </summary>
internal sealed partial class Comparison(Names names)
{
    private static readonly string[] Headers = ["Content-Type", "Vary", "Allow", "Retry-After", "WWW-Authenticate", "Location"];

    private readonly List<string> _differences = [];

    /// <summary>The kinds of difference; empty when everything is right.</summary>
    public IReadOnlyList<string> Differences => _differences;

    public void Compare(JsonObject recorded, Response lab)
    {
        var status = (int)recorded["status"]!;
        if (lab.Status != status)
        {
            _differences.Add($"status {lab.Status} instead of {status}");
            return;
        }

        if (recorded["headers"] is JsonObject headers)
        {
            foreach (var name in Headers)
            {
                var (was, is_) = (Header(name, (string?)headers[name]), Header(name, lab.Headers.GetValueOrDefault(name)));
                if (was != is_)
                {
                    _differences.Add($"{name} '{is_}' instead of '{was}'");
                }
            }
        }

        if (recorded.TryGetPropertyValue("json", out var json))
        {
            if (lab.Json is { } body)
            {
                Compare("", json, body.Value);
            }
            else
            {
                _differences.Add("body is not JSON");
            }
        }
        else if (recorded["text"]?.ToString() is { } text)
        {
            // Responses of the same moment were kept as text, JSON or not.
            if (text.StartsWith('{') && lab.Json is { Value: JsonObject shown })
            {
                Compare("", JsonNode.Parse(text), shown);
                return;
            }

            var (was, is_) = (Shape(names.ToLab(text)), Shape(lab.Text));
            Differ(was == is_, "", "text", was, is_);
        }
    }

    private static string Header(string name, string? value) =>
        name is "Allow"
            ? string.Join(", ", (value ?? "").Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal))
            : value ?? "";

    private void Compare(string path, JsonNode? recorded, JsonNode? lab)
    {
        switch (recorded, lab)
        {
            case (JsonObject was, JsonObject @is):
                CompareObjects(path, was, @is);
                break;
            case (JsonArray was, JsonArray @is):
                if (was.Count != @is.Count)
                {
                    _differences.Add($"{path}[] has {@is.Count} instead of {was.Count}");
                    return;
                }

                foreach (var (one, other) in was.Zip(@is))
                {
                    Compare(path + "[]", one, other);
                }

                break;
            case (null, null):
                break;
            case (JsonValue was, JsonValue @is):
                CompareValues(path, was, @is);
                break;
            default:
                Differ(false, path, "value", Short(recorded), Short(lab));
                break;
        }
    }

    private void CompareObjects(string path, JsonObject recorded, JsonObject lab)
    {
        var dated = Dated(lab).ToDictionary(pair => pair.Key, pair => pair.Value);
        var was = Dated(recorded).ToList();
        foreach (var (key, value) in was)
        {
            if (dated.TryGetValue(key, out var found))
            {
                Compare($"{path}.{key}", value, found);
            }
            else
            {
                _differences.Add($"{path}.{key} is missing");
            }
        }

        foreach (var key in dated.Keys.Except(was.Select(pair => pair.Key)))
        {
            _differences.Add($"{path}.{key} is not MAAS's");
        }
    }

    /// <summary>An object's fields; a date as a key, and an id, go by what they are.</summary>
    private IEnumerable<KeyValuePair<string, JsonNode?>> Dated(JsonObject json) =>
        json.Select(pair => KeyValuePair.Create(Day().IsMatch(pair.Key) ? "date" : pair.Key, pair.Value));

    private void CompareValues(string path, JsonValue recorded, JsonValue lab)
    {
        var (was, @is) = (recorded.GetValueKind(), lab.GetValueKind());
        if (was != @is)
        {
            Differ(false, path, "value", recorded.ToJsonString(), lab.ToJsonString());
            return;
        }

        var key = path[(path.LastIndexOf('.') + 1)..];
        var same = was switch
        {
            JsonValueKind.Number when key is "id" or "device_id" || key.EndsWith("_id", StringComparison.Ordinal) => names.Same(
                $"{Kind(path)}",
                Number(recorded),
                Number(lab)
            ),
            JsonValueKind.Number => decimal.Parse(Number(recorded), CultureInfo.InvariantCulture)
                == decimal.Parse(Number(lab), CultureInfo.InvariantCulture),
            JsonValueKind.String when key is "system_id" => names.Same("word", recorded.ToString(), lab.ToString()),
            JsonValueKind.String => SameText(key, recorded.ToString(), lab.ToString()),
            _ => true,
        };
        Differ(same, path, "value", recorded.ToJsonString(), lab.ToJsonString());
    }

    private bool SameText(string key, string recorded, string lab)
    {
        if (key is "token_key" or "token_secret" or "consumer_key")
        {
            names.Learn("word", recorded, lab);
            return lab.Length > 0;
        }

        if (key.EndsWith("_uri", StringComparison.Ordinal))
        {
            return Shape(Numbers().Replace(names.ToLab(recorded), "N")) == Shape(Numbers().Replace(lab, "N"));
        }

        return Shape(names.ToLab(recorded)) == Shape(lab);
    }

    /// <summary>Ids are one to one among objects of the same place: links, interfaces, disks.</summary>
    private static string Kind(string path)
    {
        var parts = path.Split('.');
        return parts.Length > 2 ? string.Join('.', parts[^2..]) : path;
    }

    private static string Number(JsonValue value) => value.ToJsonString();

    /// <summary>A text in which dates, UUIDs, ports and what a signature draws are of one kind.</summary>
    private static string Shape(string text)
    {
        var shape = Uuid().Replace(text, "UUID");
        shape = Stamp().Replace(shape, "TIME");
        shape = Day().Replace(shape, "DAY");
        return Drawn().Replace(shape, "DRAWN");
    }

    private void Differ(bool same, string path, string what, string was, string @is)
    {
        if (!same)
        {
            _differences.Add($"{(path.Length == 0 ? what : path)}: {Cut(@is)} instead of {Cut(was)}");
        }
    }

    private static string Short(JsonNode? node) => node is null ? "null" : node.ToJsonString();

    private static string Cut(string text) => text.Length > 100 ? text[..100] + "…" : text;

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uuid();

    [GeneratedRegex(
        @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2}\. \d{4} \d\d:\d\d:\d\d",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Stamp();

    [GeneratedRegex(@"^20\d{6}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Day();

    [GeneratedRegex(
        @"127\.0\.0\.1%3A\d+|oauth_nonce%3D[0-9a-z]+|oauth_timestamp%3D\d+|[Nn]once already used: \w+",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Drawn();

    [GeneratedRegex(@"(?<=[/=])-?\d+(?=/|&|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();
}

/// <summary>A response of the lab.</summary>
internal sealed record Response(int Status, IReadOnlyDictionary<string, string> Headers, string Text)
{
    /// <summary>The body as JSON, in a box because JSON's null is a null node; null for another body.</summary>
    public Boxed? Json
    {
        get
        {
            try
            {
                return new Boxed(JsonNode.Parse(Text));
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    public sealed record Boxed(JsonNode? Value);
}
