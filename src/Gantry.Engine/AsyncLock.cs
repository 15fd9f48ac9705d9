namespace Gantry.Engine;

/// <summary>
/// A fair asynchronous lock: callers enter one at a time, in the order of their calls. Unlike <see cref="SemaphoreSlim"/> it
/// continues on the caller's synchronization context, so a simulated run stays on one thread.
/// </summary>
internal sealed class AsyncLock
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private bool _taken;

    /// <returns>The lock; disposing it lets the next caller enter.</returns>
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

        return new Releaser(this);
    }

    private void Release()
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

    private sealed class Releaser(AsyncLock owner) : IDisposable
    {
        private bool _released;

        public void Dispose()
        {
            if (!_released)
            {
                _released = true;
                owner.Release();
            }
        }
    }
}
