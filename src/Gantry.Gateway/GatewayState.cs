namespace Gantry.Gateway;

public enum LinkState
{
    /// <summary>No poll has been answered since the start.</summary>
    Connecting,
    Connected,

    /// <summary>The console does not answer. The engine continues with the last desired state.</summary>
    Away,

    /// <summary>Another instance of this gateway works; this one does nothing.</summary>
    Standby,

    /// <summary>The console no longer knows this gateway. Its clusters keep running and are not managed.</summary>
    Revoked,
}

/// <summary>The gateway's own status.</summary>
/// <param name="Fingerprint">Fingerprint of its signing key, which the console also shows.</param>
/// <param name="Message">One sentence about the link to the console.</param>
/// <param name="Revision">The revision of the newest stored desired state.</param>
public sealed record GatewayState(
    string Uid,
    string Name,
    string Fingerprint,
    LinkState Link,
    string Message,
    long Revision,
    int Clusters
);
