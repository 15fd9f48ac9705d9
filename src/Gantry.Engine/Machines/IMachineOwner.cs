using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Machines;

/// <summary>Whom a machine is held for: a cluster of the engine, or an object of another system that wants machines.</summary>
public interface IMachineOwner
{
    /// <summary>Stands in the evidence of machines that failed for it.</summary>
    ClusterId Id { get; }

    RegionView View { get; }

    /// <summary>
    /// Stores the machine; durable when its task completes, because the service acts only afterwards. A machine that has
    /// become <see cref="MachineState.Released"/> is not the owner's any more.
    /// </summary>
    Task SaveAsync(HeldMachine machine, CancellationToken cancellationToken);

    /// <summary>What is written to the machine in MAAS, where people look for its user; gone after a release.</summary>
    IReadOnlyDictionary<string, string> Annotate(HeldMachine machine);

    void RecordEvent(EventSeverity severity, string reason, string message, SystemId machine);
}
