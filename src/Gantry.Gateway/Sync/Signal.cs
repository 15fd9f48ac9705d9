namespace Gantry.Gateway.Sync;

/// <summary>Wakes one waiter; set while nobody waits, it lets the next one through.</summary>
internal sealed class Signal
{
    private readonly Lock gate = new();
    private TaskCompletionSource next = New();

    public void Set()
    {
        lock (gate)
        {
            next.TrySetResult();
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task waiting;
        lock (gate)
        {
            waiting = next.Task;
        }

        await waiting.WaitAsync(cancellationToken);
        lock (gate)
        {
            next = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
