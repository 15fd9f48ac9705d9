using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>The machines that the last plan of a cluster needed and did not find.</summary>
/// <param name="CreatedAt">When the cluster was created. Older clusters are served first.</param>
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

    /// <summary>A new cluster takes all of its machines or none, so that it does not hold machines idle.</summary>
    public bool TakesAllOrNone => Members.Count is 0;

    public int Machines => Missing.Sum(shortfall => shortfall.Count);

    public bool IsBefore(MachineRequest other) => Cluster != other.Cluster && Compare(this, other) < 0;

    /// <summary>Orders by age, then by id, so that the order is deterministic.</summary>
    public static int Compare(MachineRequest one, MachineRequest other) =>
        one.CreatedAt.CompareTo(other.CreatedAt) is not 0 and var age
            ? age
            : string.CompareOrdinal(one.Cluster.Value, other.Cluster.Value);
}
