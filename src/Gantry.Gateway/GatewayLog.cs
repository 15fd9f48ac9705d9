using Microsoft.Extensions.Logging;

namespace Gantry.Gateway;

/// <summary>
/// The gateway's log entries: event ids 2000 to 2999, shared with the classes that declare theirs beside their code.
/// </summary>
internal static partial class GatewayLog
{
    [LoggerMessage(
        2001,
        LogLevel.Information,
        "Gateway {Name} {Version} starts, fingerprint {Fingerprint}, console {Console}, data folder {DataFolder}"
    )]
    public static partial void Started(
        this ILogger log,
        string name,
        string version,
        string fingerprint,
        Uri console,
        string dataFolder
    );

    [LoggerMessage(
        2002,
        LogLevel.Information,
        "It holds {Clusters} clusters of revision {Revision} and listens on no port: it dials out to the console, "
            + "MAAS and its clusters"
    )]
    public static partial void Holds(this ILogger log, int clusters, long revision);

    [LoggerMessage(2003, LogLevel.Information, "Paired with {Console} as {Name}")]
    public static partial void Paired(this ILogger log, Uri console, string name);

    [LoggerMessage(2004, LogLevel.Information, "The gateway ends; machines and clusters stay as they are")]
    public static partial void Ended(this ILogger log);

    [LoggerMessage(2005, LogLevel.Critical, "The gateway gave way")]
    public static partial void GaveWay(this ILogger log, Exception failure);

    [LoggerMessage(2031, LogLevel.Warning, "A call for {Machine} is refused: {Reason}")]
    public static partial void LimitRefuses(this ILogger log, string machine, string reason);

    [LoggerMessage(
        2032,
        LogLevel.Information,
        "{File} limits this gateway: {ResourcePools} resource pools, {Tags} tags, {Protected} protected machines, "
            + "{Endpoints} MAAS "
            + "endpoints (0 means any), {ReleasesPerHour} releases per hour"
    )]
    public static partial void Limits(
        this ILogger log,
        string file,
        int resourcePools,
        int tags,
        int @protected,
        int endpoints,
        int releasesPerHour
    );
}
