using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>Blockers of a cluster that waits for machines: what it lacks, and which clusters are before it.</summary>
internal static class WaitingLine
{
    /// <param name="blockers">One for each pool that lacks machines, as if no other cluster existed.</param>
    public static void Refuse(
        PlanBuilder builder,
        IReadOnlyList<Shortfall> lacking,
        IReadOnlyList<Blocker> blockers,
        Inventory inventory
    )
    {
        if (blockers.Count is 0)
        {
            return;
        }

        var claims = inventory
            .Turn.Claims.Select(claim => Fitting(claim, lacking))
            .Where(claim => claim.Machines.Count > 0)
            .ToList();
        if (claims.Count > 0 && WouldFit(builder, lacking, inventory, claims))
        {
            var pools = string.Join(
                " and ",
                lacking.Select(shortfall => $"{Counted.Of(shortfall.Count, "machine")} for {shortfall.Pool.Name}")
            );
            builder.Wait(
                Reasons.WaitsForTurn,
                $"Waiting for {pools} behind {string.Join(", ", claims.Select(claim => claim.Cluster))}: "
                    + $"{string.Join("; ", claims.Select(Text))}."
            );
            return;
        }

        foreach (var blocker in blockers)
        {
            builder.Refuse(
                blocker.Reason,
                string.Join("; ", [blocker.Message, .. claims.Select(Text), .. OwnText(inventory.Turn.Own)]),
                blocker.Subject
            );
        }
    }

    /// <summary>The claim of a cluster that goes first, as text.</summary>
    public static string Text(Claim claim)
    {
        var machines = Counted.Of(claim.Machines.Count, "free machine that fits", "free machines that fit");
        return claim switch
        {
            { Kind: ClaimKind.Takes, Purpose: Purpose.Repair } => $"{claim.Cluster} lost machines and takes {machines}",
            { Kind: ClaimKind.Takes, Purpose: Purpose.Replacement } => $"{claim.Cluster} replaces machines and takes {machines}",
            { Kind: ClaimKind.Takes } => $"{claim.Cluster} takes {machines}",
            { Kind: ClaimKind.Completes } => $"{claim.Cluster} needs {machines} beside those that are being given back",
            _ => $"{machines} {(claim.Machines.Count is 1 ? "is" : "are")} kept for {claim.Cluster} until {claim.Until:HH:mm}",
        };
    }

    private static IEnumerable<string> OwnText(Claim? own)
    {
        if (own is { Kind: ClaimKind.Completes })
        {
            yield return "the others are being given back";
        }
        else if (own is { Until: { } until })
        {
            yield return $"{Counted.Of(own.Machines.Count, "free one is", "free ones are")} kept for this cluster until "
                + $"{until:HH:mm}, and each that comes free prolongs that";
        }
    }

    private static bool WouldFit(
        PlanBuilder builder,
        IReadOnlyList<Shortfall> lacking,
        Inventory inventory,
        List<Claim> claims
    ) =>
        Placement
            .Choose(builder.Desired, lacking, builder.Observed, inventory.With([.. claims.SelectMany(claim => claim.Machines)]))
            .Blockers.Count
            is 0;

    private static Claim Fitting(Claim claim, IReadOnlyList<Shortfall> lacking) =>
        claim with
        {
            Machines =
            [
                .. claim.Machines.Where(machine =>
                    lacking.Any(shortfall => shortfall.Constraints.All(constraint => constraint.Holds(machine)))
                ),
            ],
        };
}
