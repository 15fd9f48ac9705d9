using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Scenarios;

/// <summary>A plain HTTP client of the public API, without Gantry's own client.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(RunningGantry gantry)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(gantry.Credentials.CaFile);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        _http = new HttpClient(gantry.Checked(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } }))
        {
            BaseAddress = new Uri(gantry.Credentials.Url),
        };
        _http.DefaultRequestHeaders.Add("ApiKey", gantry.Credentials.ApiKey);
    }

    /// <summary>The project of the later calls.</summary>
    public string? ProjectUid { get; set; }

    public async Task<(HttpStatusCode Status, string Body, string? MediaType)> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (ProjectUid is not null)
        {
            request.Headers.Add("ProjectUid", ProjectUid);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return (
            answer.StatusCode,
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            answer.Content.Headers.ContentType?.MediaType
        );
    }

    /// <summary>Makes a call and asserts its status, because generated clients accept no other.</summary>
    public async Task<JsonNode?> ExpectAsync(HttpStatusCode status, HttpMethod method, string path, JsonNode? body = null)
    {
        var answer = await SendAsync(method, path, body);
        Assert.True(answer.Status == status, $"{method} {path}: {(int)answer.Status} instead of {(int)status}: {answer.Body}");
        return answer.Body.Length == 0 || answer.MediaType != "application/json" ? null : JsonNode.Parse(answer.Body);
    }

    public void Dispose() => _http.Dispose();
}
