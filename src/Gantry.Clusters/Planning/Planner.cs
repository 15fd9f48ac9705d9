using System.Text.RegularExpressions;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Compares what a cluster should be with what it is. Pure: the same inputs give the same plan. A plan holds only what
/// may be done now; carried out and observed again, it leads to the next one until nothing is left to do.
/// </summary>
public static partial class Planner
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
        Departures.Write(draft);
        if (Grow(draft, inventory))
        {
            DeployAllocated(draft);
        }

        Joining.Write(draft);
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

        if (!VersionForm().IsMatch(draft.Desired.KubernetesVersion))
        {
            draft.Refuse(
                Reasons.SpecInvalid, $"kubernetesVersion: '{draft.Desired.KubernetesVersion}' is not a Kubernetes version; write it as 1.33.4");
            return false;
        }

        var held = draft.ControlPlanes.Count(seen => seen.Member.Stays);
        if (held > controlPlanes[0].Size)
        {
            draft.Refuse(
                Reasons.UnsupportedChange,
                $"pools[{controlPlanes[0].Name}].size: {controlPlanes[0].Size} is less than the {held} control planes there are; "
                    + "a control plane can grow but not shrink");
        }

        return true;
    }

    [GeneratedRegex(@"^1\.[0-9]{1,3}\.[0-9]{1,3}$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionForm();

    /// <returns>Whether machines may be taken and deployed now.</returns>
    private static bool Grow(Draft draft, Inventory inventory)
    {
        var shortfalls = Shortfalls(draft.Desired, draft.Observed.Members.Select(seen => seen.Member));
        var undeployed = draft.Observed.Members
            .Where(seen => seen.Member.State is MachineState.Chosen or MachineState.Allocated)
            .ToList();
        if (shortfalls.Count is 0 && undeployed.Count is 0)
        {
            return false;
        }

        switch (draft.Observed.Image)
        {
            case Sighting<string>.Absent:
                draft.Refuse(
                    Reasons.ImageMissing,
                    $"image: MAAS has no image {draft.Desired.Image} that can be deployed; import or upload it, or choose another");
                return false;
            case Sighting<string>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"Whether MAAS has the image {draft.Desired.Image} is not known: {unknown.Why}.");
                return false;
        }

        var choice = Choosing.Choose(draft.Desired, shortfalls, draft.Observed, inventory);
        foreach (var refusal in choice.Refusals)
        {
            draft.Refuse(refusal.Reason, refusal.Message);
        }

        // A new cluster takes all of its machines or none, so that it never sits on machines that others could use.
        var first = draft.Observed.Members.Count is 0;
        if (first && choice.Refusals.Count > 0)
        {
            return false;
        }

        EndpointPlan.Reserve(draft, choice.Picks.Count > 0);
        foreach (var seen in undeployed.Where(seen => seen.Member.State is MachineState.Chosen))
        {
            var member = seen.Member;
            draft.Do(new Step.Allocate(
                member.Machine, member.Hostname, member.Zone, member.Pool, member.Role, "it was chosen and its allocation is not confirmed"));
        }

        foreach (var pick in choice.Picks)
        {
            draft.Do(new Step.Allocate(pick.Machine, pick.Hostname, pick.Zone, pick.Pool.Name, pick.Pool.Role, pick.Because));
        }

        return true;
    }

    private static void DeployAllocated(Draft draft)
    {
        if (draft.Observed.Endpoint is not { Taken: true })
        {
            return;
        }

        // Two machines that ran kubeadm init with the same keys would be two clusters behind one endpoint.
        var begun = draft.Observed.Members.Select(seen => seen.Member).Where(member => member.Initializes).ToList();
        var initializing = draft.Observed.Initialized || begun.Exists(member => member.Stays);
        var leaving = draft.Observed.Initialized ? null : begun.Find(member => !member.Stays);
        foreach (var seen in draft.Observed.Members.Where(seen => seen.Member.State is MachineState.Allocated))
        {
            var member = seen.Member;
            switch (seen.Maas)
            {
                case Sighting<MaasFacts>.Present { Value.Locked: true }:
                    draft.Refuse(Reasons.MachineLocked, $"{member.Hostname} is locked in MAAS; unlock it to go on");
                    continue;
                case Sighting<MaasFacts>.Present { Value.Progress: MaasProgress.Allocated }:
                    break;
                case Sighting<MaasFacts>.Present { Value: var facts }:
                    draft.Wait(Reasons.MachineOutOfService, $"{member.Hostname} cannot be deployed now; MAAS: {facts.Message}.", member.Machine);
                    continue;
                default:
                    draft.Wait(Reasons.Observing, $"MAAS has not shown {member.Hostname} since it was allocated.", member.Machine);
                    continue;
            }

            var bootstrap = Bootstrap.JoinWorker;
            if (member.Initializes)
            {
                bootstrap = Bootstrap.InitControlPlane;
            }
            else if (member.Role is PoolRole.ControlPlane && !initializing && leaving is not null)
            {
                initializing = true;
                draft.Wait(
                    Reasons.Releasing,
                    $"{member.Hostname} becomes the first control plane when MAAS has {leaving.Hostname} back, which began before it.",
                    member.Machine);
                continue;
            }
            else if (member.Role is PoolRole.ControlPlane)
            {
                bootstrap = initializing ? Bootstrap.JoinControlPlane : Bootstrap.InitControlPlane;
                initializing = true;
            }

            draft.Do(new Step.Deploy(member.Machine, bootstrap, bootstrap switch
            {
                Bootstrap.InitControlPlane => $"{draft.Desired.Image}: the first control plane, runs kubeadm init",
                Bootstrap.JoinControlPlane => $"{draft.Desired.Image}: joins the control plane when its turn comes",
                _ => $"{draft.Desired.Image}: joins as a worker of {member.Pool}",
            }));
        }
    }
}

/// <param name="Count">Machines missing in the pool.</param>
public sealed record Shortfall(MachinePool Pool, int Count);
