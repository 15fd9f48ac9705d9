using Gantry.Clusters.Model;

namespace Gantry.Gateway.Sync;

/// <summary>Undelivered events, in order. They survive the process, and are removed when the console has them.</summary>
public interface IEventOutbox
{
    /// <returns>How many old events were dropped.</returns>
    int Add(ClusterEvent happened);

    /// <summary>The oldest events and the number of the last of them.</summary>
    (IReadOnlyList<ClusterEvent> Events, long UpTo) Peek(int atMost);

    /// <summary>Removes events that the console has.</summary>
    void Delivered(long upTo);
}
