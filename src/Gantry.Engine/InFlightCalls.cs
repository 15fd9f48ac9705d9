using System.Collections.Concurrent;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Calls without an answer: those that go on, and those whose answer was lost. MAAS or an API server may still carry out such a
/// call for a while, so the engine must not forget or release what the call takes before that time is over. Times are monotonic:
/// setting the wall clock changes nothing.
/// </summary>
internal sealed class InFlightCalls(TimeProvider time, TimeSpan limit)
{
    private readonly ConcurrentDictionary<string, long> _interrupted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly long _started = time.GetTimestamp();

    /// <summary>Awaits the call and remembers it when its answer is lost.</summary>
    /// <param name="key">Names what the call takes or removes.</param>
    public async Task<T> TrackAsync<T>(string key, Task<T> call)
    {
        _running.AddOrUpdate(key, 1, (_, running) => running + 1);
        try
        {
            return await call;
        }
        catch (Exception unknown)
            when (unknown is RegionException { Failure: RegionFailure.Unreachable } or WorkloadException { Unreachable: true })
        {
            _interrupted[key] = time.GetTimestamp();
            throw;
        }
        finally
        {
            _running.AddOrUpdate(key, 0, (_, running) => running - 1);
            _running.TryRemove(KeyValuePair.Create(key, 0));
        }
    }

    /// <inheritdoc cref="TrackAsync{T}(string, Task{T})"/>
    public Task TrackAsync(string key, Task call) => TrackAsync(key, DoneAsync(call));

    /// <summary>Whether a call with this key may still take effect.</summary>
    /// <param name="askedBefore">An earlier process may have made the call.</param>
    public bool MayTakeEffect(string key, bool askedBefore) =>
        _running.GetValueOrDefault(key) > 0
        || (_interrupted.TryGetValue(key, out var at) && time.GetElapsedTime(at) < limit)
        || (askedBefore && time.GetElapsedTime(_started) < limit);

    private static async Task<bool> DoneAsync(Task call)
    {
        await call;
        return true;
    }
}
