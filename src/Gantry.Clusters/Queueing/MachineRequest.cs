using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>What a cluster wants machines for, most urgent first.</summary>
public enum Purpose
{
    /// <summary>Machines in place of those that it had and lost.</summary>
    Repair,

    /// <summary>Machines in place of those that it has and gives back.</summary>
    Replacement,

    /// <summary>More machines for a cluster that holds some already.</summary>
    Growth,

    /// <summary>The first machines of a new cluster.</summary>
    Creation,
}

/// <summary>The machines that the last plan of a cluster needed and did not find.</summary>
/// <param name="CreatedAt">When the cluster was created.</param>
public sealed record MachineRequest(ClusterId Cluster, DnsLabel Name, DateTimeOffset CreatedAt)
{
    /// <summary>Control plane first, then workers as the cluster lists them.</summary>
    public ValueList<Shortfall> Missing { get; init; } = [];

    /// <summary>The machines that the cluster holds.</summary>
    public ValueList<Member> Members { get; init; } = [];

    /// <summary>Machines that the cluster may not take, because an operator replaces them.</summary>
    public ValueList<SystemId> Replace { get; init; } = [];

    /// <summary>Since when the cluster has lacked machines; <c>null</c> while it lacks none.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>Every node of the cluster was Ready once.</summary>
    public bool Formed { get; init; }

    /// <summary>What the least urgent of the machines are for; the others have parts of their own in <see cref="ByPurpose"/>.</summary>
    public Purpose Purpose =>
        Missing.Count > 0 && Missing.All(shortfall => shortfall.Lost == shortfall.Count) ? Purpose.Repair
        : Missing.Count > 0 && Missing.All(shortfall => shortfall.Lost + shortfall.Replacing == shortfall.Count)
            ? Purpose.Replacement
        : TakesAllOrNone ? Purpose.Creation
        : Purpose.Growth;

    /// <summary>Since when the cluster has asked; a cluster that was formed asks anew whenever it begins to lack machines.</summary>
    public DateTimeOffset AskedAt => Formed ? WaitingSince ?? DateTimeOffset.MaxValue : CreatedAt;

    /// <summary>A new cluster takes all of its machines or none, so that it does not hold machines idle.</summary>
    public bool TakesAllOrNone => Members.Count is 0;

    public int Machines => Missing.Sum(shortfall => shortfall.Count);

    /// <summary>The request in parts, most urgent first, because other clusters may come between them.</summary>
    public IReadOnlyList<MachineRequest> ByPurpose()
    {
        MachineRequest[] parts =
        [
            Part(shortfall => shortfall with { Count = shortfall.Lost, Replacing = 0 }),
            Part(shortfall => shortfall with { Count = shortfall.Replacing, Lost = 0 }),
            Part(shortfall =>
                shortfall with
                {
                    Count = shortfall.Count - shortfall.Lost - shortfall.Replacing,
                    Lost = 0,
                    Replacing = 0,
                }
            ),
        ];
        var own = parts.Where(part => part.Missing.Count > 0).ToList();
        return own.Count > 1 ? own : [this];
    }

    private MachineRequest Part(Func<Shortfall, Shortfall> share) =>
        this with
        {
            Missing = [.. Missing.Select(share).Where(shortfall => shortfall.Count > 0)],
        };
}
