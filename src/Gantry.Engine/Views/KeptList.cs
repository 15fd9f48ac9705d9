namespace Gantry.Engine.Views;

/// <summary>
/// A list of MAAS that all clusters of an account share, and that is read again when it is older than the caller accepts. A caller
/// waits for it as <see cref="PendingCalls"/> does; the list goes on and is kept for the next one.
/// </summary>
/// <param name="what">The call as a clause for people: <c>list its images</c>.</param>
internal sealed class KeptList<T>(string what, Func<CancellationToken, Task<T>> list, PendingCalls calls, TimeProvider time)
    where T : class
{
    // A list that takes longer than this may be older by as much: otherwise it would be too old when it comes.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    private Kept? _kept;
    private long _changes;

    /// <summary>The newest list, however old; <c>null</c> without one.</summary>
    public T? Newest => _kept?.List;

    /// <exception cref="Ports.RegionException">MAAS refuses, does not answer, or has not answered yet.</exception>
    public Task<T> GetAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (_kept is { } kept && time.GetElapsedTime(kept.At) <= maxAge + (kept.Took < Slow ? TimeSpan.Zero : kept.Took))
        {
            return Task.FromResult(kept.List);
        }

        var changes = Interlocked.Read(ref _changes);
        var call = new MaasCall("", what, $"{what} {changes}", what) { IsRead = true, IsShared = true };
        return calls.AwaitAsync(call, () => ReadAsync(changes), cancellationToken);
    }

    public void Invalidate()
    {
        Interlocked.Increment(ref _changes);
        _kept = null;
    }

    private async Task<T> ReadAsync(long changes)
    {
        var started = time.GetTimestamp();
        var listed = await list(CancellationToken.None);

        // What MAAS was listing while a call changed it counts for those alone who wait for it.
        if (changes == Interlocked.Read(ref _changes))
        {
            _kept = new Kept(listed, started, time.GetElapsedTime(started));
        }

        return listed;
    }

    private sealed record Kept(T List, long At, TimeSpan Took);
}
