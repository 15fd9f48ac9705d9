using System.Collections.Concurrent;

namespace Gantry.Server.Gateways;

/// <summary>Wakes the polls of a gateway. A wake-up carries no data: the woken poll reads the store.</summary>
public interface IGatewaySignals
{
    /// <summary>
    /// Completes at the next <see cref="Wake"/> after this call; call it before reading the data that may change.
    /// </summary>
    Task NextAsync(string gatewayUid);

    void Wake(string gatewayUid);
}

/// <summary>Wakes the polls held open by this process.</summary>
public sealed class ProcessSignals : IGatewaySignals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _next = new();

    public Task NextAsync(string gatewayUid) =>
        _next.GetOrAdd(gatewayUid, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Wake(string gatewayUid)
    {
        if (_next.TryRemove(gatewayUid, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
