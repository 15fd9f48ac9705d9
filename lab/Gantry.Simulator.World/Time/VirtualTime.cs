namespace Gantry.Simulator.Time;

/// <summary>
/// The time of a simulated world. It advances only by jumps to the next due action. Actions due at the same time run in the order
/// they were scheduled.
/// </summary>
public sealed class VirtualTime(DateTimeOffset start)
{
    private readonly PriorityQueue<Due, (long At, long Order)> _queue = new();
    private readonly long _start = start.UtcTicks;
    private long _order;

    /// <summary>UTC ticks.</summary>
    public long Ticks { get; private set; } = start.UtcTicks;

    public DateTimeOffset Now => new(Ticks, TimeSpan.Zero);

    /// <summary>The time since the world began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks - _start);

    public Due At(long ticks, Action act)
    {
        var due = new Due(act);
        _queue.Enqueue(due, (Math.Max(ticks, Ticks), _order++));
        return due;
    }

    public Due In(TimeSpan wait, Action act) => At(Ticks + wait.Ticks, act);

    /// <summary>Jumps to the next due action and runs it; cancelled actions are skipped.</summary>
    /// <returns>Whether an action was due by then.</returns>
    public bool Next(long until)
    {
        while (_queue.TryPeek(out var due, out var when) && when.At <= until)
        {
            _queue.Dequeue();
            if (due.IsOff)
            {
                continue;
            }

            Ticks = when.At;
            due.Happen();
            return true;
        }

        Ticks = Math.Max(Ticks, until);
        return false;
    }

    /// <summary>A scheduled action, which can be cancelled.</summary>
    public sealed class Due(Action act)
    {
        private Action? _act = act;

        public bool IsOff => _act is null;

        public void CallOff() => _act = null;

        public void Happen()
        {
            var happens = _act;
            _act = null;
            happens?.Invoke();
        }
    }
}
