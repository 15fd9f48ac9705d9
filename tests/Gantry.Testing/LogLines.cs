using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gantry.Testing;

/// <summary>Collects every log line of every level with its fields, scopes and exception.</summary>
public sealed class LogLines : ILoggerFactory, ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public void AddProvider(ILoggerProvider provider) { }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose() { }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Lines.Enqueue($"Scope: {state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        var fields = state is IEnumerable<KeyValuePair<string, object?>> named
            ? string.Join(' ', named.Select(field => field.Value))
            : "";
        Lines.Enqueue($"{logLevel}: {eventId.Id} {formatter(state, exception)} {fields} {exception}");
    }
}
