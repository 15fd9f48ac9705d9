using Gantry.Clusters.Planning;
using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Invariants;

/// <summary>No disruptive step on an unknown observation.</summary>
internal sealed class I8NothingDisruptiveOnTheUnknown(Simulation run) : Invariant(run)
{
    // A reconcile may have many slow steps; its observation is as old as the reconcile.
    private static readonly TimeSpan OutOfDate = TimeSpan.FromMinutes(10);

    public override void Sent(Act act, Knowledge knowledge)
    {
        switch (act.Kind)
        {
            case ActKind.PowerOff:
                CheckPower(act, knowledge);
                CheckNode(act, knowledge);
                break;
            case ActKind.Release:
                CheckList(act, knowledge);
                CheckNode(act, knowledge);
                break;
            case ActKind.RemoveEtcdMember:
                if (knowledge.Etcd(act.Cluster!.Value) is not { } etcd || etcd.Age > OutOfDate)
                {
                    Broken($"an etcd member of {Run.Name(act.Cluster.Value)} is removed, and nobody has looked who is a member");
                }

                break;
            case ActKind.DeleteNode or ActKind.Cordon or ActKind.Drain:
                if (!(knowledge.NodesAge(act.Cluster!.Value) <= OutOfDate))
                {
                    Broken($"{act.Kind} of {act.Detail}, and nobody has looked at the nodes of {Run.Name(act.Cluster.Value)}");
                }

                break;
        }
    }

    private void CheckPower(Act act, Knowledge knowledge)
    {
        if (knowledge.Power(act.Machine!.Value) is not { } power || power.Age > OutOfDate || power.Power is not ("on" or "off"))
        {
            Broken(
                $"{MachineOf(act)} is switched off, and whether it is on is "
                    + $"{knowledge.Power(act.Machine!.Value)?.Power ?? "not known"}"
            );
        }
    }

    private void CheckList(Act act, Knowledge knowledge)
    {
        if (!(knowledge.ListAge <= OutOfDate))
        {
            Broken($"{MachineOf(act)} is released, and nobody has looked at MAAS");
        }
    }

    // A machine whose node may run workload is removed only after its node was observed.
    private void CheckNode(Act act, Knowledge knowledge)
    {
        if (
            MachineOf(act) is not { Cluster: { } cluster } machine
            || machine.Incarnation != cluster.Incarnation
            || IsLeaving(cluster.Id, act)
            || !cluster.WasComplete
            || !cluster.Nodes.TryGetValue(machine.Hostname, out var node)
            || node.Machine != machine
        )
        {
            return;
        }

        var member = Run.Ledger.Clusters.GetValueOrDefault(cluster.Id)?.FindMember(machine.Id);

        // The removal was decided on a fresh observation; a machine that is already releasing only continues.
        if (member?.State is MachineState.Releasing)
        {
            return;
        }

        if (!(knowledge.NodesAge(cluster.Id) <= OutOfDate))
        {
            Broken($"{act.Kind} of {machine}, and nobody has looked at the nodes of {Run.Name(cluster.Id)}");
        }
        else if (
            act.Kind is ActKind.Release
            && knowledge.Node(cluster.Id, machine.Hostname) is { Ready: true, Unschedulable: false }
        )
        {
            Broken($"{machine} is released while its node was last seen to be at work");
        }
    }
}
