using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Receives the results of an observation. A reconcile writes them to the ledger. A query makes the same observation and writes
/// nothing.
/// </summary>
internal interface IJournal
{
    Task SaveAsync(ClusterRecord record, CancellationToken cancellationToken);

    Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken);

    Task LearnAsync(TimingSample sample, CancellationToken cancellationToken);

    void RecordEvent(
        ClusterSpec cluster,
        EventSeverity severity,
        string reason,
        string message,
        SystemId? machine,
        EventKind kind
    );

    /// <summary>Records a warning that takes the place of the one with the same key before it.</summary>
    /// <param name="key">Unique within the gateway.</param>
    void RecordRepeated(ClusterSpec cluster, string reason, string message, SystemId machine, string key);

    /// <summary>A client of the cluster's API server for the duration of the observation.</summary>
    IWorkloadCluster OpenWorkload(ClusterRecord record, ClusterSecrets secrets, IReadOnlyList<string> controlPlanes);

    /// <inheritdoc cref="EngineState.TryTakeHoldingsObservation"/>
    bool TryTakeHoldingsObservation(ClusterId cluster, TimeSpan interval);

    /// <summary>Takes the turn to look at the add-ons of the cluster; false when it was taken within the interval.</summary>
    bool TryTakeAddonObservation(ClusterId cluster, TimeSpan interval);

    /// <summary>Takes the turn to look who is reached through a given endpoint; false when it was taken within the interval.</summary>
    bool TryTakeEndpointObservation(ClusterId cluster, TimeSpan interval);

    /// <summary>Takes the turn to ask MAAS about a machine without a mark; false when it was asked a short time ago.</summary>
    bool TryTakeMarkObservation(SystemId machine);

    /// <summary>Takes a person's request to adopt the cluster's unknown machines; false without one.</summary>
    bool TryTakeAdoption(ClusterId cluster);

    /// <summary>What the console was told of the cluster is in the ledger now.</summary>
    void SettleReport(ClusterId cluster);

    /// <summary>Writes the mark of a machine that lacks it or carries an old one.</summary>
    Task MarkAsync(RunScope run, RegionMachine machine, MachineMark mark, CancellationToken cancellationToken);
}

/// <summary>The journal of a reconcile. It writes to the ledger, reports events and reuses the shared clients.</summary>
internal sealed class LedgerJournal(EngineState state) : IJournal
{
    public Task SaveAsync(ClusterRecord record, CancellationToken cancellationToken) =>
        state.SaveAsync(record, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        state.Ports.Ledger.SaveSecretsAsync(cluster, secrets, cancellationToken);

    public Task LearnAsync(TimingSample sample, CancellationToken cancellationToken) =>
        state.LearnAsync(sample, cancellationToken);

    public void RecordEvent(
        ClusterSpec cluster,
        EventSeverity severity,
        string reason,
        string message,
        SystemId? machine,
        EventKind kind
    ) => state.RecordEvent(cluster, severity, reason, message, machine, kind);

    public void RecordRepeated(ClusterSpec cluster, string reason, string message, SystemId machine, string key) =>
        state.RecordRepeated(cluster, reason, message, machine, key);

    public IWorkloadCluster OpenWorkload(ClusterRecord record, ClusterSecrets secrets, IReadOnlyList<string> controlPlanes) =>
        state.OpenWorkload(record, secrets, controlPlanes);

    public bool TryTakeHoldingsObservation(ClusterId cluster, TimeSpan interval) =>
        state.TryTakeHoldingsObservation(cluster, interval);

    public bool TryTakeAddonObservation(ClusterId cluster, TimeSpan interval) => state.TryTakeAddonObservation(cluster, interval);

    public bool TryTakeEndpointObservation(ClusterId cluster, TimeSpan interval) =>
        !state.Reaches.TryGetValue(cluster, out var last) || state.Time.GetElapsedTime(last.At) >= interval;

    public bool TryTakeMarkObservation(SystemId machine) => state.TryTakeMarkObservation(machine);

    public bool TryTakeAdoption(ClusterId cluster) => state.TryTakeAdoption(cluster);

    public void SettleReport(ClusterId cluster) => state.SettleReport(cluster);

    public async Task MarkAsync(RunScope run, RegionMachine machine, MachineMark mark, CancellationToken cancellationToken)
    {
        try
        {
            await state.Machines.AnnotateAsync(run, machine, mark.ToAnnotations(), cancellationToken);
            run.View.Machines.RecordResult(machine with { Mark = mark });
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered or RegionFailure.MachineFailed)
        {
            // The list shows the mark when it is there; a machine without it is marked again.
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Conflict or RegionFailure.Forbidden or RegionFailure.NotFound)
        {
            // The machine has changed since the look: the next look decides.
            run.View.Invalidate();
        }
    }
}

/// <summary>
/// The journal of a query. It writes nothing and reports no event. It opens its own clients, so it cannot disturb a reconcile.
/// </summary>
internal sealed class ReadOnlyJournal(EngineState state) : IJournal, IDisposable
{
    private readonly List<IWorkloadCluster> _opened = [];

    public Task SaveAsync(ClusterRecord record, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task LearnAsync(TimingSample sample, CancellationToken cancellationToken) => Task.CompletedTask;

    public void RecordEvent(
        ClusterSpec cluster,
        EventSeverity severity,
        string reason,
        string message,
        SystemId? machine,
        EventKind kind
    ) { }

    public void RecordRepeated(ClusterSpec cluster, string reason, string message, SystemId machine, string key) { }

    public IWorkloadCluster OpenWorkload(ClusterRecord record, ClusterSecrets secrets, IReadOnlyList<string> controlPlanes)
    {
        var client = state.Ports.Workloads.Open(state.AccessTo(record, secrets, controlPlanes));
        _opened.Add(client);
        return client;
    }

    // What a look finds is kept for the runs; a question takes what the last of them found.
    public bool TryTakeHoldingsObservation(ClusterId cluster, TimeSpan interval) => false;

    // What a look finds is kept for the runs; a question takes what the last of them found.
    public bool TryTakeAddonObservation(ClusterId cluster, TimeSpan interval) => false;

    public bool TryTakeEndpointObservation(ClusterId cluster, TimeSpan interval) => false;

    public bool TryTakeMarkObservation(SystemId machine) => false;

    public bool TryTakeAdoption(ClusterId cluster) => false;

    public void SettleReport(ClusterId cluster) { }

    public Task MarkAsync(RunScope run, RegionMachine machine, MachineMark mark, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public void Dispose() => _opened.ForEach(client => client.Dispose());
}
