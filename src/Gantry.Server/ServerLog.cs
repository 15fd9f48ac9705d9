using System.Reflection;

namespace Gantry.Server;

/// <summary>
/// The console's log entries outside requests: event ids 3000 to 3999, shared with the classes that declare theirs beside
/// their code.
/// </summary>
internal static partial class ServerLog
{
    public static string Version { get; } =
        typeof(ServerLog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    [LoggerMessage(
        3001,
        LogLevel.Information,
        "Console {Version} answers at {Url}, listens on {Addresses}, data folder {DataFolder}, store {Store}"
    )]
    public static partial void Started(
        this ILogger log,
        string version,
        Uri url,
        string addresses,
        string dataFolder,
        string store
    );

    [LoggerMessage(3002, LogLevel.Information, "The store is brought up to date: {Count} migrations, the last is {Last}")]
    public static partial void Migrating(this ILogger log, int count, string last);

    [LoggerMessage(3003, LogLevel.Information, "Gateway {Name} paired, fingerprint {Fingerprint}, version {Version}")]
    public static partial void GatewayPaired(this ILogger log, string name, string fingerprint, string version);

    [LoggerMessage(3004, LogLevel.Warning, "Gateway {Name} is deleted: its requests are refused from now on")]
    public static partial void GatewayDeleted(this ILogger log, string name);
}
