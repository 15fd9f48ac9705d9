namespace Gantry.Engine;

/// <summary>A list of MAAS that all clusters of an account share, and that is read again when it is older than the caller accepts.</summary>
internal sealed class KeptList<T>(Func<CancellationToken, Task<T>> list, TimeProvider time)
    where T : class
{
    private readonly AsyncLock _listing = new();
    private Kept? _kept;
    private long _changes;

    public async Task<T> GetAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        using (await _listing.EnterAsync())
        {
            if (_kept is { } kept && time.GetElapsedTime(kept.At) <= maxAge)
            {
                return kept.List;
            }

            var (started, before) = (time.GetTimestamp(), Interlocked.Read(ref _changes));
            var listed = await list(cancellationToken);

            // What MAAS was listing while a call changed it counts for this caller alone.
            _kept = before == Interlocked.Read(ref _changes) ? new Kept(listed, started) : null;
            return listed;
        }
    }

    public void Invalidate()
    {
        Interlocked.Increment(ref _changes);
        _kept = null;
    }

    private sealed record Kept(T List, long At);
}
