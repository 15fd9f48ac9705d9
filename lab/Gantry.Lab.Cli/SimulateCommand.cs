using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Cli;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Simulator;
using Gantry.Simulator.Scenarios;

namespace Gantry.Lab.Cli;

/// <summary><c>gantry simulate</c>: engine, gateway and a data centre under virtual time, with injected faults.</summary>
public sealed class SimulateCommand(CliHost host, ConnectionOptions connection)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Option<string> _seeds = new("--seeds")
    {
        Description = "Seeds to run, FROM..TO",
        DefaultValueFactory = _ => "1..20",
    };

    private readonly Option<ulong?> _seed = new("--seed") { Description = "Run this seed alone" };
    private readonly Option<int> _clusters = new("--clusters")
    {
        Description = "Number of clusters",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<int> _machines = new("--machines")
    {
        Description = "Number of machines in the data centre",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<double> _hours = new("--hours")
    {
        Description = "Simulated hours before faults stop and clusters must settle",
        DefaultValueFactory = _ => 24,
    };

    private readonly Option<string> _faults = new("--faults")
    {
        Description = $"Faults to inject: {string.Join(", ", FaultNames.Known)}; separated by commas",
        DefaultValueFactory = _ => "all",
    };

    private readonly Option<int> _parallel = new("--parallel")
    {
        Description = "Number of seeds to run in parallel",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<bool> _trace = new("--trace") { Description = "Show every event; requires --seed" };
    private readonly Option<string?> _keep = new("--keep")
    {
        Description = "Run only these desired changes and faults of the seed, by number; requires --seed",
    };

    public Command Create()
    {
        var simulate = new Verb(
            "simulate",
            Gantry.Cli.Lab.LabPart.SimulateDescription,
            "gantry simulate --seeds 1..200",
            "gantry simulate --seeds 1..100 --clusters 20 --machines 400 --hours 48 --faults all",
            "gantry simulate --seed 7 --trace"
        )
        {
            _seeds,
            _seed,
            _clusters,
            _machines,
            _hours,
            _faults,
            _parallel,
            _trace,
            _keep,
        };
        simulate.SetAction(RunAsync);
        return simulate;
    }

    private async Task<int> RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var options = Read(command);
        var format = connection.Format(command);
        var progress = new ProgressLine(host, (long)(options.To - options.From + 1));
        var result = await Task.Run(
            () =>
                Campaign.Run(
                    options with
                    {
                        Trace = command.GetValue(_trace) ? host.Error.WriteLine : null,
                        Progress = host.Interactive && !command.GetValue(_trace) ? progress.Show : null,
                    },
                    cancellationToken
                ),
            cancellationToken
        );
        progress.Clear();
        Printer.Write(host, format, Document(result), () => Text(result));
        return result.Failed.Count is 0 ? ExitCode.Ok : ExitCode.Unexpected;
    }

    private CampaignOptions Read(ParseResult command)
    {
        var seed = command.GetValue(_seed);
        var (from, to) = seed is { } one ? (one, one) : Range(command.GetValue(_seeds)!);
        if (seed is null && (command.GetValue(_trace) || command.GetValue(_keep) is not null))
        {
            throw new CliException(ExitCode.Usage, "--trace and --keep require --seed N");
        }

        try
        {
            return new CampaignOptions
            {
                Settings = new Settings
                {
                    Clusters = Positive(command.GetValue(_clusters), "--clusters"),
                    Machines = Positive(command.GetValue(_machines), "--machines"),
                    Hours = command.GetValue(_hours) is > 0 and <= 8760 and var hours
                        ? hours
                        : throw new CliException(
                            ExitCode.Usage,
                            $"--hours {command.GetValue(_hours)}: write more than 0 and at most 8760"
                        ),
                    Faults = FaultNames.Parse(command.GetValue(_faults)!),
                },
                From = from,
                To = to,
                Parallel = Positive(command.GetValue(_parallel), "--parallel"),
                Keep = command.GetValue(_keep) is { } keep
                    ? [.. keep.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)]
                    : null,
                Shrink = command.GetValue(_trace) ? 0 : 3,
            };
        }
        catch (FormatException wrong)
        {
            throw new CliException(ExitCode.Usage, $"--faults: {wrong.Message}", wrong);
        }
    }

    private static (ulong From, ulong To) Range(string text) =>
        text.Split("..") is [var first, var last]
        && ulong.TryParse(first, CultureInfo.InvariantCulture, out var from)
        && ulong.TryParse(last, CultureInfo.InvariantCulture, out var to)
        && from <= to
            ? (from, to)
            : throw new CliException(ExitCode.Usage, $"--seeds '{text}': write the first and the last one as 1..200");

    private static int Positive(int number, string option) =>
        number > 0 ? number : throw new CliException(ExitCode.Usage, $"{option} {number}: write 1 or more");

    private static int Number(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CliException(ExitCode.Usage, $"--keep: '{text}' is not a number; write 3,17,21");

    private static string Text(CampaignResult result)
    {
        var text = new StringWriter();
        foreach (var failed in result.Failed)
        {
            text.WriteLine(
                $"seed {failed.Seed}: {failed.Violation.Invariant} is violated after "
                    + $"{failed.Violation.At:d\\.hh\\:mm\\:ss}: {failed.Violation.Message}"
            );
            foreach (var line in failed.History)
            {
                text.WriteLine($"    {line}");
            }

            text.WriteLine($"    {failed.Replay}");
        }

        text.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Simulated.TotalDays:0.#} days in {result.Took.TotalSeconds:0.0} s, {result.SeedsPerSecond:0.0} "
                    + $"seeds/s, {result.Calls} calls"
            )
        );
        text.WriteLine(result.Summary);
        return text.ToString();
    }

    private static JsonObject Document(CampaignResult result) =>
        new()
        {
            ["seeds"] = result.Seeds,
            ["held"] = result.Seeds - result.Failed.Count,
            ["failed"] = new JsonArray([
                .. result.Failed.Select(failed => new JsonObject
                {
                    ["seed"] = failed.Seed,
                    ["invariant"] = failed.Violation.Invariant,
                    ["message"] = failed.Violation.Message,
                    ["atSeconds"] = failed.Violation.At.TotalSeconds,
                    ["history"] = new JsonArray([.. failed.History.Select(line => JsonValue.Create(line))]),
                    ["replay"] = failed.Replay,
                }),
            ]),
            ["seconds"] = Math.Round(result.Took.TotalSeconds, 3),
            ["simulatedHours"] = Math.Round(result.Simulated.TotalHours, 2),
            ["calls"] = result.Calls,
        };

    /// <summary>A line that is rewritten in place, at most once a second.</summary>
    private sealed class ProgressLine(CliHost host, long seeds)
    {
        private readonly Lock _gate = new();
        private readonly long _started = host.Time.GetTimestamp();
        private long _shown;

        public void Show(long done, long failed)
        {
            lock (_gate)
            {
                if (_shown is not 0 && host.Time.GetElapsedTime(_shown) < Between)
                {
                    return;
                }

                _shown = host.Time.GetTimestamp();
                var rate = done / Math.Max(0.001, host.Time.GetElapsedTime(_started).TotalSeconds);
                host.Error.Write(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"\r{done} of {seeds} seeds, {failed} failed, {rate:0.0} seeds/s "
                    )
                );
            }
        }

        public void Clear()
        {
            if (_shown is not 0)
            {
                host.Error.Write("\r" + new string(' ', 60) + "\r");
            }
        }
    }
}
