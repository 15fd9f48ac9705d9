using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Hosting;

/// <summary>Log lines on standard error, where messages belong: standard output is for results.</summary>
public sealed class ErrorStreamLog(TextWriter error) : ILoggerProvider
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => new Log(this, categoryName);

    public void Dispose()
    {
        // The stream belongs to the process.
    }

    private void Write(LogLevel level, string category, string message)
    {
        lock (_gate)
        {
            error.WriteLine($"{level switch { LogLevel.Warning => "warning", >= LogLevel.Error => "error", _ => "info" }}: {category}: {message}");
        }
    }

    private sealed class Log(ErrorStreamLog owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Write(logLevel, category, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.Message}");
    }
}
