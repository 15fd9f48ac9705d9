namespace Gantry.Api;

/// <summary>Which API server a kubeconfig names.</summary>
public static class KubeconfigVia
{
    /// <summary>The endpoint of the cluster.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>
    /// One control plane, for callers that cannot reach the endpoint. The kubeconfig stops working when that machine leaves.
    /// </summary>
    public const string ControlPlane = "control-plane";
}
