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
/// Takes every cluster from what it is to what it should be, and keeps it there. It is told keys, never events, so a
/// lost or doubled wake-up changes nothing; it looks at every cluster again by itself.
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

    /// <param name="log">Takes what the engine logs; <c>null</c> logs nothing.</param>
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
    /// Runs until it is cancelled. A step that is under way when that happens is cut off, and found again at the next start.
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

                await _queue.WaitAsync(anyPlace: running.Count < _options.Concurrency, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }

        await Task.WhenAll(running);
        _state.Log.Ended();
    }

    /// <summary>Look at this cluster now; an earlier failure does not hold it back.</summary>
    public void Enqueue(ClusterId cluster)
    {
        _woken[cluster] = true;
        _queue.Add(cluster, TimeSpan.Zero, OrderOf(cluster));
    }

    /// <summary>A kubeconfig for a person; <c>null</c> while the cluster has no API server.</summary>
    /// <param name="user">Becomes the common name of the certificate.</param>
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

        // Whoever has it may put work on a cluster that is not complete yet, which must not be begun anew from now on.
        _state.HandedOut(cluster);
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

    /// <summary>A person takes over what a forced deletion left; it is not asked back any more.</summary>
    /// <returns>Whether there was something left of the cluster.</returns>
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
            $"a person takes over {string.Join(", ", record.Members.Select(member => member.Hostname))}",
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
