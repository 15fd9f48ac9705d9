using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>
/// Decides which cluster may take which free machine. Older clusters go first. A cluster that cannot be built now does not
/// block younger ones, but after <see cref="Limits.Backfill"/> freed machines are kept for it; see docs/adr/0006. Pure.
/// </summary>
/// <remarks>Claims are settled once for all clusters, and every cluster looks up its own turn: the claims of older clusters
/// do not depend on younger ones. A queue stays valid while its requests and its supply are the same and the time is within
/// <see cref="HoldsAt"/>.</remarks>
public sealed class MachineQueue
{
    private readonly MachineRequests _requests;
    private readonly MachineSupply _supply;
    private readonly DateTimeOffset _now;
    private readonly Limits _limits;
    private readonly List<Standing> _standings = [];
    private readonly DateTimeOffset _until;

    /// <param name="requests">Every cluster of the region that lacks machines.</param>
    public MachineQueue(MachineRequests requests, MachineSupply supply, DateTimeOffset now, Limits limits)
        : this(requests, requests, supply, now, limits) { }

    private MachineQueue(
        MachineRequests requests,
        IEnumerable<MachineRequest> oldestFirst,
        MachineSupply supply,
        DateTimeOffset now,
        Limits limits
    )
    {
        (_requests, _supply, _now, _limits) = (requests, supply, now, limits);
        var line = new Line(supply, [], now, limits);
        foreach (var request in oldestFirst)
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

        _until = line.HoldsUntil;
    }

    /// <summary>Whether a queue made at this time would be the same; the time may be earlier than the queue's own.</summary>
    public bool HoldsAt(DateTimeOffset time) => time >= _now && time < _until;

    /// <param name="mine">The request of a cluster, stored or hypothetical.</param>
    public Turn TurnOf(MachineRequest mine)
    {
        if (_requests.Find(mine.Cluster) is { } known && known.CreatedAt < mine.CreatedAt)
        {
            // A hypothetical request is younger than the cluster's stored one and must not wait for it.
            var others = _requests.Where(request => request.Cluster != mine.Cluster);
            return new MachineQueue(new MachineRequests(), others, _supply, _now, _limits).TurnOf(mine);
        }

        var before = _standings.TakeWhile(standing => standing.Request.IsBefore(mine)).ToList();
        var line = new Line(_supply, before, _now, _limits);
        return new Turn(
            line.Free,
            [.. before.Select(standing => standing.Claim)],
            mine.Missing.Count > 0 && line.StandingOf(mine) is { Claim: { Kind: not ClaimKind.Takes } own } ? own : null
        );
    }

    /// <param name="Machines">Machines that no younger cluster may count on: free ones, and ones being released.</param>
    private sealed record Standing(MachineRequest Request, Claim Claim, IReadOnlySet<SystemId> Machines);

    /// <summary>The machines that older clusters have left.</summary>
    private sealed class Line
    {
        private readonly MachineSupply _supply;
        private readonly DateTimeOffset _now;
        private readonly Limits _limits;
        private IReadOnlyList<Candidate> _returning;

        public Line(MachineSupply supply, IReadOnlyList<Standing> before, DateTimeOffset now, Limits limits)
        {
            (_supply, _now, _limits) = (supply, now, limits);
            (Free, _returning, HoldsUntil) = (supply.Free, supply.Returning, supply.HoldsUntil);
            if (before.Count > 0)
            {
                Remove(before.SelectMany(standing => standing.Machines).ToHashSet());
            }
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
            return new Standing(request, new Claim(request.Name, kind, [.. free], until), picked);
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
