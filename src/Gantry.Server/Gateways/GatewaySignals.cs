using System.Collections.Concurrent;

namespace Gantry.Server.Gateways;

/// <summary>Wakes the polls of a gateway within this process. A wake-up carries nothing: who is woken reads the store.</summary>
public sealed class GatewaySignals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> next = new();

    /// <summary>Completes at the next <see cref="Wake"/> after this call; take it before reading what may have changed.</summary>
    public Task NextAsync(string gatewayUid) =>
        next.GetOrAdd(gatewayUid, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Wake(string gatewayUid)
    {
        if (next.TryRemove(gatewayUid, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
