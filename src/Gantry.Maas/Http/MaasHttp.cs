using System.Net;
using System.Text.Json;

namespace Gantry.Maas.Http;

/// <summary>
/// Sends requests in MAAS's encodings, reads answers into records and maps failures to <see cref="MaasException"/>s.
/// </summary>
internal sealed class MaasHttp : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly MaasClientOptions _options;
    private readonly TimeProvider _time;

    public MaasHttp(MaasClientOptions options, TimeProvider time, HttpMessageHandler transport)
    {
        _options = options;
        _time = time;
        Root = options.Endpoint.Url;
        _http = new HttpClient(new OAuthPlaintextHandler(options.Key, time, transport))
        {
            BaseAddress = new Uri(Root, "api/2.0/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Uri Root { get; }

    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        GetAsync<T>(path, new MaasForm(), cancellationToken);

    public async Task<T> GetAsync<T>(string path, MaasForm query, CancellationToken cancellationToken) =>
        Read<T>(path, await GetBytesAsync(path, query, cancellationToken));

    /// <summary>
    /// Repeats a read while MAAS is busy or unavailable, after a growing pause or the one in <c>Retry-After</c>.
    /// </summary>
    public async Task<byte[]> GetBytesAsync(string path, MaasForm query, CancellationToken cancellationToken)
    {
        var target = query.Fields.Count == 0 ? path : $"{path}?{query.ToQuery()}";
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendAsync(HttpMethod.Get, target, null, cancellationToken);
            }
            catch (MaasException failure)
                when (attempt < _options.ReadAttempts && failure is MaasBusyException or MaasUnavailableException)
            {
                await Task.Delay(PauseAfter(failure, attempt), _time, cancellationToken);
            }
        }
    }

    public async Task<T> PostAsync<T>(string path, string? operation, MaasForm form, CancellationToken cancellationToken) =>
        ReadResult<T>(path, await PostAsync(path, operation, form, cancellationToken));

    public Task<byte[]> PostAsync(string path, string? operation, MaasForm form, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post,
            operation is null ? path : $"{path}?op={operation}",
            new FormUrlEncodedContent(form.Fields),
            cancellationToken
        );

    public async Task<T> PutAsync<T>(string path, MaasForm form, CancellationToken cancellationToken) =>
        ReadResult<T>(path, await SendAsync(HttpMethod.Put, path, new FormUrlEncodedContent(form.Fields), cancellationToken));

    public Task PutBytesAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = new("application/octet-stream");
        return SendAsync(HttpMethod.Put, path, body, cancellationToken);
    }

    public Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        DeleteAsync(path, new MaasForm(), cancellationToken);

    public Task DeleteAsync(string path, MaasForm query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, query.Fields.Count == 0 ? path : $"{path}?{query.ToQuery()}", null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static TimeSpan PauseAfter(MaasException failure, int attempt)
    {
        var retryAfter = failure switch
        {
            MaasBusyException busy => busy.RetryAfter,
            MaasUnavailableException unavailable => unavailable.RetryAfter,
            _ => null,
        };
        var pause = retryAfter ?? FirstPause * Math.Pow(2, attempt - 1);
        return pause < LongestPause ? pause : LongestPause;
    }

    private async Task<byte[]> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        CancellationToken cancellationToken
    )
    {
        using var call = MaasCall.Start(method, path, _time);
        try
        {
            var body = await SendOnceAsync(method, path, content, cancellationToken);
            call.Succeed();
            return body;
        }
        catch (MaasException failure)
        {
            call.Fail(failure);
            throw;
        }
    }

    private async Task<byte[]> SendOnceAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        HttpResponseMessage answer;
        byte[] body;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            body = await answer.Content.ReadAsByteArrayAsync(either.Token);
        }
        catch (HttpRequestException failure)
        {
            throw Lost(method, MaasTransport.Describe(Root, failure), failure);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException)
        {
            throw Lost(method, $"The connection to MAAS broke during {method} {path}.", failure);
        }
        catch (OperationCanceledException failure)
            when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Lost(method, $"MAAS did not answer {method} {path} within {_options.Timeout.TotalSeconds:0} s.", failure);
        }

        using (answer)
        {
            return answer.IsSuccessStatusCode
                ? body
                : throw MaasErrors.From(
                    method,
                    path,
                    answer.StatusCode,
                    answer.Content.Headers.ContentType?.MediaType,
                    System.Text.Encoding.UTF8.GetString(body),
                    new MaasErrors.Origin(
                        Root,
                        answer.Headers.Location,
                        MaasTransport.RetryAfter(answer.Headers, _time.GetUtcNow())
                    )
                );
        }
    }

    /// <summary>
    /// A lost answer leaves the outcome of a write unknown, unless the request was never sent. A read changes nothing.
    /// </summary>
    private static MaasException Lost(HttpMethod method, string message, Exception failure) =>
        method == HttpMethod.Get
        || failure
            is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError
                    or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError,
            }
            ? new MaasUnavailableException(message, null, null, failure)
            : new MaasOutcomeUnknownException(message, null, failure);

    /// <summary>
    /// Reads the answer to a write. MAAS has carried the call out when it cannot be read, and only the object shows what it did.
    /// </summary>
    /// <exception cref="MaasOutcomeUnknownException">The answer is not what MAAS writes.</exception>
    public static T ReadResult<T>(string path, byte[] body)
    {
        try
        {
            return Read<T>(path, body);
        }
        catch (MaasUnexpectedException failure)
        {
            throw new MaasOutcomeUnknownException(failure.Message, failure.Status, failure);
        }
    }

    /// <exception cref="MaasUnexpectedException">The answer is not what MAAS writes.</exception>
    private static T Read<T>(string path, byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, MaasJson.Options)
                ?? throw new MaasUnexpectedException($"MAAS answered {path} with null.", (int)HttpStatusCode.OK);
        }
        catch (JsonException failure)
        {
            var part = PartOf<T>(body, failure);
            throw new MaasUnexpectedException(
                $"The answer to {path} is not one of MAAS 3.3 or later ({part ?? "no JSON"}): check that the address is that of a "
                    + "MAAS region.",
                (int)HttpStatusCode.OK,
                failure
            )
            {
                Part = part is "$" ? null : part,
            };
        }
    }

    private static string? PartOf<T>(byte[] body, JsonException failure)
    {
        try
        {
            return MaasJson.PartOf<T>(JsonElement.Parse(body), failure);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
