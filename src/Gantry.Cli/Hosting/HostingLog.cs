using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Hosting;

/// <summary>The executable's own log entries: event ids 4000 to 4999.</summary>
public static partial class HostingLog
{
    public static string Version { get; } =
        typeof(HostingLog)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    /// <summary>Logs the start of a command with its data folder.</summary>
    public static void Starting(this ILogger log, string command, string dataFolder) =>
        Starting(log, command, Version, dataFolder);

    [LoggerMessage(4001, LogLevel.Information, "gantry {Command} {Version} starts, data folder {DataFolder}")]
    private static partial void Starting(ILogger log, string command, string version, string dataFolder);

    [LoggerMessage(
        4002,
        LogLevel.Information,
        "The lab's MAAS region listens at {Url}, {Machines} machines, {Speed} times as fast as a data centre"
    )]
    public static partial void LabStarted(this ILogger log, string url, int machines, double speed);

    [LoggerMessage(4003, LogLevel.Information, "gantry {Command} ends")]
    public static partial void Ending(this ILogger log, string command);
}
