using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Views;

namespace Gantry.Engine.Machines;

/// <summary>The owner of a machine: a cluster of the engine, or an object of another system.</summary>
public interface IMachineOwner
{
    /// <summary>The owner's id. The quarantine names it for each machine that failed.</summary>
    ClusterId Id { get; }

    RegionView View { get; }

    /// <summary>
    /// Stores the machine. The write must be durable when its task completes, because the service calls MAAS only afterwards. A
    /// machine that is <see cref="MachineState.Released"/> no longer belongs to the owner.
    /// </summary>
    Task SaveAsync(HeldMachine machine, CancellationToken cancellationToken);

    /// <summary>The machine's workload annotations in MAAS, which name its owner. MAAS removes them at release.</summary>
    IReadOnlyDictionary<string, string> Annotate(HeldMachine machine);

    void RecordEvent(EventSeverity severity, string reason, string message, SystemId machine);
}
