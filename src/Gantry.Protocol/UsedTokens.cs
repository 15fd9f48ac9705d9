namespace Gantry.Protocol;

/// <summary>Records used tokens, so that each is accepted once.</summary>
public interface IUsedTokens
{
    /// <summary>Marks a token as used.</summary>
    /// <param name="until">The time from which the token is refused as expired and its record can be dropped.</param>
    /// <returns>False when the token was used before.</returns>
    ValueTask<bool> TryUseAsync(string id, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Keeps used tokens in this process until they expire.</summary>
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
