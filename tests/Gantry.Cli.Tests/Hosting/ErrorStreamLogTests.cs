using System.Text.Json;
using Gantry.Cli.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Cli.Tests.Hosting;

public sealed class ErrorStreamLogTests : IDisposable
{
    private readonly StringWriter _error = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 8, 30, 0, TimeSpan.Zero));

    public void Dispose() => _error.Dispose();

    [Fact]
    public void An_entry_in_text_has_its_time_level_category_and_event_id()
    {
        Log(isJson: false).Starting("up", "/data");

        Assert.Matches(
            @"^2026-11-27T08:30:00\.000Z info Gantry\.Cli\[4001\] gantry up \S+ starts, data folder /data\n$",
            Written()
        );
    }

    [Fact]
    public void An_exception_is_written_with_its_stack_and_what_caused_it()
    {
        Log(isJson: false).LogError(7, Thrown(), "The step failed");

        Assert.Contains("InvalidOperationException: outer", Written(), StringComparison.Ordinal);
        Assert.Contains("TimeoutException: inner", Written(), StringComparison.Ordinal);
        Assert.Contains($"at {typeof(ErrorStreamLogTests).FullName}.{nameof(Thrown)}", Written(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_in_JSON_is_one_line_with_separate_fields()
    {
        Log(isJson: true).Starting("up", "/data");
        Log(isJson: true).LogError(7, Thrown(), "Cluster {Cluster} failed", "prod");

        var lines = Written().TrimEnd().Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        Assert.Equal(2, lines.Count);
        Assert.Equal(4001, lines[0].GetProperty("eventId").GetInt32());
        Assert.Equal("/data", lines[0].GetProperty("fields").GetProperty("DataFolder").GetString());
        Assert.Equal("prod", lines[1].GetProperty("fields").GetProperty("Cluster").GetString());
        Assert.Equal("Cluster prod failed", lines[1].GetProperty("message").GetString());
        Assert.Contains("TimeoutException: inner", lines[1].GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogLevel.Warning, "Gantry.Engine", "warning")]
    [InlineData(LogLevel.Information, "Gantry.Engine", "info warning")]
    [InlineData(LogLevel.Debug, "Gantry.Engine", "debug info warning")]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore", "warning")]
    [InlineData(LogLevel.Debug, "Microsoft.AspNetCore", "debug info warning")]
    [InlineData(LogLevel.Error, "Microsoft.AspNetCore", "")]
    public void Entries_below_the_level_are_left_out_and_libraries_are_quiet_unless_debug_is_on(
        LogLevel level,
        string category,
        string written
    )
    {
        var log = new ErrorStreamLog(_error, isJson: false, level, _time).CreateLogger(category);

        log.LogDebug("one");
        log.LogInformation("two");
        log.LogWarning("three");

        Assert.Equal(
            written,
            string.Join(' ', Written().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1]))
        );
    }

    private ILogger Log(bool isJson) =>
        new ErrorStreamLog(_error, isJson, LogLevel.Information, _time).CreateLogger("Gantry.Cli");

    private string Written() => _error.ToString();

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("outer", new TimeoutException("inner"));
        }
        catch (InvalidOperationException thrown)
        {
            return thrown;
        }
    }
}
