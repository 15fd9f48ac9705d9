using System.Text.Json;

namespace Gantry.Testing.Contract;

/// <summary>
/// Holds every exchange with a console against its OpenAPI document: the status and the parameters are declared, the answer is
/// what its schema says, and so is the request of every success. An exchange that differs fails, and is told to the test as well:
/// a program between this handler and the test may take the failure for one of the network.
/// </summary>
/// <param name="tell">Gets what differs.</param>
public sealed class ContractHandler(HttpMessageHandler inner, Action<string>? tell = null) : DelegatingHandler(inner)
{
    private static OpenApiContract? _contract;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (!path.StartsWith("/v1/", StringComparison.Ordinal) || path is "/v1/openapi.json")
        {
            return await base.SendAsync(request, cancellationToken);
        }

        // Read before the request is sent: a console that dies meanwhile has not answered it, and a body can be read once.
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
        var problems = _contract.Problems(exchange);
        if (problems.Count is 0)
        {
            return response;
        }

        var difference =
            $"{exchange.Method} {exchange.Path} -> {exchange.Status} is not what /v1/openapi.json says: "
            + $"{string.Join("; ", problems)}\n{exchange.Answer}";
        tell?.Invoke(difference);
        throw new InvalidOperationException(difference);
    }

    private async Task<OpenApiContract> ReadContractAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var answer = await base.SendAsync(request, cancellationToken);
        return new OpenApiContract(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement);
    }
}
