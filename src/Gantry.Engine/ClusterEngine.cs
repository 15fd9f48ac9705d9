using System.Collections.Concurrent;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Engine;

/// <summary>
/// Brings every cluster to its desired state and keeps it there. The queue holds keys, not events, so a lost or doubled
/// <see cref="Enqueue"/> changes nothing. Every cluster is reconciled periodically.
/// </summary>
public sealed partial class ClusterEngine : IDisposable
{
    private readonly EngineState _state;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly WorkQueue _queue;
    private readonly ConcurrentDictionary<ClusterId, bool> _woken = new();
    private readonly AsyncLock _loading = new();
    private bool _loaded;

    /// <param name="log">The engine's logger; <c>null</c> logs nothing.</param>
    public ClusterEngine(EnginePorts ports, EngineOptions options, TimeProvider time, ILogger? log = null)
    {
        _options = options;
        _time = time;
        _state = new EngineState(ports, options, time, log ?? NullLogger.Instance);
        _queue = new WorkQueue(time);
    }

    public void Dispose()
    {
        _queue.Clear();
        _state.Dispose();
    }

    /// <summary>
    /// Runs until it is cancelled. Cancellation interrupts the current steps; the next start continues from the ledger.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        _state.Log.Started(_state.LedgerId, _state.Records.Count(), _state.Machines.Quarantined.Count());
        foreach (var cluster in _state.Records.Select(record => record.Spec).Concat(_state.Ports.Desired.All))
        {
            _queue.Add(cluster.Id, TimeSpan.Zero, cluster.CreatedAt);
        }

        var running = new List<Task>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                running.RemoveAll(run => run.IsCompleted);
                while (running.Count < _options.Concurrency && _queue.TryTake() is { } cluster)
                {
                    running.Add(ReconcileAsync(cluster, cancellationToken));
                }

                await _queue.WaitAsync(hasCapacity: running.Count < _options.Concurrency, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }

        await Task.WhenAll(running);
        _state.Log.Ended();
    }

    /// <summary>Reconciles the cluster as soon as possible, without waiting for a back-off.</summary>
    public void Enqueue(ClusterId cluster)
    {
        _woken[cluster] = true;
        _queue.Add(cluster, TimeSpan.Zero, OrderOf(cluster));
    }

    /// <summary>Issues a kubeconfig with administrator rights; <c>null</c> while the cluster has no API server.</summary>
    /// <param name="user">The common name of the certificate.</param>
    public async Task<IssuedAccess?> IssueKubeconfigAsync(
        ClusterId cluster,
        string user,
        TimeSpan validity,
        CancellationToken cancellationToken
    )
    {
        await LoadAsync(cancellationToken);
        if (
            _state.Find(cluster) is not { Initialized: true, Endpoint: { Taken: true } endpoint } record
            || await _state.Ports.Ledger.FindSecretsAsync(cluster, cancellationToken) is not { } secrets
        )
        {
            return null;
        }

        // From now on the cluster may run workloads, even if it is incomplete, so it must not be bootstrapped again.
        _state.RecordKubeconfigIssued(cluster);
        Enqueue(cluster);
        return _state.Ports.Documents.Issue(
            record.Spec,
            new ApiEndpoint(endpoint.Host, endpoint.Port),
            secrets.Pki,
            user,
            _time.GetUtcNow(),
            validity
        );
    }

    /// <summary>Removes the record of a force-deleted cluster. Gantry no longer tries to release its machines.</summary>
    /// <returns>Whether there was such a record.</returns>
    public async Task<bool> DismissResidueAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (_state.Find(cluster) is not { Phase: ClusterPhase.Deleted } record)
        {
            return false;
        }

        _state.RecordEvent(
            record.Spec,
            EventSeverity.Warning,
            "ResidueDismissed",
            $"an operator takes over {string.Join(", ", record.Members.Select(member => member.Hostname))}",
            null,
            EventKind.Result
        );
        await _state.RemoveAsync(cluster, cancellationToken);
        return true;
    }

    private async Task ReconcileAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        TimeSpan? again = _options.WhileStuck;
        try
        {
            again = await ClusterRun.ReconcileAsync(_state, cluster, _woken.TryRemove(cluster, out _), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            _state.Log.ResultLost(failure, cluster);
            throw;
        }
        finally
        {
            _queue.Done(cluster);
            if (again is { } wait)
            {
                _queue.Add(cluster, wait, OrderOf(cluster));
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        using (await _loading.EnterAsync())
        {
            if (!_loaded)
            {
                await _state.LoadAsync(cancellationToken);
                _loaded = true;
            }
        }
    }

    private DateTimeOffset OrderOf(ClusterId cluster) =>
        _state.Ports.Desired.Find(cluster)?.CreatedAt ?? _state.Find(cluster)?.Spec.CreatedAt ?? DateTimeOffset.MaxValue;
}
