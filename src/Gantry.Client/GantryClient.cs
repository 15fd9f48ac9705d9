using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Api;

namespace Gantry.Client;

/// <summary>
/// Calls the operations of a console. Parameters are pairs of name and value; those that the route of the operation names go
/// there, the others into the query, and a query parameter without a value is left out.
/// </summary>
/// <remarks>
/// Every call throws <see cref="ApiException"/> or <see cref="UnreachableException"/>, and nothing is repeated.
/// </remarks>
public sealed class GantryClient : IDisposable
{
    private const string ApiKeyHeader = "ApiKey";
    private const string ProjectHeader = "ProjectUid";

    private readonly GantryClientOptions _options;
    private readonly HttpClient _http;
    private readonly JsonSerializerOptions _json;

    /// <exception cref="IOException"><see cref="GantryClientOptions.CaFile"/> cannot be read.</exception>
    public GantryClient(GantryClientOptions options)
        : this(options, options.Around(ConsoleTransport.Create(options.CaFile))) { }

    /// <param name="handler">Sends the requests; it trusts what it trusts, whatever <see cref="GantryClientOptions.CaFile"/>
    /// says.</param>
    public GantryClient(GantryClientOptions options, HttpMessageHandler handler)
    {
        Url = options.Url;
        _options = options;
        _json = options.Texts is { } texts
            ? new JsonSerializerOptions(ApiJson.Options) { Converters = { new TextConverter(texts) } }
            : ApiJson.Options;
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(options.Url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = options.Timeout,
        };
        _http.DefaultRequestHeaders.Add(ApiKeyHeader, options.ApiKey);
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
    }

    public Uri Url { get; }

    /// <summary>The project that calls work in; <c>null</c> works in the tenant.</summary>
    public string? ProjectUid { get; set; }

    /// <summary>Makes later calls work in the project of this name.</summary>
    /// <returns>The names of all projects when there is none of this name; <c>null</c> when the project was found.</returns>
    public async Task<IReadOnlyList<string>?> UseProjectAsync(string name, CancellationToken cancellationToken)
    {
        ProjectUid = null;
        var projects = await CallAsync(Operations.Projects.ListMetadata, [], cancellationToken);
        ProjectUid = projects.Items.FirstOrDefault(project => project.Metadata.Name == name)?.Metadata.Uid;
        return ProjectUid is null ? [.. projects.Items.Select(project => project.Metadata.Name)] : null;
    }

    public Task<TAnswer> CallAsync<TAnswer>(
        Operation<NoBody, TAnswer> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => CallAsync(operation, parameters, null, cancellationToken);

    /// <param name="body">The body of the request; <c>null</c> sends none.</param>
    public async Task<TAnswer> CallAsync<TRequest, TAnswer>(
        Operation<TRequest, TAnswer> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        TRequest? body,
        CancellationToken cancellationToken
    )
        where TRequest : class
    {
        var text = await SendAsync(operation, parameters, body, cancellationToken);
        if (typeof(TAnswer) == typeof(NoBody))
        {
            return (TAnswer)(object)new NoBody();
        }

        try
        {
            return JsonSerializer.Deserialize<TAnswer>(text, _json) ?? throw new JsonException("The answer is empty.");
        }
        catch (JsonException failure)
        {
            throw new UnreachableException(
                UnreachableReason.NotAConsole,
                $"{Url} answered {operation.Method} {operation.Route} with something else than its JSON: is it a Gantry console?",
                failure
            );
        }
    }

    /// <summary>The body of an answer that is not JSON, for example a kubeconfig.</summary>
    public Task<string> DownloadAsync(
        Operation operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => SendAsync(operation, parameters, null, cancellationToken);

    /// <summary>All items of a list, page by page.</summary>
    public IAsyncEnumerable<T> ListAsync<T>(
        Operation<NoBody, ItemList<T>> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => ListAsync(operation, parameters, null, cancellationToken);

    /// <summary>All items that a search finds, page by page.</summary>
    public async IAsyncEnumerable<T> ListAsync<TRequest, T>(
        Operation<TRequest, ItemList<T>> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        TRequest? body,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where TRequest : class
    {
        string? next = null;
        do
        {
            var page = await CallAsync(operation, [.. parameters, ("continue", next)], body, cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            next = page.Listmeta?.Continue;
        } while (!string.IsNullOrEmpty(next));
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> SendAsync(
        Operation operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        object? body,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), OperationUri.Of(operation, parameters));
        if (ProjectUid is not null)
        {
            request.Headers.Add(ProjectHeader, ProjectUid);
        }

        if (body is not null)
        {
            request.Content = new StringContent(
                JsonSerializer.Serialize(body, operation.Request, ApiJson.Options),
                Encoding.UTF8,
                "application/json"
            );
        }

        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            foreach (var warning in answer.Headers.Warning.Select(warning => warning.Text.Trim('"')))
            {
                _options.Warned?.Invoke(_options.Texts is { } clean ? clean(warning) : warning);
            }

            return answer.IsSuccessStatusCode ? text : throw Refusal(request, answer, text);
        }
        catch (HttpRequestException failure) when (failure.InnerException is AuthenticationException)
        {
            throw new UnreachableException(
                UnreachableReason.CertificateNotTrusted,
                $"the certificate of {Url} is not trusted",
                failure
            );
        }
        catch (HttpRequestException failure)
        {
            throw new UnreachableException(UnreachableReason.NoConnection, $"{Url} does not answer ({failure.Message})", failure);
        }
        catch (TaskCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreachableException(
                UnreachableReason.TimedOut,
                $"{Url} did not answer within {_http.Timeout.TotalSeconds:0} seconds",
                failure
            );
        }
    }

    private ApiException Refusal(HttpRequestMessage request, HttpResponseMessage answer, string text)
    {
        var error = Read(text);
        return new ApiException(
            answer.StatusCode,
            error?.Code,
            error?.Message
                ?? $"{request.Method} {request.RequestUri} was answered with {(int)answer.StatusCode} {answer.ReasonPhrase}",
            error?.Details?.Fields ?? []
        );
    }

    // Between a console and its user there are proxies, which answer with pages.
    private ErrorBody? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<ErrorBody>(text, _json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class TextConverter(Func<string, string> change) : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { } text ? change(text) : null;

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);

        public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            change(reader.GetString()!);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value);
    }
}
