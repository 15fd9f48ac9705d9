using System.Text.Json;

namespace Gantry.Testing.Contract;

/// <summary>
/// Checks every exchange with a console against its OpenAPI document, and against the public API where that has the operation.
/// Status and query parameters must be declared; the answer, and the request of a success, must match their schemas. A mismatch
/// fails the call and is also reported to the test, because a program between this handler and the test may take the failure for
/// a network error.
/// </summary>
/// <param name="report">Receives each mismatch.</param>
public sealed class ContractHandler(HttpMessageHandler inner, Action<string>? report = null) : DelegatingHandler(inner)
{
    private static OpenApiContract? _contract;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (!path.StartsWith("/v1/", StringComparison.Ordinal) || path is "/v1/openapi.json")
        {
            return await base.SendAsync(request, cancellationToken);
        }

        // The document and the body are read before the call: the console may die during it, and a body can be read only once.
        _contract ??= await ReadContractAsync(new Uri(request.RequestUri, "/v1/openapi.json"), cancellationToken);
        var sent = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var exchange = new Exchange(
            request.Method.Method,
            path,
            sent,
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(cancellationToken)
        )
        {
            Query = request.RequestUri.Query,
        };
        List<string> problems =
        [
            .. _contract.Problems(exchange),
            .. PublicApi.Contract.Problems(exchange).Select(problem => $"{problem} (public API)"),
        ];
        if (problems.Count is 0)
        {
            return response;
        }

        var mismatch =
            $"{exchange.Method} {exchange.Path} -> {exchange.Status} is not what /v1/openapi.json says: "
            + $"{string.Join("; ", problems)}\n{exchange.Answer}";
        report?.Invoke(mismatch);
        throw new InvalidOperationException(mismatch);
    }

    private async Task<OpenApiContract> ReadContractAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var answer = await base.SendAsync(request, cancellationToken);
        return new OpenApiContract(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement);
    }
}
