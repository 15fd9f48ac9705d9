using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Gateway.Link;
using Gantry.Protocol;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Asks;

/// <summary>
/// Answers asks, many at a time and each within a time. The console offers an ask again until it is answered, so one
/// that finds no place now is simply left for the next poll.
/// </summary>
internal sealed partial class AskDesk(
    Func<Ask, CancellationToken, Task<object>> answers, Func<AskAnswer, CancellationToken, Task> deliver, TimeProvider time, ILogger log)
{
    /// <summary>Asks answered at the same time.</summary>
    public const int Places = 16;

    /// <summary>The console gives up after 20 s; what is later is for nobody.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(18);

    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);

    public void Take(IEnumerable<Ask> asks, CancellationToken cancellationToken)
    {
        foreach (var ask in asks)
        {
            if (underWay.Count < Places && !underWay.ContainsKey(ask.Id))
            {
                var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                underWay[ask.Id] = answered.Task;
                _ = HandleAsync(ask, answered, cancellationToken);
            }
        }
    }

    /// <summary>Ends when no ask is under way.</summary>
    public Task FinishAsync() => Task.WhenAll(underWay.Values);

    private async Task HandleAsync(Ask ask, TaskCompletionSource answered, CancellationToken cancellationToken)
    {
        try
        {
            await deliver(await FindAnswerAsync(ask, cancellationToken), cancellationToken);
        }
        catch (ConsoleFailure failure)
        {
            NotDelivered(ask.GetType().Name, ask.Id, failure.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            underWay.TryRemove(ask.Id, out _);
            answered.SetResult();
        }
    }

    private async Task<AskAnswer> FindAnswerAsync(Ask ask, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await answers(ask, either.Token) switch
            {
                AskError error => new AskAnswer(ask.Id, null, error),
                var result => new AskAnswer(ask.Id, JsonSerializer.SerializeToElement(result, result.GetType(), ProtocolJson.Options), null),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(new AskError(
                "Unreachable", $"There was no answer within {Longest.TotalSeconds:0} s: check that the gateway reaches MAAS and that MAAS is not overloaded."));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Its text may hold anything, so only its kind is told.
            Failure(ask.GetType().Name, ask.Id, fault.GetType().Name);
            return Failed(new AskError("Internal", $"The gateway failed with {fault.GetType().Name}; its log has more."));
        }

        AskAnswer Failed(AskError error) => new(ask.Id, null, error);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to {Kind} {Id} did not reach the console: {Problem}")]
    private partial void NotDelivered(string kind, string id, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Kind} {Id} ended with a {Fault}")]
    private partial void Failure(string kind, string id, string fault);
}
