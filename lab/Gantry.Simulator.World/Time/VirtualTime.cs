namespace Gantry.Simulator.Time;

/// <summary>
/// The time of a simulated world: it jumps to the next thing that is due and never passes by itself. Things due at the
/// same moment happen in the order in which they were planned.
/// </summary>
public sealed class VirtualTime(DateTimeOffset start)
{
    private readonly PriorityQueue<Due, (long At, long Order)> _queue = new();
    private readonly long _start = start.UtcTicks;
    private long _order;

    /// <summary>UTC ticks.</summary>
    public long Ticks { get; private set; } = start.UtcTicks;

    public DateTimeOffset Now => new(Ticks, TimeSpan.Zero);

    /// <summary>Since the world began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks - _start);

    public Due At(long ticks, Action act)
    {
        var due = new Due(act);
        _queue.Enqueue(due, (Math.Max(ticks, Ticks), _order++));
        return due;
    }

    public Due In(TimeSpan wait, Action act) => At(Ticks + wait.Ticks, act);

    /// <summary>Jumps to what is due next and does it; something that was called off is passed over.</summary>
    /// <returns>Whether there was anything due by then.</returns>
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

    /// <summary>Something that will happen unless it is called off.</summary>
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
