namespace Gantry.Simulator.Time;

/// <summary>
/// The queue of the continuations of all simulated processes, in order. All of them run on the thread that created it; a
/// continuation from another thread is refused, because it would make runs differ.
/// </summary>
public sealed class OneThread
{
    private readonly Queue<(ProcessContext Process, SendOrPostCallback Run, object? With)> _posted = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>A continuation came from another thread: code left the synchronization context.</summary>
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

/// <summary>
/// The synchronization context of one process: its continuations run in the queue, and are dropped once the process is dead.
/// </summary>
public sealed class ProcessContext(OneThread thread) : SynchronizationContext
{
    public bool Dead { get; set; }

    public override void Post(SendOrPostCallback d, object? state) => thread.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs code in this process up to its first await.</summary>
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
