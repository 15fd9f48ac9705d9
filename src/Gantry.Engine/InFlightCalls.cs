using System.Collections.Concurrent;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Calls whose answer never came. MAAS or an API server may still carry one out for a while, so what it would take must not
/// be forgotten or taken back before that. The clock is the monotonic one: neither a clock that is set nor the time at which
/// something was first asked for says anything about the last call.
/// </summary>
internal sealed class InFlightCalls(TimeProvider time, TimeSpan atMost)
{
    private readonly ConcurrentDictionary<string, long> _cutOff = new(StringComparer.Ordinal);
    private readonly long _begun = time.GetTimestamp();

    /// <param name="what">What it would take or take away.</param>
    public async Task<T> WatchAsync<T>(string what, Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception unknown)
            when (unknown is RegionException { Failure: RegionFailure.Unreachable } or WorkloadException { Unreachable: true })
        {
            _cutOff[what] = time.GetTimestamp();
            throw;
        }
    }

    /// <inheritdoc cref="WatchAsync{T}(string, Task{T})"/>
    public async Task WatchAsync(string what, Task call)
    {
        try
        {
            await call;
        }
        catch (Exception unknown)
            when (unknown is RegionException { Failure: RegionFailure.Unreachable } or WorkloadException { Unreachable: true })
        {
            _cutOff[what] = time.GetTimestamp();
            throw;
        }
    }

    /// <summary>Whether a call may still take effect.</summary>
    /// <param name="askedBefore">It may have been made by an earlier process, whose end cut it off.</param>
    public bool MayArrive(string what, bool askedBefore) =>
        (_cutOff.TryGetValue(what, out var at) && time.GetElapsedTime(at) < atMost)
        || (askedBefore && time.GetElapsedTime(_begun) < atMost);
}
