using Gantry.Clusters.Model;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Events on their way to the console, in order. They survive the process, and leave only when the console has them.
/// </summary>
public interface IEventOutbox
{
    /// <returns>How many old events had to make room.</returns>
    int Add(ClusterEvent happened);

    /// <summary>The oldest events and the number of the last of them.</summary>
    (IReadOnlyList<ClusterEvent> Events, long UpTo) Peek(int atMost);

    /// <summary>The console has them.</summary>
    void Delivered(long upTo);
}
