using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Gateway.Link;
using Gantry.Protocol;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Requests;

/// <summary>
/// Answers requests concurrently, each within a time limit. The console offers a request again until it is answered, so a
/// request without a free place waits for the next poll.
/// </summary>
public sealed partial class RequestHandler(
    Func<GatewayRequest, CancellationToken, Task<object>> answers,
    Func<GatewayAnswer, CancellationToken, Task> deliver,
    TimeProvider time,
    ILogger log
)
{
    /// <summary>The console stops waiting after 20 s; a later answer is dropped.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(18);

    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);

    public void Take(IEnumerable<GatewayRequest> requests, CancellationToken cancellationToken)
    {
        foreach (var request in requests)
        {
            if (_underWay.Count < GatewayRequest.AtATime && !_underWay.ContainsKey(request.Id))
            {
                var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _underWay[request.Id] = answered.Task;
                _ = HandleAsync(request, answered, cancellationToken);
            }
        }
    }

    /// <summary>Completes when no request is in progress.</summary>
    public Task FinishAsync() => Task.WhenAll(_underWay.Values);

    private async Task HandleAsync(GatewayRequest request, TaskCompletionSource answered, CancellationToken cancellationToken)
    {
        try
        {
            var kind = request.GetType().Name;
            using var activity = GatewayMetrics.Request(kind);
            var start = time.GetTimestamp();
            var answer = await FindAnswerAsync(request, cancellationToken);
            var outcome = answer.Error?.Code ?? "success";
            GatewayMetrics.Answered(kind, outcome, time.GetElapsedTime(start));
            Answered(kind, request.Id, outcome);
            await deliver(answer, cancellationToken);
        }
        catch (ConsoleFailure failure)
        {
            NotDelivered(request.GetType().Name, request.Id, failure.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }
        finally
        {
            _underWay.TryRemove(request.Id, out _);
            answered.SetResult();
        }
    }

    private async Task<GatewayAnswer> FindAnswerAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await answers(request, either.Token) switch
            {
                GatewayError error => new GatewayAnswer(request.Id, null, error),
                var result => new GatewayAnswer(
                    request.Id,
                    JsonSerializer.SerializeToElement(result, result.GetType(), ProtocolJson.Options),
                    null
                ),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(
                new GatewayError(
                    "Unreachable",
                    $"There was no answer within {Longest.TotalSeconds:0} s: check that the gateway reaches MAAS and that "
                        + "MAAS is not overloaded."
                )
            );
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The exception's text may hold anything, so the console gets its type only.
            Failure(fault, request.GetType().Name, request.Id);
            return Failed(new GatewayError("Internal", $"The gateway failed with {fault.GetType().Name}; its log has more."));
        }

        GatewayAnswer Failed(GatewayError error) => new(request.Id, null, error);
    }

    [LoggerMessage(2040, LogLevel.Debug, "{Kind} {Id} is answered as {Outcome}")]
    private partial void Answered(string kind, string id, string outcome);

    [LoggerMessage(2041, LogLevel.Warning, "The answer to {Kind} {Id} did not reach the console: {Problem}")]
    private partial void NotDelivered(string kind, string id, string problem);

    [LoggerMessage(2042, LogLevel.Error, "{Kind} {Id} failed")]
    private partial void Failure(Exception fault, string kind, string id);
}
