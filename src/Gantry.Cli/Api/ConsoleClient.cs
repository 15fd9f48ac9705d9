using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Api;

/// <summary>
/// The console's public API as the CLI uses it: JSON in, JSON out, and every failure one <see cref="CliException"/> with
/// the console's own words.
/// </summary>
public sealed class ConsoleClient : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http;
    private readonly ConsoleAddress _address;
    private string? _projectUid;

    public ConsoleClient(ConsoleAddress address)
    {
        _address = address;
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = Trust(address.CaFile), AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(address.Url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = s_timeout,
        };
        _http.DefaultRequestHeaders.Add("ApiKey", address.ApiKey);
    }

    public Uri Url => _address.Url;

    public Task<JsonNode?> GetAsync(string path, CancellationToken cancel) => CallAsync(HttpMethod.Get, path, null, inProject: true, cancel);

    public Task<JsonNode?> PostAsync(string path, JsonNode? body, CancellationToken cancel) =>
        CallAsync(HttpMethod.Post, path, body, inProject: true, cancel);

    public Task<JsonNode?> PutAsync(string path, JsonNode? body, CancellationToken cancel) =>
        CallAsync(HttpMethod.Put, path, body, inProject: true, cancel);

    public Task<JsonNode?> PatchAsync(string path, JsonNode? body, CancellationToken cancel) =>
        CallAsync(HttpMethod.Patch, path, body, inProject: true, cancel);

    public Task<JsonNode?> DeleteAsync(string path, CancellationToken cancel) =>
        CallAsync(HttpMethod.Delete, path, null, inProject: true, cancel);

    /// <summary>All items of a list, over as many pages as the console makes of it.</summary>
    public async Task<JsonArray> ListAsync(string path, CancellationToken cancel)
    {
        var all = new JsonArray();
        string? more = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await GetAsync(more is null ? path : $"{path}{separator}continue={Uri.EscapeDataString(more)}", cancel);
            foreach (var item in page?["items"]?.AsArray() ?? [])
            {
                all.Add(item?.DeepClone());
            }

            more = (string?)page?["listmeta"]?["continue"];
        }
        while (!string.IsNullOrEmpty(more));
        return all;
    }

    public async Task<string> DownloadAsync(string path, CancellationToken cancel)
    {
        using var request = await RequestAsync(HttpMethod.Get, path, null, inProject: true, cancel);
        using var answer = await SendAsync(request, cancel);
        return await answer.Content.ReadAsStringAsync(cancel);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> CallAsync(HttpMethod method, string path, JsonNode? body, bool inProject, CancellationToken cancel)
    {
        using var request = await RequestAsync(method, path, body, inProject, cancel);
        using var answer = await SendAsync(request, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException notJson)
        {
            throw new CliException(
                ExitCode.Unexpected, $"{_address.Url} answered {method} /{path} with something else than JSON: is it a Gantry console?", notJson);
        }
    }

    private async Task<HttpRequestMessage> RequestAsync(
        HttpMethod method, string path, JsonNode? body, bool inProject, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        if (inProject)
        {
            request.Headers.Add("ProjectUid", await ProjectUidAsync(cancel));
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return request;
    }

    /// <summary>The project that commands work in.</summary>
    public async Task<string> ProjectUidAsync(CancellationToken cancel)
    {
        if (_projectUid is not null)
        {
            return _projectUid;
        }

        var answer = await CallAsync(HttpMethod.Get, "v1/dashboard/projects/metadata", null, inProject: false, cancel);
        var projects = answer?["items"]?.AsArray().Select(item => item?["metadata"]).ToList() ?? [];
        var project = projects.Find(metadata => (string?)metadata?["name"] == _address.Project) ?? throw new CliException(
            ExitCode.NotFound,
            $"there is no project `{_address.Project}`; there is: {string.Join(", ", projects.Select(metadata => (string?)metadata?["name"]))}");
        return _projectUid = (string)project["uid"]!;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, cancel);
        }
        catch (HttpRequestException failure) when (failure.InnerException is AuthenticationException)
        {
            throw new CliException(
                ExitCode.Unreachable,
                $"the certificate of {_address.Url} is not trusted: give the console's CA with --ca-file or GANTRY_CA_FILE", failure);
        }
        catch (HttpRequestException failure)
        {
            throw new CliException(
                ExitCode.Unreachable, $"{_address.Url} does not answer ({failure.Message}): is `gantry up` running?", failure);
        }
        catch (TaskCanceledException failure) when (!cancel.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Unreachable, $"{_address.Url} did not answer within {s_timeout.TotalSeconds:0} seconds", failure);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await FailureAsync(request, answer, cancel);
        }
    }

    private static async Task<CliException> FailureAsync(HttpRequestMessage request, HttpResponseMessage answer, CancellationToken cancel)
    {
        var said = Parsed(await answer.Content.ReadAsStringAsync(cancel));
        var code = answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NoAccess,
            HttpStatusCode.NotFound => ExitCode.NotFound,
            >= HttpStatusCode.InternalServerError => ExitCode.Unexpected,
            _ => ExitCode.Refused,
        };
        return new CliException(
            code,
            (string?)said?["message"] ?? $"{request.Method} {request.RequestUri} was answered with {(int)answer.StatusCode} {answer.ReasonPhrase}")
        {
            ErrorCode = (string?)said?["code"],
            Details = [.. (said?["details"] as JsonArray ?? []).OfType<JsonObject>().Select(detail =>
                KeyValuePair.Create((string?)detail["field"] ?? "", (string?)detail["message"] ?? ""))],
        };
    }

    // Between a console and its user there are proxies, which answer with pages.
    private static JsonObject? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static SslClientAuthenticationOptions Trust(string? caFile)
    {
        if (caFile is null)
        {
            return new SslClientAuthenticationOptions();
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(caFile);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new CliException(ExitCode.Usage, $"the CA file {caFile} cannot be read: {unreadable.Message}", unreadable);
        }

        return new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = PolicyTrusting(authorities),
        };
    }

    private static X509ChainPolicy PolicyTrusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
