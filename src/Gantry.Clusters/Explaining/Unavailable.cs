using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Explaining;

/// <summary>Why a cluster cannot take a machine, for any pool.</summary>
/// <param name="Kind">The kind, by the operator's possible action.</param>
/// <param name="Text">The reason as a clause: <c>in quarantine: deployment failed</c>, <c>belongs to demo</c>.</param>
public sealed record Unavailable(NotFreeKind Kind, string Text)
{
    public static Unavailable Already { get; } = new(NotFreeKind.OfCluster, "already in this cluster");

    public static Unavailable SameName { get; } = new(NotFreeKind.Other, "has the node name of another machine of this cluster");

    public static Unavailable Locked { get; } = new(NotFreeKind.Locked, "locked in MAAS");

    public static Unavailable HeldBy(string cluster) => new(NotFreeKind.OfCluster, $"belongs to {cluster}");

    public static Unavailable InQuarantine(string reason) => new(NotFreeKind.Quarantine, $"in quarantine: {reason}");

    /// <param name="status">The status's name in MAAS: <c>Broken</c>.</param>
    public static Unavailable InMaas(string status) => new(NotFreeKind.InMaas, $"{status} in MAAS");

    public static Unavailable Refused(DateTimeOffset until) =>
        new(NotFreeKind.Other, $"refused by MAAS, tried again from {until:HH:mm}");

    /// <param name="until">When Gantry may take it again.</param>
    public static Unavailable LeftAlone(LostMachine lost, DateTimeOffset until) =>
        new(NotFreeKind.Other, $"{lost.OfItself}, taken again from {until:HH:mm}");

    /// <param name="cluster">An older cluster with the first right to the machine.</param>
    public static Unavailable ClaimedBy(DnsLabel cluster) => new(NotFreeKind.Other, $"kept for {cluster}");

    /// <returns>In the order of the kinds; within a kind, the reason with the most machines first.</returns>
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
