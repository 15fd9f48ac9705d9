namespace Gantry.Gateway;

public enum LinkState
{
    /// <summary>No poll has been answered since the start.</summary>
    Connecting,
    Connected,

    /// <summary>The console does not answer. The engine goes on with what it was told last.</summary>
    Away,

    /// <summary>The console no longer knows this gateway. Its clusters keep running and are not managed.</summary>
    Revoked,
}

/// <summary>What a gateway says of itself.</summary>
/// <param name="Fingerprint">Of its signing key, as the console shows it too.</param>
/// <param name="Message">One sentence on the link to the console.</param>
/// <param name="Revision">The newest desired state it holds.</param>
public sealed record GatewayState(
    string Uid,
    string Name,
    string Fingerprint,
    LinkState Link,
    string Message,
    long Revision,
    int Clusters
);
