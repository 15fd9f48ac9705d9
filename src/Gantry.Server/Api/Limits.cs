namespace Gantry.Server.Api;

/// <summary>Size limits of requests and lists.</summary>
public static class Limits
{
    /// <summary>Bytes. Profiles carry whole manifests; all other requests are much smaller.</summary>
    public const long RequestBody = 4 * 1024 * 1024;

    /// <summary>Bytes. A full report of 5,000 clusters with ten machines each.</summary>
    public const long GatewayBody = 64 * 1024 * 1024;

    /// <summary>Items of a list page.</summary>
    public const int Page = 50;
}
