using Gantry.Clusters.Model;

namespace Gantry.Engine;

/// <summary>
/// The queue of clusters to reconcile. There is one entry per cluster, and the earliest time wins. A cluster that is being
/// reconciled is not taken again until it is done; an entry added meanwhile is kept. Among the clusters that are due, the
/// oldest is taken first. Times are monotonic, so setting the wall clock changes nothing.
/// </summary>
/// <remarks>
/// There are two heaps: future entries by their due time, and due entries by the age of their cluster. A replaced entry stays
/// in its heap until it reaches the top; <see cref="_waiting"/> holds the entries that are valid.
/// </remarks>
internal sealed class WorkQueue(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ClusterId, Entry> _waiting = [];
    private readonly HashSet<ClusterId> _running = [];
    private readonly PriorityQueue<Entry, TimeSpan> _future = new();
    private readonly PriorityQueue<Entry, Entry> _due = new(Comparer<Entry>.Create(CompareOrder));
    private readonly long _start = time.GetTimestamp();
    private TaskCompletionSource _changed = Signal();

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <param name="wait">The time until the entry is due.</param>
    /// <param name="order">When the cluster was created.</param>
    public void Add(ClusterId cluster, TimeSpan wait, DateTimeOffset order)
    {
        lock (_gate)
        {
            var entry = new Entry(cluster, Now + wait, order);
            if (_waiting.TryGetValue(cluster, out var known) && known.Due <= entry.Due)
            {
                return;
            }

            EngineMetrics.Added(known is null ? 1 : 0);
            _waiting[cluster] = entry;
            _future.Enqueue(entry, entry.Due);
            DropReplaced();
            _changed.TrySetResult();
        }
    }

    public void Done(ClusterId cluster)
    {
        lock (_gate)
        {
            if (_running.Remove(cluster) && _waiting.TryGetValue(cluster, out var entry))
            {
                // The heap may have dropped the entry during the reconcile. A duplicate does no harm.
                _future.Enqueue(entry, entry.Due);
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>The next cluster that is due and not being reconciled; <c>null</c> when there is none now.</summary>
    public ClusterId? TryTake()
    {
        lock (_gate)
        {
            MoveDue();
            if (!_due.TryDequeue(out var next, out _))
            {
                return null;
            }

            EngineMetrics.Taken(Now - next.Due);
            _waiting.Remove(next.Cluster);
            _running.Add(next.Cluster);
            return next.Cluster;
        }
    }

    /// <summary>Removes all entries.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            EngineMetrics.Dropped(_waiting.Count);
            _waiting.Clear();
            _future.Clear();
            _due.Clear();
        }
    }

    /// <summary>Ends when something was added or done, or when the next entry is due.</summary>
    /// <param name="hasCapacity">
    /// Another cluster can be reconciled now. Otherwise due entries wait for <see cref="Done"/>.
    /// </param>
    public async Task WaitAsync(bool hasCapacity, CancellationToken cancellationToken)
    {
        TaskCompletionSource signal;
        TimeSpan? delay;
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
            {
                _changed = Signal();
                return;
            }

            signal = _changed;
            MoveDue();
            delay =
                _due.Count > 0 ? TimeSpan.Zero
                : _future.TryPeek(out _, out var next) ? next - Now
                : null;
        }

        // The entry became due after the caller's last TryTake, so no signal follows for it.
        if (hasCapacity && delay <= TimeSpan.Zero)
        {
            return;
        }

        await using var timer = time.CreateTimer(
            _ => signal.TrySetResult(),
            null,
            delay is { } wait && wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        await using var stopping = cancellationToken.Register(() => signal.TrySetResult());
        await signal.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    // Afterwards the top of either heap is a valid entry whose cluster is not being reconciled.
    private void MoveDue()
    {
        var now = Now;
        while (_future.TryPeek(out var entry, out var due) && (due <= now || !IsFree(entry)))
        {
            _future.Dequeue();
            if (IsFree(entry))
            {
                _due.Enqueue(entry, entry);
            }
        }

        while (_due.TryPeek(out var entry, out _) && !IsFree(entry))
        {
            _due.Dequeue();
        }
    }

    private bool IsFree(Entry entry) =>
        _waiting.TryGetValue(entry.Cluster, out var known) && ReferenceEquals(known, entry) && !_running.Contains(entry.Cluster);

    // Each time that a cluster is enqueued earlier, the replaced entry stays in the heap.
    private void DropReplaced()
    {
        if (_future.Count <= 64 + (2 * _waiting.Count))
        {
            return;
        }

        _future.Clear();
        _future.EnqueueRange(
            _waiting.Values.Where(entry => !_running.Contains(entry.Cluster)).Select(entry => (entry, entry.Due))
        );
        _due.Clear();
    }

    private static int CompareOrder(Entry one, Entry other) =>
        one.Order != other.Order
            ? one.Order.CompareTo(other.Order)
            : string.CompareOrdinal(one.Cluster.Value, other.Cluster.Value);

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Entry(ClusterId Cluster, TimeSpan Due, DateTimeOffset Order);
}
