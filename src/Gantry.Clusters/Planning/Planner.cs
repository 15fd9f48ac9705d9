using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Compares what a cluster should be with what it is. Pure: the same inputs give the same plan. A plan holds only what
/// may be done now; carried out and observed again, it leads to the next one until nothing is left to do.
/// </summary>
public static class Planner
{
    public static Plan Plan(
        ClusterSpec desired, ClusterObservation observed, Inventory inventory, DateTimeOffset now, Limits? limits = null)
    {
        var draft = new Draft(desired, observed, limits ?? Limits.Default, now);
        if (desired.Deletion is not null)
        {
            DeletionPlan.Write(draft);
            return draft.ToPlan();
        }

        if (!Supports(draft))
        {
            return draft.ToPlan();
        }

        if (observed is { Initialized: true, Formed: false, Api.IsAbsent: true })
        {
            draft.Do(new Step.StartOver("the control plane fell silent before the cluster was ever complete"));
            return draft.ToPlan();
        }

        EndpointPlan.KeepDnsRight(draft);
        draft.Drift = DriftNotes.Of(desired, observed);
        Departures.Write(draft);
        var lost = IsLost(draft);
        if (lost)
        {
            draft.Refuse(
                Reasons.ControlPlaneLost,
                "every control plane of the cluster is gone, and its data with them; nothing is installed in its place: restore etcd from a backup, or delete the cluster");
        }
        else
        {
            Repairs.Write(draft);
        }

        if (!lost && Versions.Write(draft))
        {
            Retirement.Write(draft);
            Growth.Write(draft, inventory);
        }

        Joining.Write(draft);
        AskForAgreement(draft);
        return draft.ToPlan();
    }

    /// <summary>Machines the desired state asks for and the cluster does not have, pool by pool, control plane first.</summary>
    public static IReadOnlyList<Shortfall> Shortfalls(ClusterSpec desired, IEnumerable<Member> members)
    {
        var staying = members.Where(member => member.Stays).ToLookup(member => member.Pool);
        return
        [
            .. desired.Pools
                .OrderBy(pool => pool.Role)
                .Select(pool => new Shortfall(pool, pool.Size - staying[pool.Name].Count()))
                .Where(shortfall => shortfall.Count > 0),
        ];
    }

    private static bool Supports(Draft draft)
    {
        var controlPlanes = draft.Desired.Pools.Where(pool => pool.Role is PoolRole.ControlPlane).ToList();
        if (controlPlanes.Count is not 1 || controlPlanes[0].Size is not (1 or 3 or 5))
        {
            draft.Refuse(
                Reasons.SpecInvalid,
                $"pools: {controlPlanes.Count} control-plane pools with {controlPlanes.Sum(pool => pool.Size)} machines; "
                    + "write one pool of role ControlPlane with a size of 1, 3 or 5");
            return false;
        }

        if (KubernetesVersion.TryParse(draft.Desired.KubernetesVersion) is null || draft.Desired.KubernetesVersion.StartsWith('v'))
        {
            draft.Refuse(
                Reasons.SpecInvalid, $"kubernetesVersion: '{draft.Desired.KubernetesVersion}' is not a Kubernetes version; write it as 1.33.4");
            return false;
        }

        if (controlPlanes[0] is { Size: 1, RollingUpdate.MaxSurge: 0 })
        {
            draft.Refuse(
                Reasons.UnsupportedChange,
                $"pools[{controlPlanes[0].Name}].rollingUpdate: contract first would take the only control plane and its data away; expand first, or ask for 3");
            return false;
        }

        return true;
    }

    // Another machine with the same keys would be another cluster under the same name.
    private static bool IsLost(Draft draft) =>
        draft.Observed is { Initialized: true, Formed: true } && !draft.Serves
        && !draft.ControlPlanes.Any(seen => seen.Member is { IsHeld: true, JoinedAt: not null });

    private static void AskForAgreement(Draft draft)
    {
        if (draft.Repave is { } need)
        {
            draft.Wait(
                Reasons.RepaveNeedsApproval,
                $"{string.Join(", ", need.Machines)} should be replaced, because {string.Join(" and ", need.Reasons.Select(reason => reason.Message))}. Nobody asked for it: agree to it, or leave it.");
        }
    }
}
