namespace Gantry.Engine;

/// <summary>
/// Lets one in at a time, in the order of asking. Unlike a semaphore it never leaves the caller's synchronization
/// context, so that a simulated run stays on its one thread.
/// </summary>
internal sealed class AsyncLock
{
    private readonly Lock gate = new();
    private readonly Queue<TaskCompletionSource> waiting = new();
    private bool taken;

    /// <summary>Dispose what it gives to let the next one in.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        TaskCompletionSource? turn = null;
        lock (gate)
        {
            if (taken)
            {
                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting.Enqueue(turn);
            }

            taken = true;
        }

        if (turn is not null)
        {
            await turn.Task;
        }

        return new Stay(this);
    }

    private void Leave()
    {
        lock (gate)
        {
            if (waiting.TryDequeue(out var next))
            {
                next.TrySetResult();
            }
            else
            {
                taken = false;
            }
        }
    }

    private sealed class Stay(AsyncLock turnstile) : IDisposable
    {
        private bool left;

        public void Dispose()
        {
            if (!left)
            {
                left = true;
                turnstile.Leave();
            }
        }
    }
}
