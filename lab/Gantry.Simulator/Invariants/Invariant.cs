using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// A condition that always holds, whatever fails. It is checked against the world's own record after every call that changes the
/// world, every write to the ledger and every published text.
/// </summary>
internal abstract class Invariant(Simulation run)
{
    protected Simulation Run => run;

    /// <summary>The invariant's number in docs/invariants.md.</summary>
    public string Name => GetType().Name is ['I', .. var rest] ? $"I{string.Concat(rest.TakeWhile(char.IsDigit))}" : "Engine";

    public static List<Invariant> All(Simulation run) =>
        [
            new I1OneOwner(run),
            new I2NothingLeaks(run),
            new I3EtcdKeepsItsQuorum(run),
            new I4SizesWhileRolling(run),
            new I5DeletionLeavesNothing(run),
            new I6AcknowledgedWritesLast(run),
            new I7NoSecretIsPublished(run),
            new I8NothingDisruptiveOnTheUnknown(run),
            new I9QuarantineIsRespected(run),
            new I10NoPlaceIsLost(run),
            new I13WaitersAreTold(run),
            new I15EndpointKeepsAControlPlane(run),
            new EngineFaults(run),
        ];

    public virtual void GatewayStarted() { }

    /// <summary>A call is sent by the gateway.</summary>
    public virtual void Sent(Act act, Knowledge knowledge) { }

    /// <summary>A call has arrived and is about to take effect.</summary>
    public virtual void Before(Act act) { }

    /// <summary>A call has taken effect.</summary>
    public virtual void After(Act act) { }

    /// <param name="dropped">Machines in the previous record that the new one lacks.</param>
    /// <param name="twice">A machine that another cluster's record also contains.</param>
    public virtual void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    ) { }

    public virtual void LedgerRemoved(ClusterRecord record) { }

    public virtual void Published(ClusterStatus status) { }

    /// <summary>A text that may reach a log or an operator.</summary>
    public virtual void Text(string text) { }

    /// <summary>The gateway polls the console for changes after this revision, which acknowledges the changes up to it.</summary>
    public virtual void Polled(long since) { }

    protected void Broken(string message) => run.Violate(Name, message);

    protected WorldMachine? MachineOf(Act act) => act.Machine is { } id ? run.Region.Find(id) : null;

    /// <summary>
    /// Whether the whole cluster is being deleted, or was when the act was sent: a console restored to a backup may withdraw the
    /// deletion while a call is in flight.
    /// </summary>
    protected bool IsLeaving(ClusterId cluster, Act act) => run.WasSentToDelete(act, cluster) || run.IsLeaving(cluster);

    /// <summary>The act's node, if the act names one of an existing cluster.</summary>
    protected (WorldCluster Cluster, WorldNode Node)? NodeOf(Act act)
    {
        if (act.Cluster is { } id)
        {
            return run.MachineModel.Find(id) is { } cluster && cluster.Nodes.GetValueOrDefault(act.Detail) is { } node
                ? (cluster, node)
                : null;
        }

        return
            MachineOf(act) is { Cluster: { } joined } machine
            && joined.Nodes.GetValueOrDefault(machine.Hostname) is { } its
            && its.Machine == machine
            ? (joined, its)
            : null;
    }
}
