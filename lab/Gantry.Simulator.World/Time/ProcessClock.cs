namespace Gantry.Simulator.Time;

/// <summary>
/// The clock of one simulated process. <see cref="Offset"/> shifts the time of day but not the timers, which follow a monotonic
/// clock as in a real process. The timers of a dead process never fire.
/// </summary>
public sealed class ProcessClock(VirtualTime time, ProcessContext process) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(time.Ticks + Offset.Ticks, TimeSpan.Zero);

    public override long GetTimestamp() => time.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ClockTimer(time, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ClockTimer(VirtualTime time, ProcessContext process, TimerCallback callback, object? state) : ITimer
    {
        private VirtualTime.Due? _due;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due?.CallOff();
            _due = null;
            _period = period;
            if (dueTime >= TimeSpan.Zero)
            {
                _due = time.In(dueTime, Fire);
            }

            return true;
        }

        public void Dispose()
        {
            _due?.CallOff();
            _due = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (process.Dead)
            {
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                _due = time.In(_period, Fire);
            }

            process.Run(() => callback(state));
        }
    }
}
