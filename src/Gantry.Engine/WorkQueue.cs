using Gantry.Clusters.Model;

namespace Gantry.Engine;

/// <summary>
/// Which cluster is to be looked at next. One entry a cluster, the earliest time wins, and a cluster that is being
/// looked at is not given out again before it is done; a wake-up in between is kept. Among those that are due, the one
/// asked for first goes first. It counts on the monotonic clock, so that nobody waits for a clock that was set back.
/// </summary>
internal sealed class WorkQueue(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ClusterId, Entry> waiting = [];
    private readonly HashSet<ClusterId> running = [];
    private readonly long start = time.GetTimestamp();
    private TaskCompletionSource changed = Signal();

    private TimeSpan Now => time.GetElapsedTime(start);

    /// <param name="wait">From now until it is due.</param>
    /// <param name="order">When the cluster was asked for.</param>
    public void Add(ClusterId cluster, TimeSpan wait, DateTimeOffset order)
    {
        lock (gate)
        {
            var due = Now + wait;
            if (waiting.TryGetValue(cluster, out var known) && known.Due <= due)
            {
                return;
            }

            waiting[cluster] = new Entry(due, order);
            changed.TrySetResult();
        }
    }

    public void Done(ClusterId cluster)
    {
        lock (gate)
        {
            running.Remove(cluster);
            changed.TrySetResult();
        }
    }

    /// <summary>The next cluster that is due and not being looked at; <c>null</c> when there is none now.</summary>
    public ClusterId? TryTake()
    {
        lock (gate)
        {
            var now = Now;
            ClusterId? best = null;
            var bestOrder = DateTimeOffset.MaxValue;
            foreach (var (cluster, entry) in waiting)
            {
                if (entry.Due <= now && !running.Contains(cluster) && (best is null || Before(entry.Order, cluster)))
                {
                    best = cluster;
                    bestOrder = entry.Order;
                }
            }

            if (best is { } taken)
            {
                waiting.Remove(taken);
                running.Add(taken);
            }

            return best;

            bool Before(DateTimeOffset order, ClusterId cluster) =>
                order < bestOrder || (order == bestOrder && string.CompareOrdinal(cluster.Value, best!.Value.Value) < 0);
        }
    }

    /// <summary>Ends when something was added or done, or when the next entry falls due.</summary>
    /// <param name="anyPlace">Whether one more cluster could be looked at now; if not, what is due waits for the end of another.</param>
    public async Task WaitAsync(bool anyPlace, CancellationToken cancellationToken)
    {
        TaskCompletionSource signal;
        TimeSpan? delay = null;
        lock (gate)
        {
            if (changed.Task.IsCompleted)
            {
                changed = Signal();
                return;
            }

            signal = changed;
            foreach (var (cluster, entry) in waiting)
            {
                var until = entry.Due - Now;
                if (!running.Contains(cluster) && (delay is null || until < delay))
                {
                    delay = until;
                }
            }
        }

        // It fell due after the caller had looked: no signal would ever come for it.
        if (anyPlace && delay <= TimeSpan.Zero)
        {
            return;
        }

        await using var timer = time.CreateTimer(
            _ => signal.TrySetResult(), null, delay is { } due && due > TimeSpan.Zero ? due : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var stopping = cancellationToken.Register(() => signal.TrySetResult());
        await signal.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Entry(TimeSpan Due, DateTimeOffset Order);
}
