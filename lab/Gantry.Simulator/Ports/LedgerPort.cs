using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Simulator.Ports;

/// <summary>What the ledger holds, as the world sees it: durable at each save, across all processes.</summary>
internal sealed class LedgerRecord
{
    private readonly Dictionary<SystemId, ClusterId> _holders = [];

    public ILedger Ledger { get; set; } = new MemoryLedger();

    public Dictionary<ClusterId, ClusterRecord> Clusters { get; } = [];

    public Dictionary<SystemId, QuarantinedMachine> Quarantine { get; } = [];

    public ClusterId? HolderOf(SystemId machine) => _holders.TryGetValue(machine, out var cluster) ? cluster : null;

    /// <returns>Machines that the record had and has no more, and those that another cluster holds already.</returns>
    public (IReadOnlyList<SystemId> Dropped, SystemId? HeldTwice) Saved(ClusterRecord record)
    {
        var before = Clusters.GetValueOrDefault(record.Spec.Id);
        Clusters[record.Spec.Id] = record;
        if (before is not null && ReferenceEquals(before.Members, record.Members))
        {
            return ([], null);
        }

        SystemId? twice = null;
        foreach (var member in record.Members)
        {
            if (_holders.TryGetValue(member.Machine, out var holder) && holder != record.Spec.Id)
            {
                twice = member.Machine;
            }

            _holders[member.Machine] = record.Spec.Id;
        }

        List<SystemId> dropped = [];
        foreach (var member in before?.Members ?? [])
        {
            if (record.FindMember(member.Machine) is null)
            {
                _holders.Remove(member.Machine);
                dropped.Add(member.Machine);
            }
        }

        return (dropped, twice);
    }

    public ClusterRecord? Removed(ClusterId cluster)
    {
        if (Clusters.Remove(cluster, out var record))
        {
            foreach (var member in record.Members)
            {
                _holders.Remove(member.Machine);
            }
        }

        return record;
    }
}

/// <summary>The ledger as one gateway process writes it.</summary>
internal sealed class LedgerPort(Transport transport, Simulation simulation) : ILedger
{
    private readonly LedgerRecord _record = simulation.Ledger;

    private ILedger Inner => _record.Ledger;

    public Task<string> GetIdAsync(CancellationToken cancellationToken) => Inner.GetIdAsync(cancellationToken);

    public Task<long> NextAsync(CancellationToken cancellationToken) =>
        transport.WriteAsync(() => Inner.NextAsync(cancellationToken).Result);

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Inner.LoadAsync(cancellationToken);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken) =>
        Write(() =>
        {
            _ = Inner.SaveAsync(cluster, cancellationToken);
            simulation.LedgerSaved(cluster);
        });

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Write(() =>
        {
            _ = Inner.RemoveAsync(cluster, cancellationToken);
            simulation.LedgerRemoved(cluster);
        });

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Inner.FindSecretsAsync(cluster, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Write(() => _ = Inner.SaveSecretsAsync(cluster, secrets, cancellationToken));

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => Inner.LoadTimingsAsync(cancellationToken);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken) =>
        Write(() => _ = Inner.SaveTimingsAsync(timings, cancellationToken));

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        Inner.LoadQuarantineAsync(cancellationToken);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken) =>
        Write(() =>
        {
            _ = Inner.QuarantineAsync(machine, cancellationToken);
            _record.Quarantine[machine.Machine] = machine;
        });

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken) =>
        Write(() =>
        {
            _ = Inner.ClearQuarantineAsync(machine, cancellationToken);
            _record.Quarantine.Remove(machine);
        });

    private Task Write(Action write) =>
        transport.WriteAsync(() =>
        {
            write();
            return 0;
        });
}
