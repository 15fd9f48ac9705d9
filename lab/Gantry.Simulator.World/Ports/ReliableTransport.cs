using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>A transport without faults: every call takes effect once, after the time that it travels, and is answered.</summary>
public sealed class ReliableTransport(VirtualTime time) : ITransport
{
    private readonly List<Act> _acts = [];

    public Knowledge Knowledge { get; } = new(time, null);

    /// <summary>The acts that took effect, in order.</summary>
    public IReadOnlyList<Act> Acts => _acts;

    public Task<T> CallAsync<T>(
        Peer peer,
        ClusterId? cluster,
        TimeSpan travels,
        Act? act,
        Func<T> effect,
        Action<T>? learn = null
    )
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        time.In(
            travels,
            () =>
            {
                try
                {
                    var value = effect();
                    if (act is not null)
                    {
                        _acts.Add(act);
                    }

                    learn?.Invoke(value);
                    answer.SetResult(value);
                }
                catch (Exception refused) when (refused is RegionException or WorkloadException)
                {
                    answer.SetException(refused);
                }
            }
        );
        return answer.Task;
    }
}
