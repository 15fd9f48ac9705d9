using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Consoles;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// After faults have stopped, everything settles: every cluster matches its desired state or reports it as impossible with a true
/// reason, every deleted cluster has left nothing, and no machine is held without an owner in the ledger.
/// </summary>
internal sealed class Convergence(Simulation run)
{
    /// <summary>The first unsettled condition; <c>null</c> when everything has settled.</summary>
    public string? FindUnsettled()
    {
        if (run.Gateway is null)
        {
            return "the gateway is down";
        }

        foreach (var cluster in run.Console.Clusters)
        {
            if (Unsettled(cluster) is { } why)
            {
                return $"{cluster.Spec.Name}: {why}";
            }
        }

        foreach (var machine in run.Region.Machines)
        {
            if (run.Region.IsOurs(machine) && run.Ledger.HolderOf(machine.Id) is null && !IsForgottenByAll(machine))
            {
                return $"{machine} is ours and no cluster in the ledger holds it";
            }
        }

        if (run.Ledger.Clusters.Values.FirstOrDefault(record => record.Spec.Deletion is not null) is { } leaving)
        {
            return $"{leaving.Spec.Name} is not given back yet: "
                + $"{string.Join(", ", leaving.Members.Select(member => $"{member.Hostname} {member.State}"))}";
        }

        foreach (var (address, owner) in run.Region.Reserved)
        {
            if (
                owner == run.User.Name
                && !run.Ledger.Clusters.Values.Any(record => record.Endpoint?.Host == address)
                && !(run.Endpoints.TryGetValue(address, out var cluster) && IsForgottenByAll(cluster))
            )
            {
                return $"{address} is reserved for no cluster in the ledger";
            }
        }

        return null;
    }

    // A console and a ledger that were both put back to before a cluster leave nobody who knows it.
    private bool IsForgottenByAll(WorldMachine machine) =>
        (MachineMark.Read(machine.Annotations) ?? MachineMark.ReadComment(machine.AllocationComment)) is { } mark
        && IsForgottenByAll(mark.Cluster);

    private bool IsForgottenByAll(ClusterId cluster) =>
        run.LedgerWasReplaced && run.Console.Restores > 0 && run.Console.Find(cluster) is null;

    private string? Unsettled(ConsoleCluster cluster)
    {
        var spec = cluster.Spec;
        if (spec.Deletion is not null)
        {
            return cluster.DeletedAt is null ? $"is not deleted yet: {cluster.Status?.Message}" : null;
        }

        if (cluster.Status is not { } status || status.ObservedGeneration != spec.Generation)
        {
            return $"the console has no word of generation {spec.Generation}";
        }

        if (run.Ledger.Clusters.GetValueOrDefault(spec.Id) is not { } record)
        {
            return "is not in the ledger";
        }

        if (
            status.Conditions.FirstOrDefault(condition =>
                condition.Status is ConditionStatus.False && IsRefusal(condition.Reason)
            ) is
            { } refusal
        )
        {
            return refusal.Message.Length is 0
                ? $"is impossible for {refusal.Reason} without words"
                : FalseRefusal(record, refusal);
        }

        if (status.Phase is not ClusterPhase.Running)
        {
            return $"is {status.Phase}: {status.Message}";
        }

        return run.MachineModel.Find(spec.Id) is { } real ? Difference(spec, record, real) : "has no control plane";
    }

    // Waiting for a turn is not a final state: the older cluster is built, or releases machines that do not fit it.
    private static bool IsRefusal(string reason) =>
        reason
            is Reasons.TooFewMachines
                or Reasons.NoMachineFits
                or Reasons.UnsupportedChange
                or Reasons.SpecInvalid
                or Reasons.ImageMissing
                or Reasons.AddressUnavailable
                or Reasons.NoSpareMachine
                or Reasons.VersionSkipped
                or Reasons.DowngradeRefused;

