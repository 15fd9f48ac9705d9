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
    private readonly HashSet<string> seen = [];
    private readonly PriorityQueue<string, DateTimeOffset> expiring = new();
    private readonly Lock gate = new();

    public ValueTask<bool> TryUseAsync(string id, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            while (expiring.TryPeek(out var oldest, out var ends) && ends < now)
            {
                expiring.Dequeue();
                seen.Remove(oldest);
            }

            if (!seen.Add(id))
            {
                return ValueTask.FromResult(false);
            }

            expiring.Enqueue(id, until);
            return ValueTask.FromResult(true);
        }
    }
}
