using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Releases everything the cluster holds. Nodes are not drained: the cluster ends with them. A DNS record is deleted before
/// its machines are released, because MAAS would leave it pointing at their next user; an address is released after the
/// last machine that may still answer on it.
/// </summary>
internal static class DeletionPlan
{
    public static void Write(PlanBuilder builder)
    {
        var deletion = builder.Desired.Deletion!;
        var letGo = deletion.Force && builder.Now - deletion.RequestedAt > builder.Limits.ForceAfter;
        var ours = builder.Observed.Endpoint is not null && builder.Desired.Endpoint is not EndpointChoice.Given;
        if (ours && builder.Desired.Endpoint is EndpointChoice.MaasDns)
        {
            builder.Do(new Step.ReleaseEndpoint("the cluster is deleted; the record must not point at the machines' next users"));
        }

        // Pods cannot be evicted without a control plane.
        var draining = builder.Observed.Members.Any(seen => MayDrain(builder, deletion, seen));
        foreach (var seen in builder.Observed.Members)
        {
            if (draining && seen.Member is { Role: PoolRole.ControlPlane, Residue: null, State: not MachineState.Releasing })
            {
                builder.Wait(Reasons.DrainBlocked, $"{seen.Member.Hostname} serves until the workers are drained.", seen.Id);
            }
            else if (seen.Member.Residue is not null)
            {
                TryAgain(builder, seen);
            }
            else if (letGo && !CanBeReleased(seen))
            {
                builder.Do(new Step.Abandon(seen.Id, Obstacle(seen)));
            }
            else if (seen.Member.State is MachineState.Selected)
            {
                builder.Do(new Step.Release(seen.Id, "the cluster is deleted"));
            }
            else if (!Drains(builder, deletion, seen))
            {
                ScaleDown.Release(builder, seen, "the cluster is deleted");
            }
        }

        if (ours && builder.Desired.Endpoint is EndpointChoice.VirtualIp && builder.Observed.Members.Count is 0)
        {
            builder.Do(new Step.ReleaseEndpoint("the cluster is deleted and its machines are gone"));
        }
    }

    // A deletion drains nodes only on request, and only until it could be forced.
    private static bool Drains(PlanBuilder builder, Deletion deletion, MemberObservation seen)
    {
        var member = seen.Member;
        if (!MayDrain(builder, deletion, seen))
        {
            return false;
        }

        builder.Do(
            member.State is MachineState.Draining
                ? ScaleDown.DrainOf(builder, seen, "the cluster is deleted")
                : new Step.Cordon(member.Machine, RemovalKind.ScaleDown, "the cluster is deleted")
        );
        return true;
    }

    private static bool MayDrain(PlanBuilder builder, Deletion deletion, MemberObservation seen) =>
        deletion is { Drain: true, Force: false }
        && builder.Serves
        && seen.Node.IsPresent
        && builder.Now - deletion.RequestedAt <= builder.Limits.ForceAfter
        && seen.Member
            is {
                Role: PoolRole.Worker,
                Drained: false,
                State: MachineState.Ready or MachineState.NotReady or MachineState.Joining or MachineState.Draining
            };

    // The machine is in the residue and the deletion no longer waits for it; whatever blocked the release may be gone.
    private static void TryAgain(PlanBuilder builder, MemberObservation seen)
    {
        if (
            seen.Member.State is MachineState.Selected
            || (
                seen.Maas
                    is Observation<MaasFacts>.Present
                    {
                        Value: { Locked: false, Progress: not (MaasProgress.Releasing or MaasProgress.OutOfService) }
                    }
                && seen.Member.IsReleaseDue(builder.Limits, builder.Now)
            )
        )
        {
            builder.Do(new Step.Release(seen.Id, "what kept it is gone"));
        }
    }

    private static bool CanBeReleased(MemberObservation seen) =>
        seen.Member.State is not MachineState.Releasing
        && (
            seen.Member.State is MachineState.Selected
            || seen.Maas is Observation<MaasFacts>.Present { Value: { Locked: false, Progress: not MaasProgress.OutOfService } }
        );

    private static string Obstacle(MemberObservation seen) =>
        seen.Maas switch
        {
            Observation<MaasFacts>.Present { Value.Locked: true } => "it is locked",
            Observation<MaasFacts>.Present present => present.Value.Message,
            Observation<MaasFacts>.Unknown unknown => unknown.Reason,
            _ => "it is not ours any more",
        };
}
