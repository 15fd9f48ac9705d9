namespace Gantry.Server.Api;

/// <summary>How much of anything is taken at once.</summary>
public static class Limits
{
    /// <summary>Bytes. Profiles carry whole manifests; nothing else comes near.</summary>
    public const long RequestBody = 4 * 1024 * 1024;

    /// <summary>Bytes. A full report of 5,000 clusters with ten machines each.</summary>
    public const long GatewayBody = 64 * 1024 * 1024;

    /// <summary>Items of a list page.</summary>
    public const int Page = 50;
}
