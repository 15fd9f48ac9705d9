using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Simulator.Ports;

/// <summary>A ledger whose writes the world observes.</summary>
internal sealed class WatchedLedger(Simulation simulation) : ILedger
{
    private readonly LedgerRecord _record = simulation.Ledger;

    private ILedger Inner => _record.Ledger;

    public Task<string> GetIdAsync(CancellationToken cancellationToken) => Inner.GetIdAsync(cancellationToken);

    public Task<long> NextAsync(CancellationToken cancellationToken) => Inner.NextAsync(cancellationToken);

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Inner.LoadAsync(cancellationToken);

    public Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken) =>
        Inner.LoadUnreadableAsync(cancellationToken);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken)
    {
        var saved = Inner.SaveAsync(cluster, cancellationToken);
        simulation.LedgerSaved(cluster);
        return saved;
    }

    public Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken)
    {
        var saved = Inner.EndAsync(ended, cancellationToken);
        simulation.LedgerSaved(ended);
        return saved;
    }

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        var removed = Inner.RemoveAsync(cluster, cancellationToken);
        simulation.LedgerRemoved(cluster);
        return removed;
    }

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Inner.FindSecretsAsync(cluster, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Inner.SaveSecretsAsync(cluster, secrets, cancellationToken);

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => Inner.LoadTimingsAsync(cancellationToken);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken) =>
        Inner.SaveTimingsAsync(timings, cancellationToken);

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        Inner.LoadQuarantineAsync(cancellationToken);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken)
    {
        _record.Quarantine[machine.Machine] = machine;
        return Inner.QuarantineAsync(machine, cancellationToken);
    }

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken)
    {
        _record.Quarantine.Remove(machine);
        return Inner.ClearQuarantineAsync(machine, cancellationToken);
    }
}
