namespace Gantry.Engine;

/// <summary>
/// Lets one in at a time, in the order of asking. Unlike a semaphore it never leaves the caller's synchronization
/// context, so that a simulated run stays on its one thread.
/// </summary>
internal sealed class AsyncLock
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private bool _taken;

    /// <summary>Dispose what it gives to let the next one in.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        TaskCompletionSource? turn = null;
        lock (_gate)
        {
            if (_taken)
            {
                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(turn);
            }

            _taken = true;
        }

        if (turn is not null)
        {
            await turn.Task;
        }

        return new Stay(this);
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
            {
                next.TrySetResult();
            }
            else
            {
                _taken = false;
            }
        }
    }

    private sealed class Stay(AsyncLock turnstile) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                turnstile.Leave();
            }
        }
    }
}
