using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The API servers that are reached through an endpoint of somebody else's load balancer. Each API server has a serving certificate
/// of its own, so the certificates that connections meet tell who stands behind the endpoint.
/// </summary>
/// <param name="Serving">Addresses of control planes whose API server answers there.</param>
/// <param name="Reached">
/// Those of them that were met through the endpoint. A load balancer may show one caller always the same one: an address that is
/// missing here may be behind it all the same.
/// </param>
/// <param name="Problem">Why the last failed connection through the endpoint failed; <c>null</c> when none did.</param>
public sealed record EndpointReach(ValueList<string> Serving, ValueList<string> Reached, string? Problem = null)
{
    /// <summary>API servers answer, and the endpoint reaches none of them: nothing can join, and kubeadm init cannot end.</summary>
    public bool IsCut => Serving.Count > 0 && Reached.Count is 0;
}
