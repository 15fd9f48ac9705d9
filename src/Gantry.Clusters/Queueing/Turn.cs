using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>Why an older cluster has the first right to machines.</summary>
public enum ClaimKind
{
    /// <summary>The cluster takes the machines at its next look.</summary>
    Takes,

    /// <summary>The machines are enough together with others that are being given back.</summary>
    Completes,

    /// <summary>The cluster has waited long, and freed machines are kept for it for a while.</summary>
    Keeps,
}

/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Machines">Free machines that nobody younger may take.</param>
/// <param name="Until">When they are let go if no further machine comes free; <c>null</c> when it is no matter of time.</param>
public sealed record Claim(DnsLabel Cluster, ClaimKind Kind, IReadOnlyList<Candidate> Machines, DateTimeOffset? Until = null);

/// <summary>What one cluster may take from now, and who goes before it.</summary>
/// <param name="Free">What is left of the free machines.</param>
/// <param name="Claims">Claims of older clusters, oldest first; no machine is in two of them.</param>
/// <param name="Own">Machines that wait for this cluster though they are not enough yet; <c>null</c> when none do.</param>
public sealed record Turn(IReadOnlyList<Candidate> Free, IReadOnlyList<Claim> Claims, Claim? Own = null)
{
    public static Turn Alone(IReadOnlyList<Candidate> free) => new(free, []);
}
