using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Remediation of a machine whose node fell silent, stage by stage: wait, query its BMC, switch it on or power-cycle it
/// once, and only then replace it. Every stage rests on an observation, and an outage does not start mass repairs.
/// </summary>
internal static class Repairs
{
    public static void Write(PlanBuilder builder)
    {
        var observed = builder.Observed;
        if (!observed.Formed)
        {
            return;
        }

        if (!builder.Serves)
        {
            if (observed.SilentFor > builder.Limits.Silence)
            {
                SwitchOnControlPlanes(builder);
            }

            return;
        }

        var joined = observed.Members.Where(seen => seen.Member.Stays && !PoolState.IsUnused(seen)).ToList();
        var suspects = observed
            .Members.Where(seen => IsSuspect(builder, seen))
            .OrderBy(seen => seen.Member.Repair?.AskedAt)
            .ThenBy(seen => seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal)
            .ToList();
        if (!builder.Desired.AutoRepair)
        {
            foreach (var seen in suspects)
            {
                if (seen.Member.Repair is { WeCutPower: true })
                {
                    Escalate(builder, seen, heldUp: null);
                    continue;
                }

                builder.Wait(
                    Reasons.NodeSilent,
                    $"{seen.Member.Hostname} has not been Ready since {seen.Member.Since:HH:mm} and automatic repair is off.",
                    seen.Id
                );
            }

            return;
        }

        var silent = observed.Members.Count(seen => seen.Member.State is MachineState.NotReady);
        var outage = OutageReason(builder, Math.Max(silent, suspects.Count), joined.Count);
        var budget =
            Math.Max(1, (int)(joined.Count * builder.Limits.RepairShare))
            - observed.Members.Count(seen => IsUnderRepair(builder, seen));
        foreach (var seen in suspects)
        {
            // A repair that has begun already counts in the budget and must not wait for itself.
            var begun = IsUnderRepair(builder, seen);
            var heldUp = outage ?? (budget <= 0 && !begun ? "other machines of the cluster are being repaired" : null);
            budget -= Escalate(builder, seen, heldUp) && !begun ? 1 : 0;
        }
    }

    private static bool IsSuspect(PlanBuilder builder, MemberObservation seen)
    {
        var member = seen.Member;
        return member.Repair?.MarkedForReplacement is null
            && seen.Maas
                is Observation<MaasFacts>.Present
                {
                    Value: { Progress: MaasProgress.Deployed or MaasProgress.FailedReleasing, Locked: false },
                }
            && seen.Node is Observation<NodeFacts>.Present { Value.Ready: false } or Observation<NodeFacts>.Absent
            && member.State switch
            {
                MachineState.NotReady => builder.Now - member.Since
                    > (IsSilent(seen) ? builder.Limits.Silence : builder.Limits.NeverReady),
                MachineState.Joining => seen.Node.IsPresent
                    && builder.Now - (member.AdmittedAt ?? member.Since) > builder.Limits.NeverReady
                    && builder.Now - member.Since > builder.Limits.NeverReady,
                _ => false,
            };
    }

    private static bool IsSilent(MemberObservation seen) =>
        seen.Node is not Observation<NodeFacts>.Present { Value.Silent: false };

    private static bool IsSwitchedByHand(MemberObservation seen) => seen.Maas.ValueOrDefault is { IsSwitchedByHand: true };

    private static string? OutageReason(PlanBuilder builder, int suspects, int joined)
    {
        if (suspects >= 2 && suspects > joined * builder.Limits.OutageShare)
        {
            return $"{suspects} of {joined} nodes are silent at once, which looks like an outage and not like broken machines";
        }

        return builder.Observed.RepairsHeldUp;
    }

    private static bool IsUnderRepair(PlanBuilder builder, MemberObservation seen) =>
        seen.Member is { Removal.Kind: RemovalKind.Repair, State: not MachineState.Releasing }
        || seen.Member.Repair is { MarkedForReplacement: not null } or { WeCutPower: true }
        || (seen.Member.Repair?.ActedAt is { } acted && builder.Now - acted < builder.Limits.Boot);

