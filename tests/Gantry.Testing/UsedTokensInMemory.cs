using Gantry.Protocol;

namespace Gantry.Testing;

/// <summary>Remembers tokens as long as the test runs.</summary>
public sealed class UsedTokensInMemory : IUsedTokens
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
