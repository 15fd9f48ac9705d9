using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The ladder for a machine whose node fell silent: wait, ask its BMC, switch it on or cut its power once, and only then
/// give it up for another. Nothing on it rests on a guess, and an outage does not turn into a storm.
/// </summary>
internal static class Repairs
{
    public static void Write(Draft draft)
    {
        var observed = draft.Observed;
        if (!observed.Formed || draft.Desired.Deletion is not null)
        {
            return;
        }

        if (observed.Api is Sighting<ApiFacts>.Unknown && observed.SilentFor > draft.Limits.Silence)
        {
            SwitchOnControlPlanes(draft);
            return;
        }

        if (!draft.Serves)
        {
            return;
        }

        var joined = observed.Members.Where(seen => seen.Member.Stays && !PoolState.IsUnused(seen)).ToList();
        var suspects = observed.Members.Where(seen => IsSuspect(draft, seen))
            .OrderBy(seen => seen.Member.Repair?.AskedAt)
            .ThenBy(seen => seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal)
            .ToList();
        if (suspects.Count is 0)
        {
            return;
        }

        if (!draft.Desired.AutoRepair)
        {
            foreach (var seen in suspects)
            {
                if (seen.Member.Repair is { WeCutPower: true })
                {
                    Climb(draft, seen, heldUp: null);
                    continue;
                }

                draft.Wait(Reasons.NodeSilent, $"{seen.Member.Hostname} has not been Ready since {seen.Member.Since:HH:mm} and automatic repair is off.", seen.Id);
            }

            return;
        }

        var silent = observed.Members.Count(seen => seen.Member is { Stays: true, State: MachineState.NotReady });
        var brake = Brake(draft, Math.Max(silent, suspects.Count), joined.Count);
        var budget = Math.Max(1, (int)(joined.Count * draft.Limits.RepairShare)) - observed.Members.Count(seen => IsUnderRepair(draft, seen));
        foreach (var seen in suspects)
        {
            budget -= Climb(draft, seen, brake ?? (budget <= 0 ? "other machines of the cluster are being repaired" : null)) ? 1 : 0;
        }
    }

    private static bool IsSuspect(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        return member.Repair?.GivenUp is null
            && seen is { Maas: Sighting<MaasFacts>.Present { Value: { Progress: MaasProgress.Deployed or MaasProgress.FailedReleasing, Locked: false } }, Node: Sighting<NodeFacts>.Present { Value.Ready: false } or Sighting<NodeFacts>.Absent }
            && member.State switch
            {
                MachineState.NotReady => draft.Now - member.Since > (IsSilent(seen) ? draft.Limits.Silence : draft.Limits.NeverReady),
                MachineState.Joining => seen.Node.IsPresent && draft.Now - (member.AdmittedAt ?? member.Since) > draft.Limits.NeverReady
                    && draft.Now - member.Since > draft.Limits.NeverReady,
                _ => false,
            };
    }

    private static bool IsSilent(MemberSighting seen) => seen.Node is not Sighting<NodeFacts>.Present { Value.Silent: false };

    private static string? Brake(Draft draft, int suspects, int joined)
    {
        if (suspects >= 2 && suspects > joined * draft.Limits.OutageShare)
        {
            return $"{suspects} of {joined} nodes are silent at once, which looks like an outage and not like broken machines";
        }

        return draft.Observed.RepairsHeldUp;
    }

    private static bool IsUnderRepair(Draft draft, MemberSighting seen) =>
        seen.Member is { Departure.Kind: DepartureKind.Repair, State: not MachineState.Releasing }
        || seen.Member.Repair is { GivenUp: not null } or { WeCutPower: true }
        || (seen.Member.Repair?.ActedAt is { } acted && draft.Now - acted < draft.Limits.Boot);

