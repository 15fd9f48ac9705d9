using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gantry.Testing;

/// <summary>Collects what one meter measures while it lives. A meter serves the whole process, so other tests may add to it.</summary>
public sealed class Measurements : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<Measured> all = new();
    private readonly ConcurrentDictionary<string, string?> instruments = new(StringComparer.Ordinal);

    public Measurements(string meter)
    {
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter.Name == meter)
            {
                instruments[instrument.Name] = instrument.Unit;
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
    }

    /// <summary>Names of the meter's instruments with their units.</summary>
    public IReadOnlyDictionary<string, string?> Instruments => instruments;

    public IReadOnlyList<Measured> Of(string instrument) => [.. all.Where(one => one.Instrument == instrument)];

    public void Dispose() => listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        all.Enqueue(new Measured(instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString() ?? "")));
}

/// <summary>One measurement.</summary>
public sealed record Measured(string Instrument, double Value, IReadOnlyDictionary<string, string> Tags)
{
    public string Tag(string name) => Tags.GetValueOrDefault(name, "");
}
