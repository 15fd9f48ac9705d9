using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>Why a cluster has the first right to machines.</summary>
public enum ClaimKind
{
    /// <summary>The cluster takes the machines at its next reconciliation.</summary>
    Takes,

    /// <summary>The machines suffice together with others that are being released.</summary>
    Completes,

    /// <summary>The cluster has waited long, and freed machines are kept for it for a while.</summary>
    Keeps,
}

/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Purpose">What the cluster wants them for.</param>
/// <param name="Machines">Free machines that no cluster behind it may take.</param>
/// <param name="Until">When the claim ends unless another machine is freed; <c>null</c> when it does not end by time.</param>
public sealed record Claim(
    DnsLabel Cluster,
    Purpose Purpose,
    ClaimKind Kind,
    IReadOnlyList<Candidate> Machines,
    DateTimeOffset? Until = null
);

/// <summary>The machines that a cluster may take now, and the claims before it.</summary>
/// <param name="Free">The free machines without those that clusters before it claim.</param>
/// <param name="Claims">Claims of clusters before it, in their order; no machine is in two of them.</param>
/// <param name="Own">Machines kept for this cluster that do not suffice yet; <c>null</c> when there are none.</param>
public sealed record Turn(IReadOnlyList<Candidate> Free, IReadOnlyList<Claim> Claims, Claim? Own = null)
{
    public static Turn Alone(IReadOnlyList<Candidate> free) => new(free, []);
}
