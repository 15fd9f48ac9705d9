using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// User-data split into one merged cloud-config and the scripts of its parts, by the rules of cloud-init's user-data processor:
/// the MIME type decides the kind of a part, and its first line only if the type is generic.
/// </summary>
internal sealed class UserDataDocument
{
    // Longest prefix first, as in cloud-init.
    private static readonly (string Prefix, string Type)[] Types =
    [
        ("#cloud-config-archive", "text/cloud-config-archive"),
        ("## template: jinja", "text/jinja2"),
        ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
        ("#cloud-boothook", "text/cloud-boothook"),
        ("#upstart-job", "text/upstart-job"),
        ("#include-once", "text/x-include-once-url"),
        ("#part-handler", "text/part-handler"),
        ("#cloud-config", "text/cloud-config"),
        ("#include", "text/x-include-url"),
        ("#!", "text/x-shellscript"),
    ];

    private readonly List<string> _warnings = [];
    private readonly List<(string Name, string Text)> _scripts = [];
    private readonly JsonObject _names;
    private JsonObject _config = [];
    private int _parts;

    private UserDataDocument(JsonObject names) => _names = names;

    public JsonObject Config => _config;

    public IReadOnlyList<(string Name, string Text)> Scripts => _scripts;

    public IReadOnlyList<string> Warnings => _warnings;

    public static UserDataDocument Read(byte[] userData, JsonObject names)
    {
        var document = new UserDataDocument(names);
        document.ReadMessage(userData);
        return document;
    }

    private void ReadMessage(byte[] data)
    {
        var plain = Unzip(data) ?? data;
        var head = Encoding.Latin1.GetString(plain.AsSpan(0, Math.Min(4096, plain.Length)));
        if (!head.Contains("mime-version:", StringComparison.OrdinalIgnoreCase))
        {
            ReadPart(
                new MimePart(
                    "text/x-not-multipart",
                    null,
                    new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase),
                    plain
                )
            );
            return;
        }

