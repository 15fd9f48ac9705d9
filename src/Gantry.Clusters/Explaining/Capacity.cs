using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Explaining;

/// <summary>
/// Whether the free machines suffice for more clusters like this one and for their rolling replacement. Each is placed like
/// a new cluster; machines of existing clusters are not moved.
/// </summary>
public static class Capacity
{
    /// <param name="architectures">Those that MAAS has the image for; none when they are not known.</param>
    /// <param name="virtualIp">Where the cluster asks for its virtual IP; <c>null</c> when it asks for none, or does not say where.</param>
    public static CapacityAnswer Ask(
        ClusterSpec like,
        int count,
        Inventory inventory,
        ValueList<string>? architectures = null,
        VirtualIpPlace? virtualIp = null
    )
    {
        var asked = Math.Max(count, 0);
        architectures ??= [];
        IReadOnlyList<Shortfall> shortfalls =
        [
            .. Planner
                .Shortfalls(like, [])
                .Select(shortfall => shortfall with { Architectures = architectures, VirtualIp = virtualIp }),
        ];
        var isOpen = like.Endpoint is EndpointChoice.VirtualIp { Address: null, Subnet: null };
        var left = inventory;
        var fit = shortfalls.Count is 0 ? asked : 0;
        var limits = new List<string>();
        while (fit < asked)
        {
            var choice = Placement.Choose(shortfalls, [], left);
            if (isOpen && VirtualIpPlace.Beside(FirstControlPlane(choice, left)) is { } place)
            {
                choice = Placement.Choose([.. shortfalls.Select(shortfall => shortfall with { VirtualIp = place })], [], left);
            }

            if (choice.Blockers.Count > 0)
            {
                limits.AddRange(
                    choice.Blockers.Select(refusal => $"Cluster {fit + 1} of {asked} finds too few machines: {refusal.Message}.")
                );
                break;
            }

            var taken = choice.Picks.Select(pick => pick.Machine).ToHashSet();
            left = new Inventory([.. left.Free.Where(free => !taken.Contains(free.Machine))]);
            fit++;
        }

        var noSpare = like
            .Pools.OrderBy(pool => pool.Role)
            .Select(pool => LacksSpare(pool, left, architectures, virtualIp))
            .OfType<string>()
            .ToList();
        limits.AddRange(noSpare);
        return new CapacityAnswer(asked, fit, noSpare.Count is 0, inventory.Free.Count, left.Free.Count, [.. limits]);
    }

    /// <summary>Spare machines that a pool needs during a rolling replacement.</summary>
    public static int SpareFor(MachinePool pool) =>
        pool.Role switch
        {
            // One control plane is replaced at a time, and a single control plane cannot leave before its successor has joined.
            PoolRole.ControlPlane => pool.Size is 1 || pool.RollingUpdate.MaxSurge > 0 ? 1 : 0,
            _ => Math.Min(Math.Max(pool.RollingUpdate.MaxSurge, 0), Math.Max(pool.Size, 0)),
        };

    private static Candidate? FirstControlPlane(Choice choice, Inventory left) =>
        choice.Picks.FirstOrDefault(pick => pick.Pool.Role is PoolRole.ControlPlane) is { Machine: var first }
            ? left.Free.FirstOrDefault(free => free.Machine == first)
            : null;

    // Clusters, and pools of a cluster, are replaced one after another, so they share the same spare machines.
    private static string? LacksSpare(
        MachinePool pool,
        Inventory left,
        IReadOnlyList<string> architectures,
        VirtualIpPlace? virtualIp
    )
    {
        var needed = SpareFor(pool);
        if (needed is 0)
        {
            return null;
        }

        var constraints = Constraint.Of(pool, architectures, virtualIp);
        var found = left.Free.Count(free => constraints.All(constraint => constraint.Holds(free)));
        return found >= needed
            ? null
            : $"{pool.Name} cannot be rolled: expanding first needs {Counted.Of(needed, "spare machine")} and "
                + $"{found} of the {left.Free.Count} left {(found is 1 ? "fits" : "fit")}.";
    }
}