    /// <returns>Whether the stage uses one repair of the budget.</returns>
    private static bool Escalate(PlanBuilder builder, MemberObservation seen, string? heldUp)
    {
        var (member, limits) = (seen.Member, builder.Limits);
        var repair = member.Repair ?? new Repair();
        if (LacksNetwork(builder, seen))
        {
            builder.Wait(
                Reasons.NetworkMissing,
                $"{member.Hostname} gets no pod network, and no node has got one since: its machine is left alone.",
                seen.Id
            );
            return false;
        }

        if (member.State is MachineState.Joining)
        {
            return !HeldUp(builder, seen, heldUp)
                && Do(
                    builder,
                    new Step.MarkForReplacement(
                        member.Machine,
                        $"its node did not become Ready within {limits.NeverReady.TotalMinutes:0} minutes"
                    )
                );
        }

        if (repair is { WeCutPower: true, ActedAt: { } cut } && builder.Now - cut < limits.PowerPause)
        {
            builder.Wait(Reasons.NodeSilent, $"{member.Hostname} is being switched off and on.", seen.Id);
            return false;
        }

        if (repair is { WeCutPower: false, ActedAt: { } acted } && builder.Now - acted < limits.Boot)
        {
            builder.Wait(
                Reasons.NodeSilent,
                $"{member.Hostname} was switched on at {acted:HH:mm} and has until {acted + limits.Boot:HH:mm} to come back.",
                seen.Id
            );
            return false;
        }

        if (seen.Maas is Observation<MaasFacts>.Present { Value.Progress: MaasProgress.FailedReleasing })
        {
            return !HeldUp(builder, seen, heldUp)
                && Do(
                    builder,
                    new Step.MarkForReplacement(
                        member.Machine,
                        "somebody released it in MAAS, which could not finish that, and its node is silent"
                    )
                );
        }

        // A reporting kubelet proves that the machine is on: a power cycle would not help, and its pods can be drained.
        if (!IsSilent(seen) && repair is { WeCutPower: false })
        {
            return !HeldUp(builder, seen, heldUp)
                && Do(
                    builder,
                    new Step.MarkForReplacement(
                        member.Machine,
                        $"its kubelet has reported since {member.Since:HH:mm} that the node is not Ready"
                    )
                );
        }

        if (IsSwitchedByHand(seen))
        {
            builder.Wait(
                Reasons.PowerUnknown,
                $"{member.Hostname} is silent and its power type in MAAS is manual: MAAS can neither ask for its power nor "
                    + "switch it. Switch it on, or ask for its replacement.",
                seen.Id
            );
            return false;
        }

        // While the repair is held up, a BMC is queried less often.
        var goodFor = heldUp is not null && repair.Power is not "off" ? limits.Silence : limits.PowerAnswer;
        if (repair.AskedAt is not { } asked || builder.Now - asked > goodFor)
        {
            if (builder.PowerQuestions >= limits.PowerQuestions)
            {
                builder.Wait(
                    Reasons.NodeSilent,
                    $"{member.Hostname} is silent; its BMC is asked after those of others.",
                    seen.Id
                );
                return false;
            }

            return Do(builder, new Step.QueryPower(member.Machine, $"its node has been silent since {member.Since:HH:mm}"))
                && false;
        }

        switch (repair.Power)
        {
            // Both answers are certain, so the replacement does not rest on a guess.
            case "off" or "on" when repair.Acts >= limits.PowerActs:
                return !HeldUp(builder, seen, heldUp)
                    && Do(
                        builder,
                        new Step.MarkForReplacement(
                            member.Machine,
                            $"its power was switched {Counted.Of(repair.Acts, "time")} since {member.Since:HH:mm} and its "
                                + "node stays silent"
                        )
                    );
            case "off":
                return Do(
                        builder,
                        new Step.PowerOn(
                            member.Machine,
                            repair.WeCutPower
                                ? "its power was cut so that it starts anew"
                                : "its node is silent and its BMC says that it is off"
                        )
                    ) && false;
            case "on" when repair.Cycles < limits.PowerCycles || repair.WeCutPower:
                if (HeldUp(builder, seen, heldUp ?? EtcdNeeds(builder, member)))
                {
                    return false;
                }

                return Do(
                    builder,
                    new Step.PowerCycle(member.Machine, $"it is on, and its node has been silent since {member.Since:HH:mm}")
                );
            case "on":
                if (HeldUp(builder, seen, heldUp))
                {
                    return false;
                }

                var cycles = repair.Cycles is 1 ? "a power cycle" : $"{repair.Cycles} power cycles";
                return Do(
                    builder,
                    new Step.MarkForReplacement(
                        member.Machine,
                        $"its node has been silent since {member.Since:HH:mm} and {cycles} did not help"
                    )
                );
            default:
                builder.Wait(Reasons.PowerUnknown, repair.UnknownPower(member.Hostname), seen.Id);
                return false;
        }
    }

