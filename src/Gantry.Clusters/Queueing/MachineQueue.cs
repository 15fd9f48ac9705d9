using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>
/// Decides which cluster may take which free machine. Older clusters go first. A cluster that cannot be built now does not
/// hold up younger ones, but after <see cref="Limits.Backfill"/> freed machines are kept for it; see docs/adr/0006. Pure.
/// </summary>
public static class MachineQueue
{
    /// <param name="waiting">Every cluster of the region that lacks machines; in any order, with or without this one.</param>
    public static Turn TurnOf(
        MachineRequest mine,
        IEnumerable<MachineRequest> waiting,
        MachineSupply supply,
        DateTimeOffset now,
        Limits limits
    )
    {
        var line = new Line([.. supply.Free], [.. supply.Returning], supply, now, limits);
        var claims = new List<Claim>();
        foreach (
            var older in waiting
                .Where(other => other.IsBefore(mine))
                .Order(Comparer<MachineRequest>.Create(MachineRequest.Compare))
        )
        {
            if (line.ClaimOf(older) is { } claim)
            {
                claims.Add(claim);
                line.Remove(claim.Machines);
            }
        }

        return new Turn(
            line.Free,
            claims,
            mine.Missing.Count > 0 && line.ClaimOf(mine) is { Kind: not ClaimKind.Takes } own ? own : null
        );
    }

    /// <summary>The machines that those before have left.</summary>
    private sealed class Line(
        List<Candidate> free,
        List<Candidate> returning,
        MachineSupply supply,
        DateTimeOffset now,
        Limits limits
    )
    {
        public IReadOnlyList<Candidate> Free => free;

        public void Remove(IReadOnlyList<Candidate> machines)
        {
            var gone = machines.Select(machine => machine.Machine).ToHashSet();
            free.RemoveAll(machine => gone.Contains(machine.Machine));
            returning.RemoveAll(machine => gone.Contains(machine.Machine));
        }

        public Claim? ClaimOf(MachineRequest request)
        {
            if (free.Count is 0)
            {
                return null;
            }

            // Counting is cheap and settles most of it: in a scarce region many wait, and every plan asks for all of them.
            var choice = request.TakesAllOrNone && request.Machines > free.Count ? null : Choose(request, free);
            if (choice is { Picks.Count: > 0 } && (choice.Blockers.Count is 0 || !request.TakesAllOrNone))
            {
                return ToClaim(request, ClaimKind.Takes, choice.Picks);
            }

            return request.TakesAllOrNone ? Completing(request) ?? Kept(request) : null;
        }

        // Two clusters must not count on the same machine that comes back.
        private Claim? Completing(MachineRequest request)
        {
            if (returning.Count is 0 || request.Machines > free.Count + returning.Count)
            {
                return null;
            }

            var choice = Choose(request, [.. free, .. returning]);
            if (choice.Blockers.Count > 0)
            {
                return null;
            }

            var picked = choice.Picks.Select(pick => pick.Machine).ToHashSet();
            returning.RemoveAll(machine => picked.Contains(machine.Machine));
            return ToClaim(request, ClaimKind.Completes, choice.Picks);
        }

        private Claim? Kept(MachineRequest request)
        {
            if (request.WaitingSince is not { } since || now < since + limits.Backfill)
            {
                return null;
            }

            var picks = Choose(request, free).Picks;
            if (picks.Count is 0)
            {
                return null;
            }

            // Each machine that comes free prolongs it: where none does, others are not kept from what lies idle.
            var until = picks.Max(pick => supply.FreeSince(pick.Machine)) + limits.Keep;
            return now < until && Choose(request, supply.Region).Blockers.Count is 0
                ? ToClaim(request, ClaimKind.Keeps, picks) with
                {
                    Until = until,
                }
                : null;
        }

        private Claim ToClaim(MachineRequest request, ClaimKind kind, IReadOnlyList<Pick> picks)
        {
            var picked = picks.Select(pick => pick.Machine).ToHashSet();
            return new Claim(request.Name, kind, [.. free.Where(machine => picked.Contains(machine.Machine))]);
        }

        private static Choice Choose(MachineRequest request, IReadOnlyList<Candidate> machines) =>
            Placement.Choose(
                request.Missing,
                request.Members,
                new Inventory([.. machines.Where(machine => !request.Replace.Contains(machine.Machine))])
            );
    }
}
