using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gantry.Gateway.Pairing;
using Gantry.Protocol;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Link;

/// <summary>
/// The gateway's link to its console: HTTPS requests, each with its own token. When the two clocks differ more than the
/// console accepts, requests are signed with the console's time, and the difference is reported.
/// </summary>
internal sealed partial class ConsoleLink(
    Uri console,
    GatewayIdentity identity,
    HttpMessageHandler transport,
    TimeProvider time,
    ILogger log
) : IConsoleLink, IDisposable
{
    private const long LargestAnswer = 256 * 1024 * 1024;

    private readonly HttpClient _http = new(transport)
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LargestAnswer,
    };
    private readonly Uri _root = new(console.AbsoluteUri.TrimEnd('/') + "/");
    private long _clockOffsetTicks;

    /// <summary>The console's clock minus the gateway's; zero unless the difference mattered.</summary>
    public TimeSpan ClockOffset => TimeSpan.FromTicks(Interlocked.Read(ref _clockOffsetTicks));

    public void Dispose() => _http.Dispose();

    /// <exception cref="ConsoleFailure">The code is refused, or the console is unreachable.</exception>
    public async Task<PairResponse> PairAsync(PairRequest request, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ProtocolJson.Options);
        var answer = await SendAsync(Request(GatewayPaths.Pair, body), TimeSpan.FromSeconds(30), cancellationToken);
        return Read<PairResponse>(answer.Body);
    }

    /// <exception cref="ConsoleFailure">The request failed.</exception>
    public async Task<DesiredState> PollAsync(
        string gatewayUid,
        DesiredStateRequest request,
        CancellationToken cancellationToken
    ) =>
        Read<DesiredState>(
            await PostAsync(
                gatewayUid,
                GatewayPaths.Desired,
                request,
                TimeSpan.FromSeconds(request.WaitSeconds + 20),
                cancellationToken
            )
        );

    /// <exception cref="ConsoleFailure">The request failed.</exception>
    public Task ReportAsync(string gatewayUid, StatusReport report, CancellationToken cancellationToken) =>
        PostAsync(gatewayUid, GatewayPaths.Status, report, TimeSpan.FromSeconds(60), cancellationToken);

    /// <exception cref="ConsoleFailure">The request failed.</exception>
    public Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken) =>
        PostAsync(gatewayUid, GatewayPaths.Answers, answer, TimeSpan.FromSeconds(20), cancellationToken);

    private async Task<byte[]> PostAsync<T>(
        string gatewayUid,
        string path,
        T content,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(content, ProtocolJson.Options);
        var answer = await SendAsync(Signed(gatewayUid, path, body), timeout, cancellationToken);
        if (answer.Failure is not ConsoleRefusedException { Code: "ClockSkew" } || answer.Date is not { } consoleTime)
        {
            return answer.Body;
        }

        var offset = consoleTime - time.GetUtcNow();
        Interlocked.Exchange(ref _clockOffsetTicks, offset.Ticks);
        ClockDiffers(Math.Abs(Math.Round(offset.TotalSeconds)), offset < TimeSpan.Zero ? "ahead of" : "behind");
        var second = await SendAsync(Signed(gatewayUid, path, body), timeout, cancellationToken);
        return second.Body;
    }

    private HttpRequestMessage Signed(string gatewayUid, string path, byte[] body)
    {
        var request = Request(path, body);
        var token = GatewayToken.Sign(
            identity.Signing,
            gatewayUid,
            "POST",
            request.RequestUri!.PathAndQuery,
            body,
            time.GetUtcNow() + ClockOffset
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private HttpRequestMessage Request(string path, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_root, path.TrimStart('/')))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(ProtocolContract.Header, ProtocolContract.Version.ToString(CultureInfo.InvariantCulture));
        return request;
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using (request)
            {
                using var response = await _http.SendAsync(request, either.Token);
                RefuseOtherContract(response);
                var body = await response.Content.ReadAsByteArrayAsync(either.Token);
                return new Answer(
                    body,
                    response.Headers.Date,
                    response.IsSuccessStatusCode ? null : Blocker(response.StatusCode, body)
                );
            }
        }
        catch (HttpRequestException failure)
        {
            throw new ConsoleAwayException(ConsoleTransport.Describe(_root, failure), failure);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConsoleAwayException(
                $"The console at {_root.Authority} did not answer within {timeout.TotalSeconds:0} s.",
                late
            );
        }
    }

    // Only a console's response counts: a proxy does not know contract versions.
    private static void RefuseOtherContract(HttpResponseMessage response)
    {
        var isTold = response.Headers.TryGetValues(ProtocolContract.Header, out var told);
        if (
            (isTold || response.IsSuccessStatusCode)
            && ProtocolContract.Mismatch(ProtocolContract.Version, ProtocolContract.Read(told?.FirstOrDefault())) is { } mismatch
        )
        {
            throw new ContractMismatchException(mismatch);
        }
    }

    private ConsoleFailure Blocker(HttpStatusCode status, byte[] body)
    {
        var (code, message) = ErrorIn(body);
        return (status, code) switch
        {
            (HttpStatusCode.Unauthorized, "GatewayRevoked" or "UnknownGateway") => new GatewayRevokedException(
                message ?? "The console does not know this gateway any more; pair it again."
            ),
            (_, not null) => new ConsoleRefusedException(
                (int)status,
                code,
                message ?? $"The console answered {(int)status} {code}."
            ),
            // Not the console's format: the response comes from a proxy, a load balancer or another server at this address.
            _ => new ConsoleAwayException(
                $"{_root.Authority} answered {(int)status} and not as a console does: check the address and the proxy on the way."
            ),
        };
    }

    private static (string? Code, string? Message) ErrorIn(byte[] body)
    {
        try
        {
            var error = JsonSerializer.Deserialize<ErrorBody>(body, ProtocolJson.Options);
            return (error?.Code, error?.Message);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, ProtocolJson.Strict) ?? throw new JsonException("it is null");
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException or FormatException)
        {
            throw new ConsoleAwayException(
                $"{_root.Authority} answered something that is not a {typeof(T).Name}: the versions of console and gateway "
                    + "may not fit.",
                unreadable
            );
        }
    }

    [LoggerMessage(
        2014,
        LogLevel.Warning,
        "This machine's clock is {Seconds} s {Direction} the console's. Requests are signed with the console's "
            + "time; set the clock, certificates depend on it"
    )]
    private partial void ClockDiffers(double seconds, string direction);

    private sealed record ErrorBody(string? Code, string? Message);

    /// <summary>Throws when the body of a refusal is read, so that a refusal cannot be taken for a result.</summary>
    private sealed class Answer(byte[] body, DateTimeOffset? date, ConsoleFailure? failure)
    {
        public byte[] Body => Failure is null ? body : throw Failure;

        public DateTimeOffset? Date { get; } = date;

        public ConsoleFailure? Failure { get; } = failure;
    }
}