    // The network layer serves every node: while none has become Ready after this one, the layer is suspect and not the machine.
    private static bool LacksNetwork(PlanBuilder builder, MemberObservation seen) =>
        seen.Node is Observation<NodeFacts>.Present { Value: { AwaitsNetwork: true, Silent: false } }
        && !builder.Observed.Members.Any(other =>
            other.Node is Observation<NodeFacts>.Present { Value.Ready: true }
            && other.Member.JoinedAt > seen.Member.Since
            && (seen.Member.AdmittedAt is not { } admitted || other.Member.JoinedAt > admitted)
        );

    private static string? EtcdNeeds(PlanBuilder builder, Member member)
    {
        if (member.Role is not PoolRole.ControlPlane)
        {
            return null;
        }

        if (
            builder.CutsControlPlane
            || builder.ControlPlanes.Any(seen => seen.Id != member.Machine && IsBeingStarted(builder, seen))
        )
        {
            return "another control plane is being started anew";
        }

        if (builder.Observed.Etcd.ValueOrDefault is not { } etcd)
        {
            return "etcd cannot be seen";
        }

        // Removing an unhealthy member does not cost etcd a vote.
        if (etcd.Find(member.NodeName) is not { Healthy: true })
        {
            return null;
        }

        if (builder.ControlPlanes.Any(seen => seen.Id != member.Machine && Replacement.IsChanging(builder, seen)))
        {
            return "another control plane comes or goes";
        }

        return etcd.SurvivesSilenceOf(member.NodeName) ? null : "etcd might lose its quorum without it";
    }

    private static bool IsBeingStarted(PlanBuilder builder, MemberObservation seen) =>
        seen.Member.Repair is { WeCutPower: true }
        || (
            seen.Member.Repair?.ActedAt is { } acted
            && builder.Now - acted < builder.Limits.Boot
            && seen.Member.State is not MachineState.Ready
        );

    private static bool HeldUp(PlanBuilder builder, MemberObservation seen, string? why)
    {
        if (why is null)
        {
            return false;
        }

        builder.Wait(Reasons.RepairBudgetSpent, $"{seen.Member.Hostname} is silent and is left alone: {why}.", seen.Id);
        return true;
    }

    private static bool Do(PlanBuilder builder, Step step)
    {
        builder.Do(step);
        return true;
    }

    // Nodes cannot be observed while every control plane is off; switching on a machine that is off does no harm.
    private static void SwitchOnControlPlanes(PlanBuilder builder)
    {
        if (!builder.Desired.AutoRepair)
        {
            return;
        }

        foreach (
            var seen in builder.ControlPlanes.Where(seen =>
                seen.Member is { Stays: true, JoinedAt: not null }
                && seen.Maas is Observation<MaasFacts>.Present { Value: { Progress: MaasProgress.Deployed, Locked: false } }
                && !IsSwitchedByHand(seen)
            )
        )
        {
            var repair = seen.Member.Repair ?? new Repair();
            if (
                (repair.AskedAt is not { } asked || builder.Now - asked > builder.Limits.Silence)
                && builder.PowerQuestions < builder.Limits.PowerQuestions
            )
            {
                builder.Do(new Step.QueryPower(seen.Id, "the API server is silent"));
            }
            else if (
                repair.Power is "off"
                && builder.Now - repair.AskedAt <= builder.Limits.PowerAnswer
                && repair.Acts < builder.Limits.PowerActs
                && !(repair.ActedAt is { } acted && builder.Now - acted < builder.Limits.Boot)
            )
            {
                builder.Do(new Step.PowerOn(seen.Id, "the API server is silent and the BMC says that this control plane is off"));
            }
        }
    }
}
