using System.CommandLine;
using Gantry.Cli.Terminal;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Hosting;

/// <summary><c>--log-level</c> and <c>--log-format</c> of the commands that run components.</summary>
public sealed class LogOptions
{
    private static readonly Dictionary<string, LogLevel> Levels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    private readonly CliHost _host;

    private readonly Option<string> _level = new("--log-level")
    {
        Description = "Lowest severity of the log entries written to standard error",
        DefaultValueFactory = _ => "info",
    };

    private readonly Option<string> _format = new("--log-format")
    {
        Description = "Log format; json writes one object a line for log collectors",
        DefaultValueFactory = _ => "text",
    };

    public LogOptions(CliHost host)
    {
        _host = host;
        _level.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Levels.Keys]);
        _format.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "text", "json");
    }

    public void AddTo(Command command)
    {
        command.Add(_level);
        command.Add(_format);
    }

    /// <summary>The log that the options describe.</summary>
    public ErrorStreamLog Create(ParseResult command) =>
        new(
            _host.Error,
            isJson: command.GetRequiredValue(_format).Equals("json", StringComparison.OrdinalIgnoreCase),
            Levels[command.GetRequiredValue(_level)],
            _host.Time
        );
}
