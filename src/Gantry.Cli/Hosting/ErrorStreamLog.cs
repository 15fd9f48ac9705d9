using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gantry.Clusters.Model;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Hosting;

/// <summary>
/// Log entries on standard error: standard output is for results. An entry has its time in UTC, its event id, and the whole
/// exception with its stack.
/// </summary>
/// <param name="level">The least severe level that is written. Libraries write warnings and above unless the level is
/// debug.</param>
public sealed class ErrorStreamLog(TextWriter error, bool isJson, LogLevel level, TimeProvider time) : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly bool _isJson = isJson;
    private readonly TimeProvider _time = time;

    public ILogger CreateLogger(string categoryName) =>
        new Log(
            this,
            categoryName,
            IsOurs(categoryName) || level < LogLevel.Information || level > LogLevel.Warning ? level : LogLevel.Warning
        );

    /// <summary>A factory for components that need one. The caller disposes it.</summary>
    public ILoggerFactory ToFactory() => LoggerFactory.Create(log => log.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    public void Dispose()
    {
        // The stream belongs to the process.
    }

    private static bool IsOurs(string category) => category.StartsWith("Gantry.", StringComparison.Ordinal);

    private void Write(string line)
    {
        lock (_gate)
        {
            error.WriteLine(line);
        }
    }

    private static string NameOf(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };

    private static string Text(
        DateTimeOffset at,
        LogLevel level,
        string category,
        EventId happened,
        string message,
        Exception? exception
    ) =>
        $"{at:yyyy-MM-ddTHH:mm:ss.fffZ} {NameOf(level)} {category}[{happened.Id}] {PlainText.OneLine(message)}"
        + (exception is null ? "" : $"{Environment.NewLine}{PlainText.Clean($"{exception}")}");

    private sealed class Log(ErrorStreamLog owner, string category, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel is not LogLevel.None;

        void ILogger.Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                var message = formatter(state, exception);
                var at = owner._time.GetUtcNow();
                owner.Write(
                    owner._isJson
                        ? Json(at, logLevel, eventId, message, state as IEnumerable<KeyValuePair<string, object?>>, exception)
                        : Text(at, logLevel, category, eventId, message, exception)
                );
            }
        }

        private string Json(
            DateTimeOffset at,
            LogLevel logLevel,
            EventId happened,
            string message,
            IEnumerable<KeyValuePair<string, object?>>? fields,
            Exception? exception
        )
        {
            using var buffer = new MemoryStream();
            using (
                var json = new Utf8JsonWriter(
                    buffer,
                    new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
                )
            )
            {
                json.WriteStartObject();
                json.WriteString("time", at);
                json.WriteString("level", NameOf(logLevel));
                json.WriteString("category", category);
                json.WriteNumber("eventId", happened.Id);
                json.WriteString("event", happened.Name);
                json.WriteString("message", message);
                json.WriteStartObject("fields");
                foreach (var (name, value) in (fields ?? []).Where(field => field.Key is not "{OriginalFormat}"))
                {
                    json.WriteString(name, value?.ToString());
                }

                json.WriteEndObject();
                if (exception is not null)
                {
                    json.WriteString("exception", exception.ToString());
                }

                json.WriteEndObject();
            }

            return Encoding.UTF8.GetString(buffer.ToArray());
        }
    }
}
