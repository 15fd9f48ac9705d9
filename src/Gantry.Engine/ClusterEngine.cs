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
    private readonly EngineState state;
    private readonly EngineOptions options;
    private readonly TimeProvider time;
    private readonly WorkQueue queue;
    private readonly ConcurrentDictionary<ClusterId, bool> woken = new();
    private readonly AsyncLock loading = new();
    private bool loaded;

    /// <param name="log">Takes what the engine logs; <c>null</c> logs nothing.</param>
    public ClusterEngine(EnginePorts ports, EngineOptions options, TimeProvider time, ILogger? log = null)
    {
        this.options = options;
        this.time = time;
        state = new EngineState(ports, options, time, log ?? NullLogger.Instance);
        queue = new WorkQueue(time);
    }

    public void Dispose()
    {
        queue.Clear();
        state.Dispose();
    }

    /// <summary>Runs until it is cancelled. A step that is under way when that happens is cut off, and found again at the next start.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        state.Log.Started(state.LedgerId, state.Records.Count(), state.Machines.Quarantined.Count());
        foreach (var cluster in state.Records.Select(record => record.Spec).Concat(state.Ports.Desired.All))
        {
            queue.Add(cluster.Id, TimeSpan.Zero, cluster.CreatedAt);
        }

        var running = new List<Task>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                running.RemoveAll(run => run.IsCompleted);
                while (running.Count < options.Concurrency && queue.TryTake() is { } cluster)
                {
                    running.Add(ReconcileAsync(cluster, cancellationToken));
                }

                await queue.WaitAsync(anyPlace: running.Count < options.Concurrency, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        await Task.WhenAll(running);
        state.Log.Ended();
    }

    /// <summary>Look at this cluster now; an earlier failure does not hold it back.</summary>
    public void Enqueue(ClusterId cluster)
    {
        woken[cluster] = true;
        queue.Add(cluster, TimeSpan.Zero, OrderOf(cluster));
    }

    /// <summary>A kubeconfig for a person; <c>null</c> while the cluster has no API server.</summary>
    /// <param name="user">Becomes the common name of the certificate.</param>
    public async Task<IssuedAccess?> IssueKubeconfigAsync(
        ClusterId cluster, string user, TimeSpan validity, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (state.Find(cluster) is not { Initialized: true, Endpoint: { Taken: true } endpoint } record
            || await state.Ports.Ledger.FindSecretsAsync(cluster, cancellationToken) is not { } secrets)
        {
            return null;
        }

        // Whoever has it may put work on a cluster that is not complete yet, which must not be begun anew from now on.
        state.HandedOut(cluster);
        Enqueue(cluster);
        return state.Ports.Documents.Issue(
            record.Spec, new ApiEndpoint(endpoint.Host, endpoint.Port), secrets.Pki, user, time.GetUtcNow(), validity);
    }

    /// <summary>A person takes over what a forced deletion left; it is not asked back any more.</summary>
    /// <returns>Whether there was something left of the cluster.</returns>
    public async Task<bool> DismissResidueAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (state.Find(cluster) is not { Phase: ClusterPhase.Deleted } record)
        {
            return false;
        }

        state.RecordEvent(
            record.Spec, EventSeverity.Warning, "ResidueDismissed",
            $"a person takes over {string.Join(", ", record.Members.Select(member => member.Hostname))}", null, EventKind.Result);
        await state.RemoveAsync(cluster, cancellationToken);
        return true;
    }

    private async Task ReconcileAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        TimeSpan? again = options.WhileStuck;
        try
        {
            again = await ClusterRun.ReconcileAsync(state, cluster, woken.TryRemove(cluster, out _), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            state.Log.ResultLost(failure, cluster);
            throw;
        }
        finally
        {
            queue.Done(cluster);
            if (again is { } wait)
            {
                queue.Add(cluster, wait, OrderOf(cluster));
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        using (await loading.EnterAsync())
        {
            if (!loaded)
            {
                await state.LoadAsync(cancellationToken);
                loaded = true;
            }
        }
    }

    private DateTimeOffset OrderOf(ClusterId cluster) =>
        state.Ports.Desired.Find(cluster)?.CreatedAt ?? state.Find(cluster)?.Spec.CreatedAt ?? DateTimeOffset.MaxValue;
}
