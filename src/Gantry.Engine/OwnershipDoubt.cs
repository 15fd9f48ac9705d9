using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>What contradicts the ledger's record of a cluster.</summary>
/// <param name="Unknown">Machines that carry the cluster's mark and that the record does not know.</param>
/// <param name="Joined">Machines of the record that joined the cluster, as their mark says, and not as the record does.</param>
/// <param name="Last">What the console was last told, where the record knows less; <c>null</c> otherwise.</param>
internal sealed record OwnershipDoubt(
    IReadOnlyList<RegionMachine> Unknown,
    IReadOnlyList<RegionMachine> Joined,
    ClusterStatus? Last
)
{
    public bool Exists => Unknown.Count > 0 || Joined.Count > 0 || Last is not null;

    /// <summary>The machines in doubt.</summary>
    public IEnumerable<RegionMachine> Machines => Unknown.Concat(Joined);
}
