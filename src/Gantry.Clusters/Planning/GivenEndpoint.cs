using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// An endpoint that an operator keeps pointing at the control planes. Gantry cannot change it: it tells which addresses belong
/// behind it, and takes no control plane away before the endpoint reaches one that stays.
/// </summary>
internal static class GivenEndpoint
{
    public static void Write(PlanBuilder builder)
    {
        if (builder.Desired.Endpoint is not EndpointChoice.Given given)
        {
            return;
        }

        builder.Backends = BackendsOf(builder);
        if (builder.Observed.Reach is Observation<EndpointReach>.Present { Value: { IsCut: true } reach })
        {
            builder.Wait(
                Reasons.EndpointUnreached,
                $"{Shown(given)} reaches no control plane{Because(reach)}: put {Named(builder, reach.Serving)} behind it."
            );
        }
    }

    /// <summary>API servers answer, and the endpoint reaches none of them.</summary>
    public static bool IsCut(PlanBuilder builder) =>
        builder.Observed.Reach is Observation<EndpointReach>.Present { Value.IsCut: true };

    /// <summary>
    /// Whether the endpoint reaches a control plane without this one. Otherwise the plan gets the reason why it stays. A control
    /// plane that is down takes nothing away from the endpoint; one whose API server is not ready for a moment, because etcd has
    /// lost its leader, may be the only one behind it.
    /// </summary>
    public static bool MayLose(PlanBuilder builder, MemberObservation leaving)
    {
        if (builder.Desired.Endpoint is not EndpointChoice.Given given)
        {
            return true;
        }

        switch (builder.Observed.Reach)
        {
            case Observation<EndpointReach>.Unknown unknown:
                builder.Wait(
                    Reasons.EndpointUnreached,
                    $"{leaving.Member.Hostname} stays, because which control planes {Shown(given)} reaches is not known: "
                        + $"{unknown.Reason}.",
                    leaving.Id
                );
                return false;
            case Observation<EndpointReach>.Present { Value: var reach }:
                var others = builder
                    .ControlPlanes.Where(seen => seen.Id != leaving.Id && seen.Member.Stays && !builder.Leaves(seen.Id))
                    .SelectMany(AddressOf)
                    .ToList();
                if (others.Exists(reach.Reached.Contains) || (IsDown(leaving) && !AddressOf(leaving).Any(reach.Serving.Contains)))
                {
                    return true;
                }

                var serving = others.Where(reach.Serving.Contains).ToList();
                builder.Wait(
                    Reasons.EndpointUnreached,
                    $"{leaving.Member.Hostname} leaves when {Shown(given)} reaches a control plane that stays: put "
                        + $"{Named(builder, serving)} behind it, and take {Named(builder, AddressOf(leaving))} away.",
                    leaving.Id
                );
                return false;
            default:
                return true;
        }
    }

    private static bool IsDown(MemberObservation seen) =>
        seen.Node is Observation<NodeFacts>.Absent or Observation<NodeFacts>.Present { Value.Ready: false };

    /// <summary>What the operator has to change at the load balancer while the plan is carried out.</summary>
    /// <param name="joined">Control planes that join on the way, whether they stay or not.</param>
    public static IEnumerable<string> Notes(
        ClusterSpec desired,
        ClusterObservation before,
        ClusterObservation after,
        IEnumerable<Member> joined
    )
    {
        if (desired is not { Endpoint: EndpointChoice.Given given, Deletion: null })
        {
            yield break;
        }

        var stays = InService(after).Select(member => member.Machine);
        var passing = joined.DistinctBy(member => member.Machine).ToList();
        var comes = Told(before, passing);
        var goes = Told(
            before,
            InService(before).UnionBy(passing, member => member.Machine).ExceptBy(stays, member => member.Machine)
        );
        if (comes.Length > 0)
        {
            yield return $"{Shown(given)} is kept by its operator: put {comes} behind it "
                + (before.Initialized ? "as they join" : "as soon as the address is known, because kubeadm init needs it");
        }

        if (goes.Length > 0)
        {
            yield return $"{Shown(given)} is kept by its operator: take {goes} away; the last one that it reaches leaves when it "
                + "reaches another";
        }
    }

    private static EndpointBackends BackendsOf(PlanBuilder builder)
    {
        var belong = builder
            .ControlPlanes.Where(seen =>
                EndpointPlan.Serves(seen.Member, builder.Observed.Initialized) && !builder.Leaves(seen.Id)
            )
            .SelectMany(AddressOf)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        var leaving = builder
            .ControlPlanes.Where(seen => seen.Member.JoinedAt is not null && (!seen.Member.Stays || builder.Leaves(seen.Id)))
            .SelectMany(AddressOf);
        return new EndpointBackends(
            [.. belong],
            builder.Observed.Reach.ValueOrDefault?.Reached ?? [],
            [.. belong.Except(builder.Observed.EndpointSeen)],
            [.. builder.Observed.EndpointSeen.Union(leaving).Except(belong).Order(StringComparer.Ordinal)]
        );
    }

    public static IReadOnlyList<Member> InService(ClusterObservation observed) =>
        [
            .. observed
                .Members.Select(seen => seen.Member)
                .Where(member => member is { Role: PoolRole.ControlPlane, State: MachineState.Ready or MachineState.NotReady }),
        ];

    private static IEnumerable<string> AddressOf(MemberObservation seen) => seen.Member.Addresses.Take(1);

    // A machine that is not deployed yet has no address.
    private static string Told(ClusterObservation before, IEnumerable<Member> members) =>
        string.Join(
            ", ",
            members.Select(member =>
                before.Find(member.Machine)?.Member.Addresses is [var address, ..]
                    ? $"{address} ({member.Hostname})"
                    : member.Hostname
            )
        );

    private static string Because(EndpointReach reach) => reach.Problem is { } problem ? $" ({problem.TrimEnd('.')})" : "";

    private static string Named(PlanBuilder builder, IEnumerable<string> addresses)
    {
        var named = addresses
            .Select(address =>
                builder.ControlPlanes.FirstOrDefault(seen => AddressOf(seen).Contains(address)) is { } seen
                    ? $"{address} ({seen.Member.Hostname})"
                    : address
            )
            .ToList();
        return named.Count is 0 ? "one that serves" : string.Join(", ", named);
    }

    private static string Shown(EndpointChoice.Given given) =>
        given.Host.Value.Contains(':', StringComparison.Ordinal) ? $"[{given.Host}]:{given.Port}" : $"{given.Host}:{given.Port}";
}
