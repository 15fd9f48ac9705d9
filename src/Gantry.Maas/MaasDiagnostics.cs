namespace Gantry.Maas;

/// <summary>How to subscribe to what the client measures and traces.</summary>
public static class MaasDiagnostics
{
    /// <summary>
    /// Name of the client's <see cref="System.Diagnostics.Metrics.Meter"/> and
    /// <see cref="System.Diagnostics.ActivitySource"/>. The meter has <c>maas.client.request.duration</c> in seconds, with
    /// <c>maas.operation</c> and <c>outcome</c>; the source has a span for each attempt of a call.
    /// </summary>
    public const string Name = "Gantry.Maas";
}
