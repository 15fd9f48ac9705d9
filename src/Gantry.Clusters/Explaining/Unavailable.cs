using Gantry.Clusters.Model;

namespace Gantry.Clusters.Explaining;

/// <summary>What keeps a cluster from taking a machine, whatever its pools ask for.</summary>
/// <param name="Kind">By what a person can do about it.</param>
/// <param name="Text">Half a sentence about this machine: <c>in quarantine: deployment failed</c>, <c>belongs to
/// demo</c>.</param>
public sealed record Unavailable(NotFreeKind Kind, string Text)
{
    public static Unavailable Already { get; } = new(NotFreeKind.OfCluster, "already in this cluster");

    public static Unavailable Locked { get; } = new(NotFreeKind.Locked, "locked in MAAS");

    public static Unavailable HeldBy(string cluster) => new(NotFreeKind.OfCluster, $"belongs to {cluster}");

    public static Unavailable InQuarantine(string reason) => new(NotFreeKind.Quarantine, $"in quarantine: {reason}");

    /// <param name="status">As MAAS names it: <c>Broken</c>.</param>
    public static Unavailable InMaas(string status) => new(NotFreeKind.InMaas, $"{status} in MAAS");

    public static Unavailable Refused(DateTimeOffset until) =>
        new(NotFreeKind.Other, $"refused by MAAS, tried again from {until:HH:mm}");

    /// <param name="cluster">It was asked for earlier and has the first right to the machine.</param>
    public static Unavailable ClaimedBy(DnsLabel cluster) => new(NotFreeKind.Other, $"kept for {cluster}");

    /// <returns>In the order of the kinds, those of one kind with the most machines first.</returns>
    public static ValueList<NotFree> Count(IEnumerable<KnownMachine> machines) =>
        [
            .. machines
                .Select(one => one.Unavailable)
                .OfType<Unavailable>()
                .GroupBy(one => one.Kind is NotFreeKind.InMaas or NotFreeKind.Other ? one : new Unavailable(one.Kind, ""))
                .Select(group => new NotFree(group.Key.Kind, MessageOf(group.Key, group.Count()), group.Count()))
                .OrderBy(group => group.Kind)
                .ThenByDescending(group => group.Machines)
                .ThenBy(group => group.Message, StringComparer.Ordinal),
        ];

    private static string MessageOf(Unavailable one, int machines) =>
        one.Kind switch
        {
            NotFreeKind.Quarantine => "in quarantine",
            NotFreeKind.Locked => "locked in MAAS",
            NotFreeKind.OfCluster => machines is 1 ? "belongs to a cluster" : "belong to clusters",
            _ => one.Text,
        };
}
