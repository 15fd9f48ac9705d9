using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Simulator.Ports;

/// <summary>The content of the ledger as the world records it: durable at each save, across all processes.</summary>
internal sealed class LedgerRecord
{
    private readonly Dictionary<SystemId, ClusterId> _holders = [];

    public ILedger Ledger { get; set; } = new MemoryLedger();

    public Dictionary<ClusterId, ClusterRecord> Clusters { get; } = [];

    public Dictionary<SystemId, QuarantinedMachine> Quarantine { get; } = [];

    /// <summary>How often the ledger was lost or put back.</summary>
    public int Replacements { get; private set; }

    private (ILedger Ledger, List<ClusterRecord> Clusters, List<QuarantinedMachine> Quarantine)? _backup;

    /// <summary>Keeps a backup of the ledger.</summary>
    public void BackUp()
    {
        if (Ledger is MemoryLedger memory)
        {
            _backup = (memory.Copy(), [.. Clusters.Values], [.. Quarantine.Values]);
        }
    }

    /// <summary>Puts the backup back, or an empty ledger where there is none.</summary>
    /// <param name="lost">Puts an empty one in its place.</param>
    /// <returns>Whether there was a ledger to put in place.</returns>
    public bool Replace(bool lost, string id)
    {
        if (!lost && _backup is null)
        {
            return false;
        }

        Replacements++;
        var (ledger, clusters, quarantine) = lost ? (new MemoryLedger(id), [], []) : _backup!.Value;
        Ledger = lost ? ledger : ((MemoryLedger)ledger).Copy();
        Clusters.Clear();
        Quarantine.Clear();
        _holders.Clear();
        foreach (var record in clusters)
        {
            Saved(record);
        }

        foreach (var machine in quarantine)
        {
            Quarantine[machine.Machine] = machine;
        }

        return true;
    }

    public ClusterId? HolderOf(SystemId machine) => _holders.TryGetValue(machine, out var cluster) ? cluster : null;

    /// <returns>Machines dropped from the record, and a machine that another cluster already holds.</returns>
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
