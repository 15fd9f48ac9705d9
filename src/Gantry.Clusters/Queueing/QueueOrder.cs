using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Queueing;

/// <summary>
/// Who goes first: repairs before replacements before growth before creation, and who has asked longer within each. A creation
/// that has waited for <see cref="Limits.Backfill"/> ranks with growth, so that clusters that keep growing do not hold it up
/// for ever. Replacements go before it all the same: each gives a machine back.
/// </summary>
public sealed class QueueOrder(DateTimeOffset now, Limits limits) : IComparer<MachineRequest>
{
    /// <summary>Negative when <paramref name="x"/> goes first. Requests of equal age are in the order of their ids.</summary>
    public int Compare(MachineRequest? x, MachineRequest? y)
    {
        if (x is null || y is null)
        {
            return Comparer<object>.Default.Compare(x, y);
        }

        var order = KeyOf(x).CompareTo(KeyOf(y));
        return order is not 0 ? order : string.CompareOrdinal(x.Cluster.Value, y.Cluster.Value);
    }

    /// <summary>When the time alone changes the place of the request; <c>null</c> when it does not.</summary>
    public DateTimeOffset? ChangesAt(MachineRequest request) => RanksHigherAt(request) is { } time && time > now ? time : null;

    private (Purpose, DateTimeOffset, DateTimeOffset) KeyOf(MachineRequest request) =>
        (RanksHigherAt(request) <= now ? Purpose.Growth : request.Purpose, request.AskedAt, request.CreatedAt);

    private DateTimeOffset? RanksHigherAt(MachineRequest request) =>
        request.Purpose is Purpose.Creation ? request.WaitingSince + limits.Backfill : null;
}
