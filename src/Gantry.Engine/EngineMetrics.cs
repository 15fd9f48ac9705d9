using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gantry.Clusters.Model;

namespace Gantry.Engine;

/// <summary>
/// Metrics and traces of the engine, with names that Kubernetes controllers use (docs/observability.md has the table).
/// Reconciles and steps are measured with the engine's <see cref="TimeProvider"/>, so a simulated run measures simulated time.
/// </summary>
public static class EngineMetrics
{
    /// <summary>Name of the engine's meter and activity source.</summary>
    public const string Name = "Gantry.Engine";

    private static readonly Meter Meter = new(Name);
    private static readonly ActivitySource Source = new(Name);

    private static readonly Counter<long> Reconciles = Meter.CreateCounter<long>(
        "gantry.reconcile.count",
        "{reconcile}",
        "Reconciles of a cluster that ended, by outcome."
    );

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "gantry.reconcile.errors",
        "{error}",
        "Reconciles that failed, by reason."
    );

    private static readonly Histogram<double> ReconcileDuration = Meter.CreateHistogram<double>(
        "gantry.reconcile.duration",
        "s",
        "Duration of a reconcile, by outcome."
    );

    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>(
        "gantry.step.duration",
        "s",
        "Duration of a step of a plan, by step and outcome."
    );

    private static readonly UpDownCounter<long> QueueDepth = Meter.CreateUpDownCounter<long>(
        "gantry.workqueue.depth",
        "{cluster}",
        "Clusters in the queue, due or not."
    );

    private static readonly Counter<long> QueueAdds = Meter.CreateCounter<long>(
        "gantry.workqueue.adds",
        "{add}",
        "Entries added to the queue, or moved to an earlier time."
    );

    private static readonly Counter<long> QueueRetries = Meter.CreateCounter<long>(
        "gantry.workqueue.retries",
        "{retry}",
        "Reconciles that are repeated after a failure."
    );

    private static readonly Histogram<double> QueueLatency = Meter.CreateHistogram<double>(
        "gantry.workqueue.queue.duration",
        "s",
        "Time from when a cluster was due until its reconcile began."
    );

    private static readonly Histogram<double> WorkloadDuration = Meter.CreateHistogram<double>(
        "gantry.workload.request.duration",
        "s",
        "Duration of an operation on a cluster's Kubernetes API, by operation and outcome."
    );

    internal static Measurement Reconcile(TimeProvider time, ClusterSpec cluster) =>
        new(
            time,
            Source
                .StartActivity("reconcile")
                ?.SetTag("gantry.cluster.uid", cluster.Id.Value)
                .SetTag("gantry.cluster.name", cluster.Name.Value),
            (seconds, outcome) =>
            {
                Reconciles.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
                ReconcileDuration.Record(seconds, new KeyValuePair<string, object?>("outcome", outcome));
            }
        );

    /// <param name="reason">The condition's reason: <c>MaasUnreachable</c>, <c>Internal</c>, …</param>
    internal static void ReconcileFailed(string reason)
    {
        Errors.Add(1, new KeyValuePair<string, object?>("reason", reason));
        QueueRetries.Add(1);
    }

    /// <param name="step">The step's name: <c>Deploy</c>, <c>JoinWorker</c>, …</param>
    internal static Measurement Step(TimeProvider time, string step) =>
        new(
            time,
            Source.StartActivity($"step {step}"),
            (seconds, outcome) => StepDuration.Record(seconds, new("step", step), new("outcome", outcome))
        );

    /// <param name="operation">The operation on the cluster: <c>ListNodes</c>, <c>Drain</c>, …</param>
    internal static Measurement WorkloadCall(TimeProvider time, string operation) =>
        new(
            time,
            Source.StartActivity($"workload {operation}", ActivityKind.Client),
            (seconds, outcome) => WorkloadDuration.Record(seconds, new("operation", operation), new("outcome", outcome))
        );

    /// <param name="change">The change of the queue's depth: 0 when an earlier time replaced a later one.</param>
    internal static void Added(int change)
    {
        QueueAdds.Add(1);
        QueueDepth.Add(change);
    }

    internal static void Taken(TimeSpan latency)
    {
        QueueDepth.Add(-1);
        QueueLatency.Record(latency.TotalSeconds);
    }

    /// <summary>Records that a queue was cleared with clusters in it.</summary>
    internal static void Dropped(int clusters) => QueueDepth.Add(-clusters);

    /// <summary>
    /// A duration that is recorded when the measurement is disposed. Without an outcome, an exception has ended the operation.
    /// </summary>
    internal sealed class Measurement(TimeProvider time, Activity? activity, Action<double, string> record) : IDisposable
    {
        private readonly long _start = time.GetTimestamp();

        public string Outcome { get; private set; } = "interrupted";

        public TimeSpan Elapsed => time.GetElapsedTime(_start);

        public void End(string outcome) => Outcome = outcome;

        public void Fail(string outcome)
        {
            Outcome = outcome;
            activity?.SetStatus(ActivityStatusCode.Error, outcome);
        }

        public void Dispose()
        {
            record(Elapsed.TotalSeconds, Outcome);
            activity?.SetTag("outcome", Outcome);
            activity?.Dispose();
        }
    }
}
