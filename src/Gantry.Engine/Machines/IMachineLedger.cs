using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Engine.Machines;

/// <summary>What the ledger keeps of machines beside their owners. Every write is durable when its task completes.</summary>
public interface IMachineLedger
{
    /// <summary>Names this ledger in every mark that the engine leaves in MAAS; made once, eight characters.</summary>
    Task<string> GetIdAsync(CancellationToken cancellationToken);

    /// <summary>A number that was never given before, also not before a crash.</summary>
    Task<long> NextAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken);

    Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken);

    /// <summary>A person has looked after the machine: it may be chosen again.</summary>
    Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken);
}
