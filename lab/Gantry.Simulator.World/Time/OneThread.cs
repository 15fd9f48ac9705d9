namespace Gantry.Simulator.Time;

/// <summary>
/// Where the continuations of all simulated processes wait for their turn, in order. All of them run on the thread that
/// made it; anything that comes from another thread would make a run differ from the next one, and is refused.
/// </summary>
public sealed class OneThread
{
    private readonly Queue<(ProcessContext Process, SendOrPostCallback Run, object? With)> _posted = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>A continuation came from another thread: something left the synchronization context.</summary>
    public bool WasLeft { get; private set; }

    public void Post(ProcessContext process, SendOrPostCallback run, object? with)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            WasLeft = true;
            return;
        }

        _posted.Enqueue((process, run, with));
    }

    public void RunUntilIdle()
    {
        while (_posted.TryDequeue(out var next))
        {
            if (!next.Process.Dead)
            {
                SynchronizationContext.SetSynchronizationContext(next.Process);
                next.Run(next.With);
            }
        }

        SynchronizationContext.SetSynchronizationContext(null);
    }
}

/// <summary>One process: what it awaits goes on here, and never again once the process is dead.</summary>
public sealed class ProcessContext(OneThread thread) : SynchronizationContext
{
    public bool Dead { get; set; }

    public override void Post(SendOrPostCallback d, object? state) => thread.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs in this process what ends before the first await.</summary>
    public void Run(Action act)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            act();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