        foreach (var part in MimePart.Leaves(Encoding.UTF8.GetString(plain)))
        {
            ReadPart(part);
        }
    }

    private void ReadPart(MimePart part)
    {
        var body = part.Body;
        var type = part.ContentType;
        if (
            type
            is "application/gzip"
                or "application/gzip-compressed"
                or "application/gzipped"
                or "application/x-compress"
                or "application/x-compressed"
                or "application/x-gunzip"
                or "application/x-gzip"
                or "application/x-gzip-compressed"
        )
        {
            if (Unzip(body) is not { } plain)
            {
                throw new FormatException($"Failed decompressing payload from {type} of length {body.Length}");
            }

            body = plain;
            type = "text/plain";
        }

        if (type is "text/plain" or "text/x-not-multipart" or "text/x-shellscript")
        {
            type = TypeOf(Encoding.UTF8.GetString(body)) ?? type;
        }

        _parts++;
        var name = part.FileName ?? $"part-{_parts:000}";
        Handle(type, name, Encoding.UTF8.GetString(body), part.Headers);
    }

    private void Handle(string type, string name, string text, IReadOnlyDictionary<string, string> headers)
    {
        switch (type)
        {
            case "text/cloud-config":
                Merge(name, text, headers);
                break;
            case "text/x-shellscript":
                _scripts.Add((CleanName(name), text.Replace("\r\n", "\n", StringComparison.Ordinal)));
                break;
            case "text/jinja2":
                HandleTemplate(name, text, headers);
                break;
            case "text/cloud-config-archive":
                Explode(text);
                break;
            case "text/x-include-url" or "text/x-include-once-url":
                throw new FormatException(
                    $"{name} includes other addresses, and machines of the lab have nothing to fetch them from"
                );
            default:
                if (text.Length > 0)
                {
                    var start = text.Split('\n', 2)[0];
                    _warnings.Add(
                        $"Unhandled {(type == "text/x-not-multipart" ? "non-multipart" : "unknown content-type")} ({type}) "
                            + $"userdata: '{start[..Math.Min(24, start.Length)]}...'"
                    );
                }

                break;
        }
    }

    private void Merge(string name, string text, IReadOnlyDictionary<string, string> headers)
    {
        try
        {
            var documents = YamlText.Documents(text, uniqueKeys: false);
            if (documents is not [JsonObject part])
            {
                throw new FormatException(
                    documents.Count > 1 ? "expected a single document in the stream"
                    : documents is [{ } other] ? $"Yaml load allows dict root types, but got {other.GetValueKind()} instead"
                    : "empty cloud config"
                );
            }

            _config = ConfigMerge.Into(
                _config,
                part,
                headers.GetValueOrDefault("Merge-Type") ?? headers.GetValueOrDefault("X-Merge-Type")
            );
        }
        catch (FormatException problem)
        {
            _warnings.Add($"Failed at merging in cloud config part from {name}: {problem.Message}");
        }
    }

    private void HandleTemplate(string name, string text, IReadOnlyDictionary<string, string> headers)
    {
        // cloud-init looks for the header in the first line; a part that has only the MIME type is no template.
        var newline = text.IndexOf('\n', StringComparison.Ordinal);
        var first = newline < 0 ? text : text[..newline];
        if (
            !first.StartsWith("##", StringComparison.Ordinal)
            || !first[2..]
                .Trim()
                .Replace(" ", "", StringComparison.Ordinal)
                .Equals("template:jinja", StringComparison.OrdinalIgnoreCase)
        )
        {
            _warnings.Add($"Failed calling handler for {name}: Payload is not a jinja template");
            return;
        }

        string rendered;
        try
        {
            rendered = JinjaTemplate.Render(newline < 0 ? "" : text[(newline + 1)..], _names);
        }
        catch (JinjaException problem)
        {
            _warnings.Add($"Ignoring jinja template for {name}: {problem.Message}");
            return;
        }

        const string missing = "CI_MISSING_JINJA_VAR/";
        var undefined = rendered
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.Contains(missing, StringComparison.Ordinal))
            .Select(word => $"'{word[(word.IndexOf(missing, StringComparison.Ordinal) + missing.Length)..]}'")
            .ToArray();
        if (undefined.Length > 0)
        {
            _warnings.Add($"Could not render jinja template variables in file '{name}': {string.Join(", ", undefined)}");
        }

        if (rendered.Length == 0)
        {
            return;
        }

        var type = TypeOf(rendered);
        if (type is "text/cloud-config" or "text/x-shellscript")
        {
            Handle(type, name, rendered, headers);
            return;
        }

        _warnings.Add($"Ignoring jinja template for {name}. Could not find supported sub-handler for type {type ?? "None"}");
    }

    private void Explode(string text)
    {
        if (YamlText.Documents(text, uniqueKeys: false) is not [JsonArray entries])
        {
            _warnings.Add("Failed loading yaml blob of a cloud-config-archive: it must be a list");
            return;
        }

        foreach (var entry in entries)
        {
            var map = entry as JsonObject;
            if (map is null && entry is not JsonValue)
            {
                continue;
            }

            var content = (map is null ? entry : map["content"])?.ToString() ?? "";
            var type = map?["type"]?.ToString() ?? TypeOf(content) ?? "text/cloud-config";
            var headers = (map ?? []).ToDictionary(
                pair => pair.Key,
                pair => pair.Value?.ToString() ?? "",
                StringComparer.OrdinalIgnoreCase
            );
            ReadPart(new MimePart(type, map?["filename"]?.ToString(), headers, Encoding.UTF8.GetBytes(content)));
        }
    }

    private static string? TypeOf(string text)
    {
        var start = text.AsSpan().TrimStart();
        foreach (var (prefix, type) in Types)
        {
            if (start.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return type;
            }
        }

        return null;
    }

    private static string CleanName(string name) =>
        new([.. name.Replace('/', '_').Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')]);

    internal static byte[]? Unzip(byte[] data)
    {
        if (data.Length < 2 || data[0] != 0x1f || data[1] != 0x8b)
        {
            return null;
        }

        try
        {
            using var zipped = new GZipStream(new MemoryStream(data), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            zipped.CopyTo(plain);
            return plain.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
