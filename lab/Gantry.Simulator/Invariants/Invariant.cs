using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// Something that holds at any time, whatever fails. It is judged by the world's own record after every call that changes
/// the world, every write to the ledger and everything that is told.
/// </summary>
internal abstract class Invariant(Simulation run)
{
    protected Simulation Run => run;

    /// <summary>The number that docs/invariants.md gives it.</summary>
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
            new I13WaitersAreTold(run),
            new EngineFaults(run),
        ];

    public virtual void GatewayStarted() { }

    /// <summary>A call leaves the gateway.</summary>
    public virtual void Sent(Act act, Knowledge knowledge) { }

    /// <summary>A call has arrived and is about to take effect.</summary>
    public virtual void Before(Act act) { }

    /// <summary>A call has taken effect.</summary>
    public virtual void After(Act act) { }

    /// <param name="dropped">Machines that the record named before and does not name now.</param>
    /// <param name="twice">A machine that another cluster's record names too.</param>
    public virtual void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    ) { }

    public virtual void LedgerRemoved(ClusterRecord record) { }

    public virtual void Published(ClusterStatus status) { }

    /// <summary>Words that may reach a log or a person.</summary>
    public virtual void Text(string text) { }

    /// <summary>
    /// The gateway asks the console for what came after this revision, and by that says it has kept what came before.
    /// </summary>
    public virtual void Polled(long since) { }

    protected void Broken(string message) => run.Violate(Name, message);

    protected WorldMachine? MachineOf(Act act) => act.Machine is { } id ? run.Region.Find(id) : null;

    /// <summary>
    /// Whether we mean to take the whole cluster away, or meant it when the act was sent: a console that is put back to a
    /// backup may take the deletion back while a call of it is still on its way.
    /// </summary>
    protected bool IsLeaving(ClusterId cluster, Act act) => run.WasSentToEnd(act, cluster) || run.IsLeaving(cluster);

    /// <summary>The node in question, when the act names one of a cluster that is there.</summary>
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
