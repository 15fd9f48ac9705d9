namespace Gantry.Maas;

/// <summary>Names for subscribing to the client's metrics and traces.</summary>
public static class MaasDiagnostics
{
    /// <summary>
    /// Name of the client's <see cref="System.Diagnostics.Metrics.Meter"/> and <see cref="System.Diagnostics.ActivitySource"/>.
    /// The meter records <c>maas.client.request.duration</c> in seconds, tagged with <c>maas.operation</c> and <c>outcome</c>;
    /// the source starts a span for each attempt of a call.
    /// </summary>
    public const string Name = "Gantry.Maas";
}
