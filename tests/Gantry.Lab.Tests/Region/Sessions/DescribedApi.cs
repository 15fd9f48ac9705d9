using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Region.Sessions;

/// <summary>
/// A client like MAAS's command line and python-libmaas: it knows no path and no method, but takes both from <c>describe/</c>, sends
/// every part in base64, and a body without parts where a call has no fields.
/// </summary>
internal sealed class DescribedApi : IDisposable
{
    private const string Boundary = "----------------------------session";

    private readonly HttpClient _http = new();
    private readonly Dictionary<string, JsonObject> _handlers = [];
    private readonly string[] _key;
    private int _nonce;

    private DescribedApi(string key) => _key = key.Split(':');

    /// <summary>The hash that came with the description.</summary>
    public string Hash { get; private set; } = "";

    /// <summary>The hash of the last response, by which a client learns that its description is out of date.</summary>
    public string? LastHash { get; private set; }

    /// <summary>The names of the handlers, as a client strips them: <c>Machines</c> for <c>MachinesHandler</c>.</summary>
    public IReadOnlyCollection<string> Handlers => _handlers.Keys;

    public static async Task<DescribedApi> ConnectAsync(Uri region, string key)
    {
        var api = new DescribedApi(key);
        var description = JsonNode.Parse(
            await api._http.GetStringAsync(Below(region, "api/2.0/describe/"), TestContext.Current.CancellationToken)
        )!;
        api.Hash = (string)description["hash"]!;
        foreach (var resource in description["resources"]!.AsArray())
        {
            var handler = resource!["auth"] as JsonObject ?? (JsonObject)resource["anon"]!;
            var name = (string)handler["name"]!;
            name = name.StartsWith("Anon", StringComparison.Ordinal) ? name["Anon".Length..] : name;
            api._handlers[name.EndsWith("Handler", StringComparison.Ordinal) ? name[..^"Handler".Length] : name] = handler;
        }

        return api;
    }

    public static Uri Below(Uri region, string path) => new($"{region.ToString().TrimEnd('/')}/{path}");

    public void Dispose() => _http.Dispose();

    /// <summary>The variables of a handler's path.</summary>
    public IReadOnlyList<string> ParametersOf(string handler) =>
        [.. _handlers[handler]["params"]!.AsArray().Select(name => (string)name!)];

    public IReadOnlyList<string> ActionsOf(string handler) =>
        [.. _handlers[handler]["actions"]!.AsArray().Select(action => (string)action!["name"]!)];

    /// <summary>Calls an action that must succeed.</summary>
    /// <param name="at">The values of the path's variables, in order.</param>
    public async Task<JsonNode?> CallAsync(
        string handler,
        string action,
        string[] at,
        params (string Name, string Value)[] fields
    )
    {
        var (status, text) = await TryAsync(handler, action, at, fields);
        Assert.True((int)status < 300, $"{handler}.{action} answers {(int)status}: {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    public async Task<(HttpStatusCode Status, string Text)> TryAsync(
        string handler,
        string action,
        string[] at,
        params (string Name, string Value)[] fields
    )
    {
        var described = _handlers[handler];
        var call = described["actions"]!.AsArray().Single(one => (string)one!["name"]! == action)!;
        var address = (string)described["uri"]!;
        foreach (var (name, value) in ParametersOf(handler).Zip(at))
        {
            address = address.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
        }

        var method = (string)call["method"]!;
        var query = new List<(string Name, string Value)>();
        if (call["op"] is { } op)
        {
            query.Add(("op", (string)op!));
        }

        if (method is "GET" or "DELETE")
        {
            query.AddRange(fields);
        }

        if (query.Count > 0)
        {
            address += "?" + string.Join('&', query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (method is not ("GET" or "DELETE"))
        {
            request.Content = Body(fields);
        }

        Sign(request);
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        LastHash = answer.Headers.TryGetValues("X-Maas-Api-Hash", out var hashes) ? hashes.Single() : null;
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static ByteArrayContent Body((string Name, string Value)[] fields)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            var file = name == "file" ? $"; filename=\"{name}\"" : "";
            text.Append($"--{Boundary}\r\nContent-Transfer-Encoding: base64\r\n")
                .Append($"Content-Disposition: form-data; name=\"{name}\"{file}\r\nMIME-Version: 1.0\r\n\r\n")
                .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(value), Base64FormattingOptions.InsertLineBreaks))
                .Append("\n\r\n");
        }

        if (fields.Length == 0)
        {
            text.Append($"--{Boundary}\r\n\r\n");
        }

        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(text.Append($"--{Boundary}--\r\n").ToString()));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary=\"{Boundary}\"");
        return content;
    }

    private void Sign(HttpRequestMessage request)
    {
        (string, string)[] oauth =
        [
            ("realm", "OAuth"),
            ("oauth_nonce", $"session{Interlocked.Increment(ref _nonce)}"),
            ("oauth_timestamp", $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}"),
            ("oauth_consumer_key", _key[0]),
            ("oauth_signature_method", "PLAINTEXT"),
            ("oauth_version", "1.0"),
            ("oauth_token", _key[1]),
            ("oauth_signature", $"%26{_key[2]}"),
        ];
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            "OAuth " + string.Join(", ", oauth.Select(one => $"{one.Item1}=\"{one.Item2}\""))
        );
    }
}
