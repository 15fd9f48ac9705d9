namespace Gantry.Gateway.Sync;

/// <summary>
/// Wakes one waiter; a signal set without a waiter lets the next one through. The waiter stays on its synchronization
/// context, which <see cref="Task.WaitAsync(CancellationToken)"/> would leave, so that a simulated run stays on its one
/// thread.
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
