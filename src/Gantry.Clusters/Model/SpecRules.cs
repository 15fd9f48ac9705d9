namespace Gantry.Clusters.Model;

/// <summary>
/// What holds for every desired state that a console accepts, beyond what the types say. A gateway checks it again, because a
/// console that was taken over does not.
/// </summary>
public static class SpecRules
{
    private const int LongestId = 100;

    // A share of a pool may be above 100%.
    private const int MostAtATime = 100 * MachinePool.MostMachines;

    // Far enough for every plan, and near enough that adding a wait to it does not leave the calendar.
    private static readonly DateTimeOffset LatestMoment = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(3650);

    /// <returns>The first rule that is broken, as a sentence about the cluster; <c>null</c> when all hold.</returns>
    public static string? ProblemOf(ClusterSpec spec) =>
        !IsId(spec.Id.Value) ? "its id is not letters, digits and separators"
        : !IsId(spec.Account.Value) ? "its account's id is not letters, digits and separators"
        : !IsId(spec.Name.Value) ? "its name is not letters, digits and separators"
        : spec.Generation < 0 ? "its generation is negative"
        : spec.CreatedAt > LatestMoment || spec.Deletion?.RequestedAt > LatestMoment ? "one of its times is beyond the year 9000"
        : spec.RenewCertificatesOlderThan > LatestMoment ? "one of its times is beyond the year 9000"
        : !IsWait(spec.DrainTimeout) ? "its drain timeout is negative or beyond ten years"
        : spec.Pools.Count(pool => pool.Role is PoolRole.ControlPlane) is not 1 ? "it has not exactly one control-plane pool"
        : spec.Pools.DistinctBy(pool => pool.Name).Count() != spec.Pools.Count ? "two of its pools have the same name"
        : spec.Pools.Any(pool => !IsId(pool.Name.Value)) ? "the name of a pool is not letters, digits and separators"
        : spec.Pools.Select(ProblemOf).FirstOrDefault(problem => problem is not null);

    private static string? ProblemOf(MachinePool pool) =>
        !Enum.IsDefined(pool.Role) || !Enum.IsDefined(pool.Erase) ? $"pool '{pool.Name}' has an unknown role or erase policy"
        : pool.Size < (pool.Role is PoolRole.ControlPlane ? 1 : 0) || pool.Size > MachinePool.MostMachines
            ? $"pool '{pool.Name}' has {pool.Size} machines"
        : !IsAmount(pool.RollingUpdate.MaxSurge) || !IsAmount(pool.RollingUpdate.MaxUnavailable)
            ? $"pool '{pool.Name}' is replaced by an impossible number of machines at a time"
        : !IsWait(pool.RepaveInterval) ? $"the repave interval of pool '{pool.Name}' is negative or beyond ten years"
        : null;

    private static bool IsAmount(int machines) => machines is >= 0 and <= MostAtATime;

    private static bool IsWait(TimeSpan wait) => wait >= TimeSpan.Zero && wait <= LongestWait;

    private static bool IsId(string? id) =>
        id is { Length: > 0 and <= LongestId }
        && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');
}
