using System.Diagnostics;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>
/// What the engine logs, measures and traces of its work. A meter serves the whole process, so no other test runs beside.
/// </summary>
[CollectionDefinition(nameof(DiagnosisTests), DisableParallelization = true)]
[Collection(nameof(DiagnosisTests))]
public sealed class DiagnosisTests
{
    [Fact]
    public void A_life_of_a_cluster_is_logged_with_its_decisions_its_steps_and_its_events()
    {
        using var log = new LogLines();
        using var place = new EngineInWorld(machines: 3, log: log).Start();
        var cluster = Some.Cluster(1, 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Stop();

        Assert.Contains(log.Lines, line => line.StartsWith("Information: 1001 The engine starts", StringComparison.Ordinal));
        Assert.Equal(
            3,
            log.Lines.Count(line => line.Contains(": 1030 Cluster demo: placement chooses ", StringComparison.Ordinal))
        );
        Assert.Contains(log.Lines, line => line.Contains("reconcile of generation 1 starts", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("step Deploy of", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("(id-demo): Running", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.StartsWith("Information: 1002 The engine stops", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failure_of_MAAS_is_a_warning_and_a_fault_of_the_engine_an_error_each_with_its_stack()
    {
        using var log = new LogLines();
        using var place = new EngineInWorld(machines: 1, log: log).Start();
        var cluster = Some.Cluster(1, 0);
        place.Script.MaasFails = new RegionException(
            RegionFailure.Unreachable,
            "no answer",
            new HttpRequestException("connection refused")
        );
        place.Want(cluster);
        place.Pass(TimeSpan.FromMilliseconds(500));
        place.Script.MaasFails = new InvalidOperationException("a fault of ours");
        place.Pass(TimeSpan.FromSeconds(30));

        var region = Assert.Single(log.Lines, line => line.StartsWith("Warning: 1012 ", StringComparison.Ordinal));
        Assert.Contains("HttpRequestException: connection refused", region, StringComparison.Ordinal);
        var fault = log.Lines.First(line => line.StartsWith("Error: 1014 ", StringComparison.Ordinal));
        Assert.Contains("InvalidOperationException: a fault of ours", fault, StringComparison.Ordinal);
        Assert.Contains("   at Gantry.Engine.", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("a fault of ours", place.Status(cluster).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reconciles_are_counted_and_timed_by_outcome_and_failures_by_reason()
    {
        using var measured = new Measurements(EngineMetrics.Name);
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(1, 2);
        place.Script.MaasFails = new RegionException(RegionFailure.Unreachable, "no answer");
        place.Want(cluster);
        place.Pass(TimeSpan.FromMilliseconds(500));
        place.Script.MaasFails = null;
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(1));

        var outcomes = measured.Of("gantry.reconcile.count").Select(one => one.Tag("outcome")).ToHashSet();
        Assert.Superset(new HashSet<string> { "error", "progress", "waiting", "complete" }, outcomes);
        Assert.Contains(measured.Of("gantry.reconcile.errors"), one => one.Tag("reason") is "MaasUnreachable");
        Assert.Contains(measured.Of("gantry.step.duration"), one => one.Tag("step") is "Deploy" && one.Tag("outcome") is "done");
        Assert.NotEmpty(measured.Of("gantry.workqueue.retries"));
    }

    [Fact]
    public void The_depth_of_the_queue_is_the_number_of_clusters_that_wait_in_it()
    {
        using var measured = new Measurements(EngineMetrics.Name);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var queue = new WorkQueue(time);
        var before = Depth();

        queue.Add(new ClusterId("a"), TimeSpan.FromSeconds(5), DateTimeOffset.UnixEpoch);
        queue.Add(new ClusterId("b"), TimeSpan.FromSeconds(5), DateTimeOffset.UnixEpoch);
        queue.Add(new ClusterId("b"), TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch);
        queue.Add(new ClusterId("b"), TimeSpan.FromSeconds(9), DateTimeOffset.UnixEpoch);
        Assert.Equal(2, Depth() - before);

        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(new ClusterId("b"), queue.TryTake());
        Assert.Equal(1, Depth() - before);
        Assert.Contains(measured.Of("gantry.workqueue.queue.duration"), one => one.Value is 2);

        queue.Clear();
        Assert.Equal(0, Depth() - before);

        double Depth() => measured.Of("gantry.workqueue.depth").Sum(one => one.Value);
    }

    [Fact]
    public void A_reconcile_is_a_span_with_its_cluster_and_steps_are_spans_below_it()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is EngineMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var place = new EngineInWorld(machines: 1).Start();
        var cluster = Some.Cluster(1, 0) with { Name = DnsLabel.Parse("traced") };
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        var reconciles = spans
            .Where(span => span.OperationName is "reconcile" && span.GetTagItem("gantry.cluster.name") is "traced")
            .ToList();
        var step = spans.First(span =>
            span.OperationName is "step Deploy" && reconciles.Exists(parent => parent.SpanId == span.ParentSpanId)
        );
        Assert.Equal("done", step.GetTagItem("outcome"));
        Assert.Contains(reconciles, span => span.GetTagItem("outcome") is "complete");
    }
}
