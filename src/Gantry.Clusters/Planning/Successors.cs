using Gantry.Clusters.Model;
using Gantry.Clusters.Queueing;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Invariant I10: a machine leaves to be replaced only when a machine that fits its place is certain. That is the machine
/// itself, reinstalled, or a free machine that nothing else of the cluster needs.
/// </summary>
internal sealed class Successors(PlanBuilder builder, Inventory inventory)
{
    /// <summary>Free machines that each pool needs for the places of machines that leave.</summary>
    private readonly Dictionary<DnsLabel, int> _needed = [];

    /// <summary>Free machines that places of other pools may not count on.</summary>
    private readonly Dictionary<DnsLabel, IReadOnlyList<Pick>> _promised = [];

    private readonly HashSet<DnsLabel> _refused = [];

    /// <summary>What the places of leaving machines need, beside the machines that are installed again.</summary>
    public IEnumerable<Shortfall> Needed =>
        builder
            .Pools.Where(pool => _needed.GetValueOrDefault(pool.Pool.Name) > 0)
            .Select(pool => Place(pool, _needed[pool.Pool.Name]));

    /// <summary>Reserves what the place of a machine needs when it leaves; false when no machine can take it.</summary>
    /// <param name="staying">Machines of the pool that stay when it has left.</param>
    /// <param name="leaving">Machines of the pool that leave with it.</param>
    public bool TryReserve(PoolState pool, MemberObservation seen, int staying, IEnumerable<MemberObservation> leaving)
    {
        if (CanReturn(pool, seen))
        {
            return true;
        }

        var returning = leaving.Count(other => other.Id != seen.Id && CanReturn(pool, other));
        var needed = pool.Pool.Size - staying - returning;
        return needed <= 0 || TryReserve(pool, needed);
    }

    private bool TryReserve(PoolState pool, int needed)
    {
        _needed[pool.Pool.Name] = needed;
        var choice = Placement.Choose(builder.Desired, [Place(pool, needed)], builder.Observed, LeftFor(pool));
        if (choice.Blockers.Count > 0)
        {
            return false;
        }

        _promised[pool.Pool.Name] = choice.Picks;
        return true;
    }

    /// <summary>
    /// Reserves what the next replacement in a pool needs: a spare machine when it expands first, else one for the place of
    /// the machine that leaves. False when no machine can take it.
    /// </summary>
    public bool TryReserveNext(PoolState pool)
    {
        var next = Replacement.InOrder(builder, pool).First();
        var staying = pool.Staying.Count;
        return pool.Surge > 0
            ? staying > pool.Pool.Size || TryReserve(pool, 1)
            : TryReserve(pool, next, staying - 1, pool.Leaving);
    }

    /// <summary>Whether this plan refuses to replace machines of the pool.</summary>
    public bool IsRefused(PoolState pool) => _refused.Contains(pool.Pool.Name);

    /// <summary>Whether the machine fits its own place once it is installed again.</summary>
    public bool CanReturn(PoolState pool, MemberObservation seen) =>
        seen
            is {
                Member: { Quarantined: false, Failure: null, Removal: not { Kind: RemovalKind.Repair } },
                Maas: Observation<MaasFacts>.Present { Value: { Locked: false, Hardware: { } hardware } },
            }
        && builder.Unwanted(seen) is not { Kind: RemovalKind.Repair }
        && !builder.Desired.Replace.Contains(seen.Id)
        && Place(pool, 1).Constraints.All(constraint => constraint.Holds(hardware));

    /// <summary>Names what no free machine meets. The machines of the pool stay meanwhile.</summary>
    public void Refuse(PoolState pool, MemberObservation seen) => Refuse(pool, seen, LeftFor(pool));

    /// <param name="left">Free machines that the cluster does not need elsewhere.</param>
    public void Refuse(PoolState pool, MemberObservation seen, Inventory left)
    {
        _refused.Add(pool.Pool.Name);
        _needed[pool.Pool.Name] = Math.Max(1, _needed.GetValueOrDefault(pool.Pool.Name));
        WaitingLine.Refuse(
            builder,
            [Place(pool, 1)],
            [Placement.RefuseReplacement(Place(pool, 1), seen.Member.Hostname, left, Instead(pool))],
            left
        );
    }

    private Shortfall Place(PoolState pool, int count) =>
        new(pool.Pool, count)
        {
            Replaced = [.. Replacement.InOrder(builder, pool).Select(seen => seen.Id)],
            Architectures = builder.Observed.Architectures,
            VirtualIp = VirtualIpPlace.Of(builder.Desired, builder.Observed),
        };

    // Contracting first helps where a machine can be installed again in its own place.
    private string? Instead(PoolState pool) =>
        pool.Surge is 0 || !pool.Unwanted.Any(seen => CanReturn(pool, seen)) ? null
        : pool.Pool is { Role: PoolRole.ControlPlane, Size: < 3 } ? "; a single control plane cannot contract first"
        : ", or let the pool contract first";

    private Inventory LeftFor(PoolState pool)
    {
        var others = ScaleUp.Shortfalls(builder).Lacking.Where(shortfall => shortfall.Pool.Name != pool.Pool.Name).ToList();
        var taken = Placement
            .Choose(builder.Desired, others, builder.Observed, inventory)
            .Picks.Concat(_promised.Where(other => other.Key != pool.Pool.Name).SelectMany(other => other.Value))
            .Select(pick => pick.Machine)
            .ToHashSet();
        return taken.Count is 0
            ? inventory
            : new Inventory(() =>
                inventory.Turn with
                {
                    Free = [.. inventory.Free.Where(free => !taken.Contains(free.Machine))],
                }
            );
    }
}
