using Gantry.Protocol;

namespace Gantry.Server.Gateways;

/// <summary>Who asks a gateway: requests of one origin must not starve those of another.</summary>
/// <param name="Project">Uid of the project; <c>null</c> for the tenant.</param>
public readonly record struct RequestOrigin(string Tenant, string? Project);

/// <summary>Pending requests to gateways, and their answers.</summary>
public interface IRequestBoard
{
    /// <summary>Posts a request and waits for its answer.</summary>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    Task<GatewayAnswer> PostAsync(
        string gatewayUid,
        RequestOrigin origin,
        GatewayRequest request,
        TimeSpan timeout,
        CancellationToken cancellationToken
    );

    /// <summary>The requests for a gateway now; each is handed out again when it stays unanswered for a while.</summary>
    Task<IReadOnlyList<GatewayRequest>> TakeAsync(string gatewayUid, CancellationToken cancellationToken);

    Task<bool> HasAnyAsync(string gatewayUid, CancellationToken cancellationToken);

    Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps requests in the process that waits for their answers; an answer may be a secret and is not stored. A gateway answers
/// few requests at a time: they are handed out in turns of their origins, and one origin never has all places.
/// </summary>
public sealed class ProcessRequestBoard(TimeProvider time) : IRequestBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private long _posted;

    public async Task<GatewayAnswer> PostAsync(
        string gatewayUid,
        RequestOrigin origin,
        GatewayRequest request,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        Pending waiting;
        lock (_gate)
        {
            waiting = new Pending(gatewayUid, origin, request, _posted++);
            _pending[request.Id] = waiting;
        }

        try
        {
            return await waiting.Answer.Task.WaitAsync(timeout, time, cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _pending.Remove(request.Id);
            }
        }
    }

    public Task<IReadOnlyList<GatewayRequest>> TakeAsync(string gatewayUid, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var ofGateway = _pending.Values.Where(one => one.GatewayUid == gatewayUid && !one.Answer.Task.IsCompleted).ToList();
            var underWay = ofGateway.Where(one => one.IsUnderWay(now)).ToLookup(one => one.Origin);
            var room = GatewayRequest.AtATime - underWay.Sum(origin => origin.Count());

            // A request's turn is its place among those of its origin, the ones under way included.
            var next =
                from origin in ofGateway.Where(one => !one.IsUnderWay(now)).GroupBy(one => one.Origin)
                from place in origin.OrderBy(one => one.Number).Index()
                let turn = underWay[origin.Key].Count() + place.Index
                where turn < GatewayRequest.AtATimeOfOneOrigin
                orderby turn, place.Item.Number
                select place.Item;
            Pending[] taken = [.. next.Take(Math.Max(0, room))];
            foreach (var one in taken)
            {
                one.HandedOutAt = now;
            }

            return Task.FromResult<IReadOnlyList<GatewayRequest>>([.. taken.Select(one => one.Request)]);
        }
    }

    public Task<bool> HasAnyAsync(string gatewayUid, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_pending.Values.Any(one => one.GatewayUid == gatewayUid));
        }
    }

    public Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_pending.TryGetValue(answer.RequestId, out var waiting) && waiting.GatewayUid == gatewayUid)
            {
                waiting.Answer.TrySetResult(answer);
            }
        }

        return Task.CompletedTask;
    }

    private sealed record Pending(string GatewayUid, RequestOrigin Origin, GatewayRequest Request, long Number)
    {
        public TaskCompletionSource<GatewayAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset? HandedOutAt { get; set; }

        public bool IsUnderWay(DateTimeOffset now) => HandedOutAt is { } at && now - at < PendingRequests.HandOutAgain;
    }
}
