namespace Gantry.Server.Api;

/// <summary>Size limits of requests and lists.</summary>
public static class Limits
{
    /// <summary>Bytes. Profiles carry whole manifests; all other requests are much smaller.</summary>
    public const long RequestBody = 4 * 1024 * 1024;

    /// <summary>Bytes. Requests that need no credential, and polls of gateways.</summary>
    public const long SmallBody = 64 * 1024;

    /// <summary>
    /// Bytes. A status takes 600 bytes a machine, so that this is 500 clusters of 25 machines each; a gateway whose report is
    /// larger sends its halves.
    /// </summary>
    public const long GatewayBody = 8 * 1024 * 1024;

    /// <summary>Bytes of a connection's request that nobody has read yet.</summary>
    public const int UnreadRequest = 256 * 1024;

    /// <summary>Reports and answers of gateways that are read at the same time, in total; others wait.</summary>
    public const int GatewayBodies = 16;

    /// <summary>Reports and answers that wait for it; further ones are refused.</summary>
    public const int WaitingGatewayBodies = 1024;

    /// <summary>Items of a list page.</summary>
    public const int Page = 50;
}