    // Checks that "too few machines" is true in the world.
    private string? FalseRefusal(ClusterRecord record, ClusterCondition refusal)
    {
        if (refusal.Reason is not (Reasons.TooFewMachines or Reasons.NoMachineFits))
        {
            return null;
        }

        // Pools compete for machines: the refusal is certainly wrong only if every pool finds enough.
        var shortfalls = Planner.Shortfalls(record.Spec, record.Members);
        var missing = shortfalls.Sum(shortfall => shortfall.Count);
        if (missing is 0)
        {
            // Every place is taken, so a machine that should be replaced lacks a successor.
            return record.Spec.Pools.Any(pool =>
                !run.Region.Machines.Any(machine => IsFree(record, machine) && pool.Placement.Fits(machine))
            )
                ? null
                : $"says '{refusal.Message}', and a machine is free for every pool";
        }

        foreach (var shortfall in shortfalls)
        {
            var fitting = run.Region.Machines.Count(machine => IsFree(record, machine) && shortfall.Pool.Placement.Fits(machine));
            if (fitting < missing)
            {
                return null;
            }
        }

        return $"says '{refusal.Message}', and there are machines enough";
    }

    private bool IsFree(ClusterRecord record, WorldMachine machine) =>
        machine is { Status: MaasStatus.Ready, Locked: false }
        && run.Ledger.HolderOf(machine.Id) is null
        && !run.Ledger.Quarantine.ContainsKey(machine.Id)
        && !record.Spec.Replace.Contains(machine.Id);

    private string? Difference(ClusterSpec spec, ClusterRecord record, WorldCluster real)
    {
        if (!real.Serves)
        {
            return "its API server does not answer";
        }

        foreach (var pool in spec.Pools)
        {
            var members = record.Members.Where(member => member.Pool == pool.Name).ToList();
            if (members.Count != pool.Size)
            {
                return $"{pool.Name} has {members.Count} machines and not {pool.Size}";
            }

            foreach (var member in members)
            {
                if (DifferenceOf(spec, pool, member, real) is { } difference)
                {
                    return $"{member.Hostname} of {pool.Name} {difference}";
                }
            }
        }

        var strays = record.Members.Where(member => spec.Pools.All(pool => pool.Name != member.Pool)).ToList();
        if (strays.Count > 0)
        {
            return $"{strays[0].Hostname} belongs to no pool";
        }

        if (real.EtcdImageTag != (spec.Nodes.EtcdImageTag ?? ""))
        {
            return $"kubeadm's configuration names the image of etcd {real.EtcdImageTag}";
        }

        var voters = real.Etcd.Count(member => member is { Voting: true, Healthy: true });
        return voters == spec.ControlPlane.Size
            ? null
            : $"its etcd has {voters} healthy voters for {spec.ControlPlane.Size} control planes";
    }

    private string? DifferenceOf(ClusterSpec spec, MachinePool pool, Member member, WorldCluster real)
    {
        var machine = run.Region.Find(member.Machine)!;
        if (!run.Region.IsOurs(machine) || machine.Status is not MaasStatus.Deployed)
        {
            return $"is {StatusText.Of(machine.Status)} in MAAS";
        }

        if (!real.Nodes.TryGetValue(member.Hostname, out var node) || node.Machine != machine)
        {
            return "is no node";
        }

        if (!node.Ready || node.Unschedulable)
        {
            return $"is {(node.Ready ? "cordoned" : "not Ready")}";
        }

        if (node.Version != spec.KubernetesVersion)
        {
            return $"runs {node.Version} and not {spec.KubernetesVersion}";
        }

        if (pool.Role is PoolRole.ControlPlane && machine.Arguments != KubeadmSettings.Of(spec, []).Arguments)
        {
            return "does not run with the arguments that are asked for";
        }

        return pool.Labels.All(label => node.Labels.GetValueOrDefault(label.Key.Value) == label.Value.Value)
            ? null
            : "does not carry its pool's labels";
    }
}
