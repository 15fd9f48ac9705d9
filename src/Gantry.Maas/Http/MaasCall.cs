using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gantry.Maas.Http;

/// <summary>Measures and traces one attempt of a call. An attempt without an outcome was cancelled.</summary>
internal sealed class MaasCall : IDisposable
{
    private static readonly ActivitySource Source = new(MaasDiagnostics.Name);
    private static readonly Meter Meter = new(MaasDiagnostics.Name);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "maas.client.request.duration",
        "s",
        "Duration of one attempt of a MAAS call, by operation and outcome."
    );

    private readonly string _operation;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Activity? _activity;
    private string _outcome = "cancelled";

    private MaasCall(string operation, TimeProvider time)
    {
        _operation = operation;
        _time = time;
        _start = time.GetTimestamp();
        _activity = Source.StartActivity($"MAAS {operation}", ActivityKind.Client);
    }

    /// <param name="path">Path and query below <c>api/2.0/</c>.</param>
    public static MaasCall Start(HttpMethod method, string path, TimeProvider time) => new(OperationOf(method, path), time);

    public void Succeed() => _outcome = "success";

    public void Fail(MaasException failure)
    {
        _outcome = failure switch
        {
            MaasCredentialsRejectedException => "credentials_rejected",
            MaasForbiddenException => "forbidden",
            MaasNotFoundException => "not_found",
            MaasInvalidException => "invalid",
            MaasConflictException => "conflict",
            MaasBusyException => "busy",
            MaasGoneException => "gone",
            MaasUnavailableException => "unavailable",
            MaasOutcomeUnknownException => "outcome_unknown",
            _ => "unexpected",
        };
        _activity?.SetStatus(ActivityStatusCode.Error, _outcome);
    }

    public void Dispose()
    {
        Duration.Record(_time.GetElapsedTime(_start).TotalSeconds, new("maas.operation", _operation), new("outcome", _outcome));
        _activity?.SetTag("maas.operation", _operation).SetTag("outcome", _outcome);
        _activity?.Dispose();
    }

    /// <summary>
    /// Noun and operation: <c>machines.list</c>, <c>machines.deploy</c>, <c>zones.delete</c>. It contains no id, so the number of
    /// metric series stays small.
    /// </summary>
    internal static string OperationOf(HttpMethod method, string path)
    {
        var below = path.Split("/api/2.0/")[^1];
        var parts = below.Split('?', 2);
        var segments = parts[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var named =
            parts.Length > 1
                ? parts[1].Split('&').FirstOrDefault(field => field.StartsWith("op=", StringComparison.Ordinal))?["op=".Length..]
                : null;
        return $"{segments[0]}.{named ?? method.Method switch
        {
            "GET" => segments.Length > 1 ? "read" : "list",
            "POST" => "create",
            "PUT" => "update",
            _ => method.Method.ToLowerInvariant(),
        }}";
    }
}
