using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>The machines of one region that waiting clusters compete for.</summary>
/// <param name="free">Machines that can be taken now.</param>
public sealed class MachineSupply(IReadOnlyList<Candidate> free)
{
    private readonly Lazy<IReadOnlyList<Candidate>> _region = new(() => free);

    public IReadOnlyList<Candidate> Free { get; } = free;

    /// <summary>Machines that clusters are releasing. Each is free within minutes unless its release fails.</summary>
    public IReadOnlyList<Candidate> Returning { get; init; } = [];

    /// <summary>Every machine that a cluster could hold, whatever holds it now.</summary>
    public IReadOnlyList<Candidate> Region => _region.Value;

    /// <summary>Called only when a cluster has waited so long that machines may be kept for it.</summary>
    public Func<IReadOnlyList<Candidate>> FindRegion
    {
        init => _region = new Lazy<IReadOnlyList<Candidate>>(value, LazyThreadSafetyMode.None);
    }

    /// <summary>When the supply changes by time alone.</summary>
    public DateTimeOffset HoldsUntil { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Since when a machine has been free.</summary>
    public Func<SystemId, DateTimeOffset> FreeSince { get; init; } = _ => DateTimeOffset.MinValue;
}
