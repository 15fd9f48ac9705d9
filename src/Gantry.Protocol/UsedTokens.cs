namespace Gantry.Protocol;

/// <summary>Remembers which tokens were used, so that none is good twice.</summary>
public interface IUsedTokens
{
    /// <summary>Marks a token as used.</summary>
    /// <param name="until">From then on the token is refused for its age and need not be remembered.</param>
    /// <returns>False when it was used before.</returns>
    ValueTask<bool> TryUseAsync(string id, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Remembers tokens in this process; the memory is bounded by the requests of some minutes.</summary>
public sealed class ProcessUsedTokens : IUsedTokens
{
    private readonly HashSet<string> _seen = [];
    private readonly PriorityQueue<string, DateTimeOffset> _expiring = new();
    private readonly Lock _gate = new();

    public ValueTask<bool> TryUseAsync(string id, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            while (_expiring.TryPeek(out var oldest, out var ends) && ends < now)
            {
                _expiring.Dequeue();
                _seen.Remove(oldest);
            }

            if (!_seen.Add(id))
            {
                return ValueTask.FromResult(false);
            }

            _expiring.Enqueue(id, until);
            return ValueTask.FromResult(true);
        }
    }
}
