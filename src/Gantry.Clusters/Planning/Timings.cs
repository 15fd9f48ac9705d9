using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The phases of a machine's life that are long enough to predict.</summary>
public enum TimedPhase
{
    /// <summary>From the deploy call to MAAS's "Deployed".</summary>
    Deploy,

    /// <summary>From "Deployed", or from admission when that came later, until the node is Ready.</summary>
    Join,

    /// <summary>From the first eviction until every pod that must leave has left.</summary>
    Drain,

    /// <summary>From the release call to MAAS's "Ready".</summary>
    Release,
}

/// <summary>
/// Machines with the same key take about the same time: firmware and installation differ by model, not by name.
/// </summary>
public sealed record HardwareKey(int CpuCount, int MemoryMiB, string Architecture)
{
    public static HardwareKey Of(Candidate machine) => new(machine.CpuCount, machine.MemoryMiB, machine.Architecture);
}

public sealed record TimingSample(TimedPhase Phase, SystemId Machine, HardwareKey Hardware, double Seconds)
{
    public static TimingSample Of(TimedPhase phase, Candidate machine, TimeSpan took) =>
        new(phase, machine.Machine, HardwareKey.Of(machine), took.TotalSeconds);
}

/// <param name="Seconds">The median of similar cases.</param>
/// <param name="SlowSeconds">The 95th percentile of similar cases.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ExpectedTime(double Seconds, double SlowSeconds);

/// <summary>Measured durations of machines. Immutable; keeps the newest samples of every phase.</summary>
public sealed class Timings
{
    /// <summary>Samples kept of each phase; all of them together stay well under 100 KiB in the ledger.</summary>
    public const int Kept = 200;

    /// <summary>Samples needed for a prediction.</summary>
    public const int Enough = 3;

    // Used before anything was measured. Bare metal takes 10 to 40 minutes for firmware, network boot, installation and
    // reboot; MAAS answers a release within a minute and a quick erase takes about five more.
    private static readonly Dictionary<TimedPhase, ExpectedTime> BuiltIn = new()
    {
        [TimedPhase.Deploy] = new ExpectedTime(15 * 60, 40 * 60),
        [TimedPhase.Join] = new ExpectedTime(3 * 60, 10 * 60),
        [TimedPhase.Drain] = new ExpectedTime(2 * 60, 10 * 60),
        [TimedPhase.Release] = new ExpectedTime(60, 6 * 60),
    };

    private readonly ImmutableList<TimingSample> _samples;

    private Timings(ImmutableList<TimingSample> samples) => _samples = samples;

    public static Timings Empty { get; } = new([]);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<TimingSample> Samples => _samples;

    /// <summary>Adds a sample. An impossible duration, such as a negative one, is ignored.</summary>
    public Timings Learn(TimingSample sample)
    {
        if (!double.IsFinite(sample.Seconds) || sample.Seconds < 0)
        {
            return this;
        }

        var more = _samples.Add(sample);
        return new Timings(
            more.Count(other => other.Phase == sample.Phase) <= Kept
                ? more
                : more.RemoveAt(more.FindIndex(other => other.Phase == sample.Phase))
        );
    }

    /// <summary>
    /// The expected duration of the phase: from this machine's samples, else from those of similar machines, else from all,
    /// else the built-in value.
    /// </summary>
    /// <param name="machine"><c>null</c> when the machine is not known yet.</param>
    public ExpectedTime Expect(TimedPhase phase, Candidate? machine)
    {
        var seen = _samples.FindAll(sample => sample.Phase == phase);
        if (machine is not null)
        {
            var hardware = HardwareKey.Of(machine);
            var its = seen.FindAll(sample => sample.Machine == machine.Machine && sample.Hardware == hardware);
            var alike = seen.FindAll(sample => sample.Hardware == hardware);
            seen =
                its.Count >= Enough ? its
                : alike.Count >= Enough ? alike
                : seen;
        }

        return seen.Count >= Enough ? new ExpectedTime(Quantile(seen, 0.5), Quantile(seen, 0.95)) : BuiltIn[phase];
    }

    public string ToJson() => JsonSerializer.Serialize(new Stored([.. _samples]), ModelJson.Options);

    /// <param name="json">The output of <see cref="ToJson"/>; <c>null</c> when nothing was stored yet.</param>
    /// <exception cref="JsonException">The text is not such an output.</exception>
    public static Timings FromJson(string? json) =>
        string.IsNullOrEmpty(json)
            ? Empty
            : (JsonSerializer.Deserialize<Stored>(json, ModelJson.Options)?.Samples ?? []).Aggregate(
                Empty,
                (known, sample) => known.Learn(sample)
            );

    // The smallest duration that this share of the samples did not exceed.
    private static double Quantile(ImmutableList<TimingSample> seen, double share)
    {
        var ordered = seen.Select(sample => sample.Seconds).Order().ToList();
        return ordered[Math.Max(0, (int)Math.Ceiling(share * ordered.Count) - 1)];
    }

    private sealed record Stored([property: JsonRequired] IReadOnlyList<TimingSample> Samples);
}
