using System.Globalization;
using System.Text;

namespace Gantry.Lab.Tests.Region;

/// <summary>The lab's region answers as a real MAAS 3.7.3 did, request by request.</summary>
public sealed class ReplayTests
{
    /// <summary>Shares of responses, in percent: raised with each mend, never lowered.</summary>
    private const double StatusFloor = 99;

    private const double EverythingFloor = 98;

    [Fact]
    public async Task The_region_answers_recorded_requests_as_a_real_MAAS_did()
    {
        await using var replay = new Replay();
        foreach (var (file, exchanges) in Exchange.Recorded())
        {
            await replay.RunAsync(file, exchanges);
        }

        var report = Report.Of(replay.Results);
        TestContext.Current.TestOutputHelper?.WriteLine(report);
        if (Environment.GetEnvironmentVariable("GANTRY_REPLAY_REPORT") is { Length: > 0 } file_)
        {
            await File.WriteAllTextAsync(file_, report, TestContext.Current.CancellationToken);
        }

        var (status, everything) = Report.Shares(replay.Results);
        Assert.True(
            status >= StatusFloor && everything >= EverythingFloor,
            $"status right in {status:0.0} % (floor {StatusFloor}), everything in {everything:0.0} % (floor {EverythingFloor})\n"
                + report
        );
    }

    private static class Report
    {
        public static (double Status, double Everything) Shares(
            IReadOnlyCollection<(Exchange Exchange, IReadOnlyList<string> Differences)> results
        ) =>
            (
                100.0 * results.Count(result => IsStatusRight(result.Differences)) / results.Count,
                100.0 * results.Count(result => result.Differences.Count == 0) / results.Count
            );

        public static string Of(IReadOnlyCollection<(Exchange Exchange, IReadOnlyList<string> Differences)> results)
        {
            var text = new StringBuilder();
            Line(text, "all", results);
            foreach (var file in results.GroupBy(result => result.Exchange.File))
            {
                Line(text, $"file {file.Key}", [.. file]);
            }

            text.AppendLine().AppendLine("by operation, where something differs");
            foreach (var group in results.GroupBy(result => result.Exchange.Operation).OrderBy(group => group.Key))
            {
                if (group.Any(result => result.Differences.Count > 0))
                {
                    Line(text, group.Key, [.. group]);
                }
            }

            text.AppendLine().AppendLine("kinds of difference");
            foreach (
                var kind in results
                    .SelectMany(result => result.Differences.Distinct().Select(difference => (result.Exchange, difference)))
                    .GroupBy(pair => pair.difference)
                    .OrderByDescending(group => group.Count())
                    .ThenBy(group => group.Key, StringComparer.Ordinal)
            )
            {
                var where = string.Join("; ", kind.Take(4).Select(pair => $"{pair.Exchange.File} {pair.Exchange.Name}"));
                text.AppendLine(CultureInfo.InvariantCulture, $"{kind.Count(), 4}  {kind.Key}   [{where}]");
            }

            return text.ToString();
        }

        private static bool IsStatusRight(IReadOnlyList<string> differences) =>
            !differences.Any(difference => difference.StartsWith("status ", StringComparison.Ordinal));

        private static void Line(
            StringBuilder text,
            string name,
            IReadOnlyCollection<(Exchange Exchange, IReadOnlyList<string> Differences)> results
        )
        {
            var (status, everything) = Shares(results);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{name, -60} {results.Count, 4}   status {status, 5:0.0} %   everything {everything, 5:0.0} %"
            );
        }
    }
}
