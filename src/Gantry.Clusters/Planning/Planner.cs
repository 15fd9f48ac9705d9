using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Compares the desired state of a cluster with the observed one. Pure: the same inputs give the same plan. A plan holds
/// only the steps that may be taken now; each next observation leads to the next plan until no step is left.
/// </summary>
public static class Planner
{
    public static Plan Plan(
        ClusterSpec desired,
        ClusterObservation observed,
        Inventory inventory,
        DateTimeOffset now,
        Limits? limits = null
    )
    {
        desired = Now(desired, observed);
        var builder = new PlanBuilder(desired, observed, inventory, limits ?? Limits.Default, now);
        foreach (var unanswered in observed.Unanswered)
        {
            builder.Wait(Reasons.AwaitingMaas, unanswered);
        }

        if (desired.Deletion is not null)
        {
            DeletionPlan.Write(builder);
            return builder.ToPlan();
        }

        if (!Supports(builder))
        {
            return builder.ToPlan();
        }

        if (observed is { Initialized: true, Formed: false, Api.IsAbsent: true })
        {
            builder.Do(new Step.Rebootstrap("the control plane fell silent before the cluster was ever complete"));
            return builder.ToPlan();
        }

        EndpointPlan.Keep(builder);
        builder.Drift = DriftNotes.Of(desired, observed);
        EtcdHealth.WriteAlarms(builder);
        ScaleDown.Write(builder);
        var lost = IsLost(builder);
        if (lost)
        {
            builder.Refuse(
                Reasons.ControlPlaneLost,
                "every control plane of the cluster is gone, and its data with them; nothing is installed in its place: "
                    + "restore etcd from a backup, or delete the cluster"
            );
        }
        else
        {
            Repairs.Write(builder);
        }

        if (!lost && Versions.Write(builder))
        {
            Replacement.Write(builder);
            ScaleUp.Write(builder, inventory);
        }

        EtcdHealth.Write(builder);
        Joining.Write(builder);
        GivenEndpoint.Write(builder);
        AskForAgreement(builder);
        return builder.ToPlan();
    }

    /// <summary>The desired state with what is installed now: its image, and the first half of an upgrade that has two.</summary>
    public static ClusterSpec Now(ClusterSpec desired, ClusterObservation observed)
    {
        desired = ImageChoice.Apply(observed.ImageChoice, desired);
        return EtcdRoll.Apply(EtcdRolls.Of(desired, observed), desired);
    }

    /// <summary>Machines of the desired state that the cluster does not have, pool by pool, control plane first.</summary>
    /// <param name="reached">As <see cref="ClusterObservation.ReachedSizes"/>; <c>null</c> counts none as lost.</param>
    public static ValueList<Shortfall> Shortfalls(
        ClusterSpec desired,
        IEnumerable<Member> members,
        ValueMap<DnsLabel, int>? reached = null
    )
    {
        var staying = members.Where(member => member.Stays).ToLookup(member => member.Pool);
        return
        [
            .. desired
                .Pools.OrderBy(pool => pool.Role)
                .Select(pool => new Shortfall(pool, pool.Size - staying[pool.Name].Count()))
                .Where(shortfall => shortfall.Count > 0)
                .Select(shortfall =>
                    shortfall with
                    {
                        Lost = LostOf(shortfall.Pool, staying[shortfall.Pool.Name].Count(), reached),
                    }
                ),
        ];
    }

    /// <summary>Machines that the pool had, wants still, and has no longer.</summary>
    public static int LostOf(MachinePool pool, int kept, ValueMap<DnsLabel, int>? reached) =>
        Math.Max(0, Math.Min(pool.Size, reached?.GetValueOrDefault(pool.Name) ?? 0) - kept);

    private static bool Supports(PlanBuilder builder)
    {
        if (builder.Desired.KubernetesVersion is { IsInstallable: false } version)
        {
            builder.Refuse(Reasons.SpecInvalid, $"kubernetesVersion: {version.NotInstallable}");
            return false;
        }

        var controlPlanes = builder.Desired.Pools.Where(pool => pool.Role is PoolRole.ControlPlane).ToList();
        if (controlPlanes.Count is not 1 || !MachinePool.IsControlPlaneSize(controlPlanes[0].Size))
        {
            builder.Refuse(
                Reasons.SpecInvalid,
                $"pools: {controlPlanes.Count} control-plane pools with {controlPlanes.Sum(pool => pool.Size)} machines; "
                    + "write one pool of role ControlPlane with a size of 1, 3 or 5"
            );
            return false;
        }

        if (controlPlanes[0] is { Size: 1, RollingUpdate.MaxSurge: 0 })
        {
            builder.Refuse(
                Reasons.UnsupportedChange,
                $"pools[{controlPlanes[0].Name}].rollingUpdate: contract first would take the only control plane and its "
                    + "data away; expand first, or ask for 3"
            );
            return false;
        }

        return HasGoodEndpoint(builder)
            && (!builder.Observed.IsUntouched || (HasGoodNetworks(builder) && Versions.KnowsArguments(builder)));
    }

    private static bool HasGoodEndpoint(PlanBuilder builder)
    {
        if (
            builder.Observed.Endpoint is not null
            || EndpointRules.Check(builder.Desired, builder.Observed.EndpointSite) is not { } problem
        )
        {
            return true;
        }

        builder.Refuse(problem.Reason, problem.Message);
        return false;
    }

    private static bool HasGoodNetworks(PlanBuilder builder)
    {
        var problems = NetworkRules.Check(builder.Desired, builder.Observed.Subnets);
        foreach (var problem in problems)
        {
            builder.Refuse(Reasons.SpecInvalid, problem.Text);
        }

        return problems.Count is 0;
    }

    // Another machine bootstrapped with the same keys would be a second cluster under the same name.
    private static bool IsLost(PlanBuilder builder) =>
        builder.Observed is { Initialized: true, Formed: true }
        && !builder.Serves
        && !builder.ControlPlanes.Any(seen => seen.Member is { IsHeld: true, JoinedAt: not null });

    private static void AskForAgreement(PlanBuilder builder)
    {
        if (builder.Repave is { } need)
        {
            builder.Wait(
                Reasons.RepaveNeedsApproval,
                $"{string.Join(", ", need.Machines)} should be replaced, because "
                    + $"{string.Join(" and ", need.Reasons.Select(reason => reason.Message))}. Nobody asked for it: agree to it, "
                    + "or leave it."
            );
        }
    }
}
