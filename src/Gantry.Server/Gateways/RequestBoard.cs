using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Server.Gateways;

/// <summary>Pending requests to gateways, and their answers.</summary>
public interface IRequestBoard
{
    /// <summary>Posts a request and waits for its answer.</summary>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    Task<GatewayAnswer> PostAsync(
        string gatewayUid,
        GatewayRequest request,
        TimeSpan timeout,
        CancellationToken cancellationToken
    );

    /// <summary>The requests for a gateway now; each is handed out again when it stays unanswered for a while.</summary>
    Task<IReadOnlyList<GatewayRequest>> TakeAsync(string gatewayUid, CancellationToken cancellationToken);

    Task<bool> HasAnyAsync(string gatewayUid, CancellationToken cancellationToken);

    Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken);
}

/// <summary>Keeps requests in the process that waits for their answers; an answer may be a secret and is not stored.</summary>
public sealed class ProcessRequestBoard(TimeProvider time) : IRequestBoard
{
    private readonly ConcurrentDictionary<string, Pending> _pending = new();

    public async Task<GatewayAnswer> PostAsync(
        string gatewayUid,
        GatewayRequest request,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var waiting = new Pending(gatewayUid, request);
        _pending[request.Id] = waiting;
        try
        {
            return await waiting.Answer.Task.WaitAsync(timeout, time, cancellationToken);
        }
        finally
        {
            _pending.TryRemove(request.Id, out _);
        }
    }

    public Task<IReadOnlyList<GatewayRequest>> TakeAsync(string gatewayUid, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return Task.FromResult<IReadOnlyList<GatewayRequest>>([
            .. _pending.Values.Where(one => one.GatewayUid == gatewayUid && one.HandOut(now)).Select(one => one.Request),
        ]);
    }

    public Task<bool> HasAnyAsync(string gatewayUid, CancellationToken cancellationToken) =>
        Task.FromResult(_pending.Values.Any(one => one.GatewayUid == gatewayUid));

    public Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken)
    {
        if (_pending.TryGetValue(answer.RequestId, out var waiting) && waiting.GatewayUid == gatewayUid)
        {
            waiting.Answer.TrySetResult(answer);
        }

        return Task.CompletedTask;
    }

    private sealed class Pending(string gatewayUid, GatewayRequest request)
    {
        private DateTimeOffset? _handedOutAt;

        public string GatewayUid { get; } = gatewayUid;

        public GatewayRequest Request { get; } = request;

        public TaskCompletionSource<GatewayAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HandOut(DateTimeOffset now)
        {
            lock (Answer)
            {
                if (_handedOutAt is { } last && now - last < PendingRequests.HandOutAgain)
                {
                    return false;
                }

                _handedOutAt = now;
                return true;
            }
        }
    }
}
