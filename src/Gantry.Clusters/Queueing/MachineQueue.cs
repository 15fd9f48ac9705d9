using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>
/// Decides which cluster may take which free machine. <see cref="QueueOrder"/> says who goes first. A cluster that cannot be
/// built now does not block those behind it, but after <see cref="Limits.Backfill"/> freed machines are kept for it; see
/// docs/adr/0006. Pure.
/// </summary>
/// <remarks>Claims are settled once for all clusters, and every cluster looks up its own turn: claims do not depend on
/// those behind them. A queue stays valid while its requests and its supply are the same and the time is within
/// <see cref="HoldsAt"/>.</remarks>
public sealed class MachineQueue
{
    private readonly MachineRequests _requests;
    private readonly MachineSupply _supply;
    private readonly DateTimeOffset _now;
    private readonly Limits _limits;
    private readonly QueueOrder _order;
    private readonly List<Standing> _standings = [];
    private readonly DateTimeOffset _until;

    /// <param name="requests">Every cluster of the region that lacks machines.</param>
    public MachineQueue(MachineRequests requests, MachineSupply supply, DateTimeOffset now, Limits limits)
    {
        (_requests, _supply, _now, _limits, _order) = (requests, supply, now, limits, new QueueOrder(now, limits));
        var line = new Line(supply, now, limits);
        foreach (var request in requests.SelectMany(request => request.ByPurpose()).Order(_order))
        {
            if (line.Free.Count is 0)
            {
                break;
            }

            if (line.StandingOf(request) is { } standing)
            {
                _standings.Add(standing);
                line.Remove(standing.Machines);
            }
        }

        _until = requests.Select(_order.ChangesAt).OfType<DateTimeOffset>().Append(line.HoldsUntil).Min();
    }

    /// <summary>Whether a queue made at this time would be the same; the time may be earlier than the queue's own.</summary>
    public bool HoldsAt(DateTimeOffset time) => time >= _now && time < _until;

    /// <param name="mine">The request of a cluster, stored or hypothetical.</param>
    public Turn TurnOf(MachineRequest mine)
    {
        var parts = mine.ByPurpose();
        var known = _requests.Find(mine.Cluster);
        if (known != mine && (known is not null || parts.Count > 1))
        {
            // Claims between and behind the parts of a request rest on it, so a hypothetical request takes the stored one's place.
            var others = _requests.Where(request => request.Cluster != mine.Cluster);
            return new MachineQueue(new MachineRequests([.. others, mine]), _supply, _now, _limits).TurnOf(mine);
        }

        var line = new Line(_supply, _now, _limits);
        var claims = new List<Claim>();
        Claim? incomplete = null;
        var next = 0;
        foreach (var part in parts)
        {
            for (; next < _standings.Count && _order.Compare(_standings[next].Request, part) < 0; next++)
            {
                if (_standings[next].Request.Cluster != mine.Cluster)
                {
                    claims.Add(_standings[next].Claim);
                    line.Remove(_standings[next].Machines);
                }
            }

            if (part.Missing.Count > 0 && line.StandingOf(part) is { } standing)
            {
                incomplete = standing.Claim is { Kind: not ClaimKind.Takes } claim ? claim : incomplete;
                line.Remove(standing.Machines);
            }
        }

        var claimed = claims.SelectMany(claim => claim.Machines).Select(machine => machine.Machine).ToHashSet();
        return new Turn([.. _supply.Free.Where(machine => !claimed.Contains(machine.Machine))], claims, incomplete);
    }

    /// <param name="Machines">Machines that no cluster behind it may count on: free ones, and ones being released.</param>
    private sealed record Standing(MachineRequest Request, Claim Claim, IReadOnlySet<SystemId> Machines);

    /// <summary>The machines that the clusters before have left.</summary>
    private sealed class Line
    {
        private readonly MachineSupply _supply;
        private readonly DateTimeOffset _now;
        private readonly Limits _limits;
        private IReadOnlyList<Candidate> _returning;

        public Line(MachineSupply supply, DateTimeOffset now, Limits limits)
        {
            (_supply, _now, _limits) = (supply, now, limits);
            (Free, _returning, HoldsUntil) = (supply.Free, supply.Returning, supply.HoldsUntil);
        }

        public IReadOnlyList<Candidate> Free { get; private set; }

        /// <summary>When a claim examined so far changes by time alone.</summary>
        public DateTimeOffset HoldsUntil { get; private set; }

        public void Remove(IReadOnlySet<SystemId> machines)
        {
            Free = Without(Free, machines);
            _returning = Without(_returning, machines);
        }

        public Standing? StandingOf(MachineRequest request)
        {
            if (Free.Count is 0)
            {
                return null;
            }

            // The count is cheap and decides most cases when machines are scarce.
            var choice = request.TakesAllOrNone && request.Machines > Free.Count ? null : Choose(request, Free);
            if (choice is { Picks.Count: > 0 } && (choice.Blockers.Count is 0 || !request.TakesAllOrNone))
            {
                return ToStanding(request, ClaimKind.Takes, choice.Picks);
            }

            return request.TakesAllOrNone ? Completing(request) ?? Kept(request) : null;
        }

        // Two clusters must not count on the same machine that is being released.
        private Standing? Completing(MachineRequest request)
        {
            if (_returning.Count is 0 || request.Machines > Free.Count + _returning.Count)
            {
                return null;
            }

            var choice = Choose(request, [.. Free, .. _returning]);
            return choice.Blockers.Count is 0 ? ToStanding(request, ClaimKind.Completes, choice.Picks) : null;
        }

        private Standing? Kept(MachineRequest request)
        {
            if (request.WaitingSince is not { } since || !HasPassed(since + _limits.Backfill))
            {
                return null;
            }

            var picks = Choose(request, Free).Picks;
            if (picks.Count is 0)
            {
                return null;
            }

            // Each freed machine extends the claim; when none is freed, idle machines are not withheld from other clusters.
            var until = picks.Max(pick => _supply.FreeSince(pick.Machine)) + _limits.Keep;
            return !HasPassed(until) && Choose(request, _supply.Region).Blockers.Count is 0
                ? ToStanding(request, ClaimKind.Keeps, picks, until)
                : null;
        }

        private bool HasPassed(DateTimeOffset time)
        {
            if (time > _now && time < HoldsUntil)
            {
                HoldsUntil = time;
            }

            return _now >= time;
        }

        private Standing ToStanding(
            MachineRequest request,
            ClaimKind kind,
            IReadOnlyList<Pick> picks,
            DateTimeOffset? until = null
        )
        {
            var picked = picks.Select(pick => pick.Machine).ToHashSet();
            var free = Free.Where(machine => picked.Contains(machine.Machine));
            return new Standing(request, new Claim(request.Name, request.Purpose, kind, [.. free], until), picked);
        }

        private static Choice Choose(MachineRequest request, IReadOnlyList<Candidate> machines) =>
            Placement.Choose(
                request.Missing,
                request.Members,
                new Inventory(
                    request.Replace.Count is 0
                        ? machines
                        : [.. machines.Where(machine => !request.Replace.Contains(machine.Machine))]
                )
            );

        private static IReadOnlyList<Candidate> Without(IReadOnlyList<Candidate> machines, IReadOnlySet<SystemId> gone) =>
            [.. machines.Where(machine => !gone.Contains(machine.Machine))];
    }
}
