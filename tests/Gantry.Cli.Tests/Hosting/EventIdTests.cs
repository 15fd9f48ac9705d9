using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Tests.Hosting;

/// <summary>Alerts depend on event ids: each has one meaning, in the range of its project (docs/observability.md).</summary>
public sealed class EventIdTests
{
    private static readonly Dictionary<string, int> Ranges = new(StringComparer.Ordinal)
    {
        ["Gantry.Engine"] = 1000,
        ["Gantry.Gateway"] = 2000,
        ["Gantry.Server"] = 3000,
        ["Gantry.Cli"] = 4000,
    };

    private static IReadOnlyList<(string Project, int Id, string Method)> Logged { get; } =
    [
        .. Ranges
            .Keys.SelectMany(name => Assembly.Load(name).GetTypes())
            .SelectMany(type =>
                type.GetMethods(
                    BindingFlags.Instance
                        | BindingFlags.Static
                        | BindingFlags.Public
                        | BindingFlags.NonPublic
                        | BindingFlags.DeclaredOnly
                )
            )
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)
            .Select(method =>
                (
                    method.DeclaringType!.Assembly.GetName().Name!,
                    method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId,
                    $"{method.DeclaringType.Name}.{method.Name}"
                )
            ),
    ];

    [Fact]
    public void No_two_log_entries_have_the_same_event_id() =>
        Assert.All(Logged.GroupBy(entry => entry.Id), same => Assert.Single(same));

    [Fact]
    public void Every_event_id_lies_in_the_range_of_its_project() =>
        Assert.All(Logged, entry => Assert.InRange(entry.Id, Ranges[entry.Project] + 1, Ranges[entry.Project] + 999));

    [Fact]
    public void Every_project_of_a_running_Gantry_logs() =>
        Assert.Equal(
            Ranges.Keys.Order(StringComparer.Ordinal),
            Logged.Select(entry => entry.Project).Distinct().Order(StringComparer.Ordinal)
        );
}
