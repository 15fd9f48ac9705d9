using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Region;

/// <summary>Sends requests to the lab as the recordings describe them: user, signature, encoding.</summary>
internal sealed class Caller(Uri region, TimeProvider time, IReadOnlyDictionary<string, string> keys) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromMinutes(5),
    };

    private int _nonce;

    /// <summary>The credentials of the machine that was deployed last, which recorded requests <c>as node</c> carry.</summary>
    public string? NodeKey { get; set; }

    public void Dispose() => _http.Dispose();

    public Task<Response> SendAsync(Exchange exchange, Names names)
    {
        var request = new HttpRequestMessage(new HttpMethod(exchange.Method), Address(names.ToLab(exchange.Path)));
        var form = exchange
            .Form.Select(field => KeyValuePair.Create(Filled(field.Key), Filled(names.ToLab(field.Value))))
            .ToList();
        if (exchange.Request["files"] is JsonObject files)
        {
            var sent = files.ToDictionary(file => file.Key, file => Content(file.Value!.ToString()));
            var hash = Convert.ToHexStringLower(SHA256.HashData(sent.First().Value));
            foreach (var field in form.Where(field => field.Key == "sha256").ToList())
            {
                names.Learn("word", field.Value, hash);
                names.Learn("word", field.Value[..7], hash[..7]);
                form[form.IndexOf(field)] = KeyValuePair.Create("sha256", hash);
            }

            request.Content = Multipart(form, sent);
        }
        else if (exchange.Request.ContainsKey("body"))
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(exchange.Text("body")!));
            if (exchange.Text("content_type") is { } type)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }
        }
        else
        {
            request.Content = Encoded(exchange.Text("encoding") ?? (form.Count > 0 ? "" : null), form);
        }

        foreach (var (name, value) in exchange.Request["headers"] as JsonObject ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value!.ToString());
        }

        Sign(request, exchange.As, exchange.Text("auth"), exchange.Method);
        return SendAsync(request);
    }

    /// <summary>A call of the replay itself.</summary>
    public Task<Response> SendAsync(string user, string method, string path, IEnumerable<KeyValuePair<string, string>> form)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), Address(path));
        if (method is not "GET")
        {
            request.Content = new FormUrlEncodedContent(form);
        }

        Sign(request, user, "OAuth PLAINTEXT, valid", method);
        return SendAsync(request);
    }

    private Uri Address(string path) =>
        new(
            region.GetLeftPart(UriPartial.Authority)
                + (path.StartsWith('/') && path.StartsWith("/MAAS", StringComparison.Ordinal) ? path : "/MAAS/api/2.0/" + path)
        );

    private static string Filled(string text) =>
        text switch
        {
            "<5000 v>" => new string('v', 5000),
            "<300 k>" => new string('k', 300),
            "<base64 of 1 MiB>" => Convert.ToBase64String(new byte[1 << 20]),
            "<base64 of 8 MiB>" => Convert.ToBase64String(new byte[8 << 20]),
            "<base64 of 40 MiB>" => Convert.ToBase64String(new byte[40 << 20]),
            _ => text,
        };

    /// <summary>A file as described: <c>img.tgz (1700 bytes)</c>. Its content was not recorded.</summary>
    private static byte[] Content(string described)
    {
        var size = described[(described.IndexOf('(', StringComparison.Ordinal) + 1)..].Split(' ')[0];
        return Encoding.ASCII.GetBytes(new string('x', int.Parse(size)));
    }

    private static HttpContent? Encoded(string? encoding, List<KeyValuePair<string, string>> form) =>
        encoding switch
        {
            null => null,
            "multipart/form-data" => Multipart(form, []),
            "application/json" => new StringContent(
                new JsonObject(form.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value))).ToJsonString(),
                Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")
            ),
            _ => new ByteArrayContent(Encoding.ASCII.GetBytes(UrlEncoded(form)))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") },
            },
        };

    private static string UrlEncoded(List<KeyValuePair<string, string>> form)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in form)
        {
            text.Append(text.Length == 0 ? "" : "&").Append(Escape(name)).Append('=').Append(Escape(value));
        }

        return text.ToString();
    }

    private static HttpContent Multipart(List<KeyValuePair<string, string>> form, Dictionary<string, byte[]> files)
    {
        if (form.Count + files.Count == 0)
        {
            // The recorder's body without a part was the closing boundary alone.
            var empty = new ByteArrayContent("--boundary--\r\n"u8.ToArray());
            empty.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=boundary");
            return empty;
        }

        var content = new MultipartFormDataContent("boundary");
        foreach (var (name, value) in form)
        {
            content.Add(new StringContent(value), $"\"{name}\"");
        }

        foreach (var (name, bytes) in files)
        {
            content.Add(new ByteArrayContent(bytes), $"\"{name}\"", "\"file\"");
        }

        return content;
    }

    /// <summary>The recordings say in words how a request was signed.</summary>
    private void Sign(HttpRequestMessage request, string? user, string? described, string method)
    {
        var key = (user == "node" ? NodeKey ?? keys["admin"] : keys[user ?? "admin"]).Split(':');
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var oauth = new List<(string Name, string Value)>
        {
            ("oauth_version", "1.0"),
            ("oauth_signature_method", "PLAINTEXT"),
            ("oauth_consumer_key", key[0]),
            ("oauth_token", key[1]),
            ("oauth_signature", "&" + key[2]),
            ("oauth_nonce", $"n{Interlocked.Increment(ref _nonce)}"),
            ("oauth_timestamp", $"{now}"),
        };
        void Set(string name, string value) => oauth[oauth.FindIndex(one => one.Name == name)] = (name, value);
        void Drop(string name) => oauth.RemoveAll(one => one.Name == name);
        var (scheme, comma) = ("OAuth ", ", ");
        switch (described)
        {
            case null or "OAuth PLAINTEXT, valid":
                break;
            case "none" or "OAuth parameters in the query string, no header":
                return;
            case "consumer key unknown, token and secret right":
                Set("oauth_consumer_key", "nosuchconsumer");
                break;
            case "token unknown":
                Set("oauth_token", "nosuchtoken");
                break;
            case "oauth_signature=<secret> without leading &":
                Set("oauth_signature", key[2]);
                break;
            case "consumer key of admin, token+secret of alice":
                var alice = keys["alice"].Split(':');
                Set("oauth_token", alice[1]);
                Set("oauth_signature", "&" + alice[2]);
                break;
            case "oauth_timestamp 240 s in the past":
                Set("oauth_timestamp", $"{now - 240}");
                break;
            case "oauth_timestamp 600 s in the future":
                Set("oauth_timestamp", $"{now + 600}");
                break;
            case "oauth_timestamp=yesterday":
                Set("oauth_timestamp", "yesterday");
                break;
            case "valid; nonce N" or "valid otherwise; nonce N again":
                Set("oauth_nonce", "fixednonce");
                break;
            case "oauth_nonce left out":
                Drop("oauth_nonce");
                break;
            case "oauth_version left out":
                Drop("oauth_version");
                break;
            case "oauth_version=2.0":
                Set("oauth_version", "2.0");
                break;
            case "oauth_signature_method left out":
                Drop("oauth_signature_method");
                break;
            case "oauth_signature_method=RSA-SHA1":
                Set("oauth_signature_method", "RSA-SHA1");
                break;
            case "scheme written 'oauth'":
                scheme = "oauth ";
                break;
            case "header parameters joined by ',' with no space":
                comma = ",";
                break;
            case "Bearer abc" or "Basic YTpi":
                request.Headers.TryAddWithoutValidation("Authorization", described);
                return;
            case "HMAC-SHA1, right signature" or "HMAC-SHA1, signature made for another method":
                Set("oauth_signature_method", "HMAC-SHA1");
                Drop("oauth_signature");
                var signed = described.EndsWith("right signature", StringComparison.Ordinal) ? method : "POST";
                oauth.Add(("oauth_signature", Hmac(signed, request.RequestUri!, oauth, key[2])));
                break;
            default:
                throw new InvalidOperationException($"the replay does not know how to sign '{described}'");
        }

        request.Headers.TryAddWithoutValidation(
            "Authorization",
            scheme + string.Join(comma, oauth.Select(one => $"{one.Name}=\"{Escape(one.Value)}\""))
        );
    }

    private static string Hmac(string method, Uri address, List<(string Name, string Value)> oauth, string secret)
    {
        var query = address.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]));
        var normal = string.Join(
            '&',
            oauth.Concat(query).OrderBy(one => one.Item1, StringComparer.Ordinal).Select(one => $"{one.Item1}={one.Item2}")
        );
        var text = $"{method}&{Escape(address.GetLeftPart(UriPartial.Path))}&{Escape(normal)}";
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.ASCII.GetBytes("&" + secret), Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>Escapes any length; the framework's own function stops at 64 KiB.</summary>
    private static string Escape(string text) =>
        text.Length < 10_000
            ? Uri.EscapeDataString(text)
            : text.Replace("%", "%25", StringComparison.Ordinal)
                .Replace("+", "%2B", StringComparison.Ordinal)
                .Replace("/", "%2F", StringComparison.Ordinal)
                .Replace("=", "%3D", StringComparison.Ordinal);

    private async Task<Response> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            var headers = answer
                .Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return new Response(
                (int)answer.StatusCode,
                headers,
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
            );
        }
    }
}
