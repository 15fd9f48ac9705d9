using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Engine.Machines;

/// <summary>The ledger's data about machines that no owner stores. A write is durable when its task completes.</summary>
public interface IMachineLedger
{
    /// <summary>The ledger's id of eight characters, which is part of every intent in MAAS. It never changes.</summary>
    Task<string> GetIdAsync(CancellationToken cancellationToken);

    /// <summary>A number that this ledger has never returned before, also not before a crash.</summary>
    Task<long> NextAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken);

    Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken);

    /// <summary>Removes the machine from quarantine, so that placement may choose it again.</summary>
    Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken);
}
