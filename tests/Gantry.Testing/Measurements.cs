using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gantry.Testing;

/// <summary>
/// Collects the measurements of one meter until it is disposed. A meter serves the whole process, so other tests may add to it.
/// </summary>
public sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _all = new();
    private readonly ConcurrentDictionary<string, string?> _instruments = new(StringComparer.Ordinal);

    public Measurements(string meter)
    {
        _listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter.Name == meter)
            {
                _instruments[instrument.Name] = instrument.Unit;
                to.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Names of the meter's instruments with their units.</summary>
    public IReadOnlyDictionary<string, string?> Instruments => _instruments;

    public IReadOnlyList<Measured> Of(string instrument) => [.. _all.Where(one => one.Instrument == instrument)];

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _all.Enqueue(
            new Measured(instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString() ?? ""))
        );
}

/// <summary>One measurement.</summary>
public sealed record Measured(string Instrument, double Value, IReadOnlyDictionary<string, string> Tags)
{
    public string Tag(string name) => Tags.GetValueOrDefault(name, "");
}
