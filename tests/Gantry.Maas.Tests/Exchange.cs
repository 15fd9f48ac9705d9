using System.Text.Json;
using Gantry.Testing;

namespace Gantry.Maas.Tests;

/// <summary>A recorded request to a real region, and its answer.</summary>
/// <param name="Path">Path and query below <c>api/2.0/</c>.</param>
/// <param name="Form">Fields in order, not escaped: <c>name=value&amp;name=value</c>.</param>
internal sealed record Exchange(string Name, string Method, string Path, string Form, JsonElement Response)
{
    public static IEnumerable<Exchange> Recorded()
    {
        Assert.SkipWhen(Recordings.Folder is null, Recordings.Missing);
        foreach (var file in Directory.EnumerateFiles(Recordings.Folder, "*.json").Order())
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var recording in document.RootElement.GetProperty("recordings").EnumerateArray())
            {
                var request = recording.GetProperty("request");
                var path = request.GetProperty("path").GetString()!;
                var api = path.IndexOf("/api/2.0/", StringComparison.Ordinal);
                if (api < 0)
                {
                    continue;
                }

                var form = request.TryGetProperty("form", out var fields)
                    ? string.Join('&', fields.EnumerateArray().Select(field => $"{field[0].GetString()}={field[1].GetString()}"))
                    : "";
                var responses = recording.TryGetProperty("responses", out var several)
                    ? several.EnumerateArray().ToList()
                    : [recording.GetProperty("response")];
                foreach (var response in responses)
                {
                    yield return new Exchange(
                        $"{System.IO.Path.GetFileName(file)}: {recording.GetProperty("name").GetString()}",
                        request.GetProperty("method").GetString()!,
                        path[(api + "/api/2.0/".Length)..],
                        form,
                        response.Clone()
                    );
                }
            }
        }
    }

    public static string? Header(JsonElement response, string name) =>
        response.TryGetProperty("headers", out var headers) && headers.TryGetProperty(name, out var value)
            ? value.GetString()
            : null;
}
