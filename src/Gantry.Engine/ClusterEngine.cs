using System.Collections.Concurrent;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Views;
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
        if (_state.Find(cluster) is not { Phase: ClusterPhase.Deleted, HasEnded: false } record)
        {
            return false;
        }

        var left = record
            .Members.Select(member => member.Hostname)
            .Concat((record.Hidden ?? []).Select(machine => machine.Hostname));
        _state.RecordEvent(
            record.Spec,
            EventSeverity.Warning,
            "ResidueDismissed",
            $"an operator takes over {string.Join(", ", left)}",
            null,
            EventKind.Result
        );
        await _state.RemoveAsync(cluster, cancellationToken);
        return true;
    }

    /// <summary>
    /// A person has decided that the cluster goes on with the machines that MAAS shows with its mark and that its ledger does not
    /// know. The cluster's next run takes them into the ledger.
    /// </summary>
    /// <returns>Their host names; none when the ledger knows every machine.</returns>
    /// <exception cref="RegionException">
    /// MAAS could not be asked, a machine belongs to another MAAS user, or the cluster cannot go on with them.
    /// </exception>
    public async Task<IReadOnlyList<string>> AdoptAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        using var journal = new ReadOnlyJournal(_state);
        var run = await OpenQueryAsync(cluster, journal, cancellationToken);
        await run.View.RefreshAsync(TimeSpan.Zero, cancellationToken);
        var unknown = await Ownership.FindUnknownAsync(run, cancellationToken);
        if (unknown.FirstOrDefault(machine => !machine.IsOurs) is { } foreign)
        {
            throw new RegionException(
                RegionFailure.OtherIdentity,
                $"{foreign.Hostname} carries the mark of {cluster.Name} and belongs to the MAAS user {foreign.Owner}; give the cloud "
                    + "account a key of that user first."
            );
        }

        var doubt = new OwnershipDoubt(unknown, Ownership.FindJoined(run), Ownership.FindLastReport(run));
        if (doubt.Exists && await Adoption.RefusalAsync(run, cancellationToken) is { } refusal)
        {
            throw new RegionException(RegionFailure.Conflict, refusal);
        }

        if (doubt.Exists)
        {
            _state.AskForAdoption(cluster.Id);
            Enqueue(cluster.Id);
        }

        return [.. doubt.Machines.Select(machine => machine.Hostname)];
    }

    /// <summary>
    /// A person lets go of a machine that has left its cluster and that MAAS does not release: it stays in MAAS without the
    /// cluster's mark, and the ledger forgets it.
    /// </summary>
    /// <exception cref="RegionException">
    /// <see cref="RegionFailure.NotFound"/>: the cluster has no such machine. <see cref="RegionFailure.Conflict"/>: it has not left,
    /// or MAAS releases it. Any other: MAAS refused or could not be asked. Nothing has changed then.
    /// </exception>
    public async Task AbandonAsync(ClusterId cluster, SystemId machine, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (_state.Find(cluster)?.FindMember(machine) is null)
        {
            throw new RegionException(RegionFailure.NotFound, $"The cluster {cluster} has no machine {machine}.");
        }

        var request = _state.AskForAbandonment(cluster, machine);
        Enqueue(cluster);
        await using var ended = cancellationToken.Register(() => request.Answer.TrySetCanceled(cancellationToken));
        await request.Answer.Task;
    }

    /// <summary>
    /// Whether the clusters of an account could go on with another key: of the same MAAS user in the same region, or of one to whom
    /// MAAS shows everything transferred.
    /// </summary>
    /// <param name="region">The region opened with that key.</param>
    /// <returns>Why they could not; <c>null</c> when they could.</returns>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<string?> FindKeyMismatchAsync(AccountId account, IRegion region, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        using var journal = new ReadOnlyJournal(_state);
        var view = new RegionView(region, _time);
        foreach (var record in _state.Records.Where(record => record.Spec.Account == account && record.HoldsAnything))
        {
            try
            {
                await view.RefreshAsync(_options.WhileStuck, cancellationToken);
                await Ownership.CheckIdentityAsync(new RunScope(_state, record.Spec, record, view, journal), cancellationToken);
            }
            catch (RegionException mismatch) when (mismatch.Failure is RegionFailure.OtherIdentity)
            {
                return $"Cluster {record.Spec.Name}: {mismatch.Message}";
            }
        }

        return null;
    }

    /// <summary>
    /// Desired clusters of which the ledger does not know that they ran, and the console has not told yet whether they have.
    /// </summary>
    public async Task<IReadOnlyList<ClusterId>> ListUnconfirmedAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return
        [
            .. _state
                .Ports.Desired.All.Select(cluster => cluster.Id)
                .Where(cluster =>
                    _state.Find(cluster) is null or { Endpoint: null } or { Formed: false, InUse: false }
                    && _state.FindUnreadable(cluster) is null
                    && _state.FindLastReport(cluster) is Observation<ClusterStatus>.Unknown
                ),
        ];
    }

    /// <summary>Clusters of the ledger that are not desired, and of which the console has not told yet whether they have ended.</summary>
    public async Task<IReadOnlyList<ClusterId>> ListUndesiredAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return
        [
            .. _state
                .Records.Select(record => record.Spec.Id)
                .Where(cluster => _state.Ports.Desired.Find(cluster) is null && _state.Ports.Desired.HasEnded(cluster) is null),
        ];
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
