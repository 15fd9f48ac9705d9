namespace Gantry.Gateway.Sync;

/// <summary>
/// Wakes one waiter; set while nobody waits, it lets the next one through. It never leaves the waiter's synchronization
/// context, which <see cref="Task.WaitAsync(CancellationToken)"/> would do, so that a simulated run stays on its one thread.
/// </summary>
internal sealed class Signal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = New();

    public void Set()
    {
        lock (_gate)
        {
            _next.TrySetResult();
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            waiting = _next;
        }

        await using (cancellationToken.Register(() => waiting.TrySetResult()))
        {
            await waiting.Task;
        }

        lock (_gate)
        {
            _next = New();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
