using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gantry.Server.Tests.Hosting;

/// <summary>
/// Holds every exchange of the test run against the OpenAPI document: the status is declared, the answer is what its schema says,
/// and so is the request of every success.
/// </summary>
public sealed class ContractHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static OpenApiContract? _contract;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (!path.StartsWith("/v1/", StringComparison.Ordinal) || path is "/v1/openapi.json")
        {
            return await base.SendAsync(request, cancellationToken);
        }

        // Read before it is sent: the body of a request can be read once.
        var sent = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        _contract ??= await ReadContractAsync(new Uri(request.RequestUri, "/v1/openapi.json"), cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var exchange = new Exchange(
            request.Method.Method,
            path,
            sent,
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(cancellationToken)
        );
        var problems = _contract.Problems(exchange);
        return problems.Count is 0
            ? response
            : throw new InvalidOperationException(
                $"{exchange.Method} {exchange.Path} -> {exchange.Status} is not what /v1/openapi.json says: "
                    + $"{string.Join("; ", problems)}\n{exchange.Answer}"
            );
    }

    private async Task<OpenApiContract> ReadContractAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var answer = await base.SendAsync(request, cancellationToken);
        return new OpenApiContract(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement);
    }
}

public sealed record Exchange(string Method, string Path, string Request, int Status, string? ContentType, string Answer);

/// <summary>An OpenAPI document, and what of an exchange contradicts it.</summary>
public sealed class OpenApiContract
{
    private readonly JsonElement _document;
    private readonly List<(string Method, Regex Path, int Parameters, JsonElement Operation)> _operations;

    public OpenApiContract(JsonElement document)
    {
        _document = document;
        _operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select (
                operation.Name.ToUpperInvariant(),
                PathOf(path.Name),
                path.Name.Count(letter => letter is '{'),
                operation.Value
            ),
        ];
    }

    public IReadOnlyList<string> Problems(Exchange exchange)
    {
        var found = _operations.Where(one => one.Path.IsMatch(exchange.Path)).OrderBy(one => one.Parameters).ToList();
        if (!found.Exists(one => one.Method == exchange.Method))
        {
            return exchange.Status is >= 400 ? [] : ["the document has no such operation"];
        }

        var operation = found.First(one => one.Method == exchange.Method).Operation;
        var responses = operation.GetProperty("responses");
        var isSuccess = exchange.Status is >= 200 and < 300;
        if (
            !responses.TryGetProperty($"{exchange.Status}", out var response)
            && (isSuccess || !responses.TryGetProperty("default", out response))
        )
        {
            return [$"status {exchange.Status} is not declared"];
        }

        List<string> problems = [.. Body(response, exchange.ContentType, exchange.Answer, "answer")];
        if (isSuccess && exchange.Request.Length > 0 && operation.TryGetProperty("requestBody", out var request))
        {
            problems.AddRange(Body(request, "application/json", exchange.Request, "request"));
        }

        return problems;
    }

    private IEnumerable<string> Body(JsonElement declared, string? contentType, string text, string name)
    {
        if (!declared.TryGetProperty("content", out var content))
        {
            return text.Length is 0 ? [] : [$"{name}: no body is declared"];
        }

        if (text.Length is 0)
        {
            return [$"{name}: a body is declared and none is there"];
        }

        if (contentType is null || !content.TryGetProperty(contentType, out var media))
        {
            return [$"{name}: the content type {contentType} is not declared"];
        }

        return contentType is "application/json"
            ? new SchemaCheck(_document, isClosed: name is "answer").Problems(
                media.GetProperty("schema"),
                JsonDocument.Parse(text).RootElement,
                name
            )
            : [];
    }

    private static Regex PathOf(string template) =>
        new(
            "^" + Regex.Replace(Regex.Escape(template), @"\\\{[^}]+}", "[^/]+", RegexOptions.None, TimeSpan.FromSeconds(1)) + "$",
            RegexOptions.None,
            TimeSpan.FromSeconds(1)
        );
}
