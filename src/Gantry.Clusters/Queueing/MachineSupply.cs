using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>The machines of one region that waiting clusters compete for.</summary>
/// <param name="free">Machines that can be taken now.</param>
public sealed class MachineSupply(IReadOnlyList<Candidate> free)
{
    private readonly Lazy<IReadOnlyList<Candidate>> _region = new(() => free);

    public IReadOnlyList<Candidate> Free { get; } = free;

    /// <summary>Machines that clusters are giving back. Each is free within minutes unless something fails.</summary>
    public IReadOnlyList<Candidate> Returning { get; init; } = [];

    /// <summary>Every machine that a cluster could hold one day, whoever holds it now.</summary>
    public IReadOnlyList<Candidate> Region => _region.Value;

    /// <summary>Asked only when a cluster waits so long that machines may be kept for it.</summary>
    public Func<IReadOnlyList<Candidate>> FindRegion
    {
        init => _region = new Lazy<IReadOnlyList<Candidate>>(value, LazyThreadSafetyMode.None);
    }

    /// <summary>When the time alone makes another supply of it.</summary>
    public DateTimeOffset HoldsUntil { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Since when a machine has been free.</summary>
    public Func<SystemId, DateTimeOffset> FreeSince { get; init; } = _ => DateTimeOffset.MinValue;
}