    /// <returns>Whether the rung takes something of the budget.</returns>
    private static bool Climb(Draft draft, MemberSighting seen, string? heldUp)
    {
        var (member, limits) = (seen.Member, draft.Limits);
        var repair = member.Repair ?? new Repair();
        if (member.State is MachineState.Joining)
        {
            return !HeldUp(draft, seen, heldUp)
                && Do(draft, new Step.GiveUp(member.Machine, $"its node did not become Ready within {limits.NeverReady.TotalMinutes:0} minutes"));
        }

        if (repair is { WeCutPower: true, ActedAt: { } cut } && draft.Now - cut < limits.PowerPause)
        {
            draft.Wait(Reasons.NodeSilent, $"{member.Hostname} is being switched off and on.", seen.Id);
            return false;
        }

        if (repair is { WeCutPower: false, ActedAt: { } acted } && draft.Now - acted < limits.Boot)
        {
            draft.Wait(Reasons.NodeSilent, $"{member.Hostname} was switched on at {acted:HH:mm} and has until {acted + limits.Boot:HH:mm} to come back.", seen.Id);
            return false;
        }

        if (seen.Maas is Sighting<MaasFacts>.Present { Value.Progress: MaasProgress.FailedReleasing })
        {
            return !HeldUp(draft, seen, heldUp)
                && Do(draft, new Step.GiveUp(member.Machine, "somebody released it in MAAS, which could not finish that, and its node is silent"));
        }

        // Whoever goes on reporting is on and has not stopped: its power is no remedy, and its pods can leave in order.
        if (!IsSilent(seen) && repair is { WeCutPower: false })
        {
            return !HeldUp(draft, seen, heldUp)
                && Do(draft, new Step.GiveUp(member.Machine, $"its kubelet has reported since {member.Since:HH:mm} that the node is not Ready"));
        }

        // What is left alone for now is not asked every two minutes.
        var goodFor = heldUp is not null && repair.Power is not "off" ? limits.Silence : limits.PowerAnswer;
        if (repair.AskedAt is not { } asked || draft.Now - asked > goodFor)
        {
            if (draft.PowerQuestions >= limits.PowerQuestions)
            {
                draft.Wait(Reasons.NodeSilent, $"{member.Hostname} is silent; its BMC is asked after those of others.", seen.Id);
                return false;
            }

            return Do(draft, new Step.QueryPower(member.Machine, $"its node has been silent since {member.Since:HH:mm}")) && false;
        }

        switch (repair.Power)
        {
            // Either answer is certain, so replacing it rests on no guess.
            case "off" or "on" when repair.Acts >= limits.PowerActs:
                return !HeldUp(draft, seen, heldUp)
                    && Do(draft, new Step.GiveUp(member.Machine, $"its power was switched {Counted.Of(repair.Acts, "time")} since {member.Since:HH:mm} and its node stays silent"));
            case "off":
                return Do(draft, new Step.PowerOn(
                    member.Machine, repair.WeCutPower ? "its power was cut so that it starts anew" : "its node is silent and its BMC says that it is off")) && false;
            case "on" when repair.Cycles < limits.PowerCycles || repair.WeCutPower:
                if (HeldUp(draft, seen, heldUp ?? EtcdNeeds(draft, member)))
                {
                    return false;
                }

                return Do(draft, new Step.PowerCycle(member.Machine, $"it is on, and its node has been silent since {member.Since:HH:mm}"));
            case "on":
                if (HeldUp(draft, seen, heldUp))
                {
                    return false;
                }

                return Do(draft, new Step.GiveUp(
                    member.Machine, $"its node has been silent since {member.Since:HH:mm} and {(repair.Cycles is 1 ? "a power cycle" : $"{repair.Cycles} power cycles")} did not help"));
            default:
                draft.Wait(
                    Reasons.PowerUnknown,
                    $"{member.Hostname} is silent and its BMC does not say whether it is on ({repair.Power}): it is neither started anew nor replaced. Look at its BMC, or ask for its replacement.",
                    seen.Id);
                return false;
        }
    }

    private static string? EtcdNeeds(Draft draft, Member member)
    {
        if (member.Role is not PoolRole.ControlPlane)
        {
            return null;
        }

        if (draft.CutsControlPlane || draft.ControlPlanes.Any(seen => seen.Id != member.Machine && IsBeingStarted(draft, seen)))
        {
            return "another control plane is being started anew";
        }

        if (draft.Observed.Etcd.ValueOrDefault is not { } etcd)
        {
            return "etcd cannot be seen";
        }

        // What etcd does without already, costs it nothing.
        if (etcd.Find(member.NodeName) is not { Healthy: true })
        {
            return null;
        }

        if (draft.ControlPlanes.Any(seen => seen.Id != member.Machine && Retirement.IsChanging(draft, seen)))
        {
            return "another control plane comes or goes";
        }

        return etcd.SurvivesSilenceOf(member.NodeName) ? null : "etcd might lose its quorum without it";
    }

    private static bool IsBeingStarted(Draft draft, MemberSighting seen) =>
        seen.Member.Repair is { WeCutPower: true }
        || (seen.Member.Repair?.ActedAt is { } acted && draft.Now - acted < draft.Limits.Boot && seen.Member.State is not MachineState.Ready);

    private static bool HeldUp(Draft draft, MemberSighting seen, string? why)
    {
        if (why is null)
        {
            return false;
        }

        draft.Wait(Reasons.RepairBudgetSpent, $"{seen.Member.Hostname} is silent and is left alone: {why}.", seen.Id);
        return true;
    }

    private static bool Do(Draft draft, Step step)
    {
        draft.Do(step);
        return true;
    }

    // Nobody can see the nodes of a cluster whose machines are off. To switch on what is surely off harms nobody.
    private static void SwitchOnControlPlanes(Draft draft)
    {
        if (!draft.Desired.AutoRepair)
        {
            return;
        }

        foreach (var seen in draft.ControlPlanes.Where(seen => seen.Member is { Stays: true, JoinedAt: not null }
            && seen.Maas is Sighting<MaasFacts>.Present { Value: { Progress: MaasProgress.Deployed, Locked: false } }))
        {
            var repair = seen.Member.Repair ?? new Repair();
            if ((repair.AskedAt is not { } asked || draft.Now - asked > draft.Limits.Silence) && draft.PowerQuestions < draft.Limits.PowerQuestions)
            {
                draft.Do(new Step.QueryPower(seen.Id, "the API server is silent"));
            }
            else if (repair.Power is "off" && draft.Now - repair.AskedAt <= draft.Limits.PowerAnswer && repair.Acts < draft.Limits.PowerActs
                && !(repair.ActedAt is { } acted && draft.Now - acted < draft.Limits.Boot))
            {
                draft.Do(new Step.PowerOn(seen.Id, "the API server is silent and the BMC says that this control plane is off"));
            }
        }
    }
}
