namespace Gantry.Clusters.Planning;

/// <summary>The lease by which kube-vip decides which control plane serves the virtual IP.</summary>
/// <param name="Holder">The name of the holder's node; empty when the lease names none.</param>
/// <param name="IsTaken">
/// The holder has renewed the lease since it was given to it: its kube-vip works, and announces the address.
/// </param>
public sealed record VirtualIpFacts(string Holder, bool IsTaken)
{
    /// <summary>
    /// Which API servers are ready, and which of them are met at the virtual IP; <c>null</c> while no holder leaves the cluster.
    /// </summary>
    public EndpointReach? Reach { get; init; }
}

/// <summary>The virtual IP was handed over, because the machine that held it leaves the cluster.</summary>
/// <param name="At">When it was last tried.</param>
/// <param name="Tries">How often it was tried.</param>
public sealed record VirtualIpHandOver(DateTimeOffset At, int Tries);
