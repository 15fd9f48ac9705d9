using Gantry.Clusters.Model;

namespace Gantry.Clusters.Explaining;

/// <summary>Sorts what is said in <see cref="KnownMachine.Unavailable"/> by what a person can do about it.</summary>
public static class Unavailable
{
    public const string Already = "already in this cluster";

    public static bool IsQuarantine(string? words) => words is not null && Kind(words) is NotFreeKind.Quarantine;

    /// <returns>In the order of the kinds, those of one kind with the most machines first.</returns>
    public static ValueList<NotFree> Count(IEnumerable<KnownMachine> machines) =>
    [
        .. machines
            .Select(one => one.Unavailable)
            .OfType<string>()
            .GroupBy(words => (Kind: Kind(words), Words: Kind(words) is NotFreeKind.InMaas or NotFreeKind.Other ? words : ""))
            .Select(group => new NotFree(group.Key.Kind, Words(group.Key.Kind, group.Key.Words, group.Count()), group.Count()))
            .OrderBy(group => group.Kind)
            .ThenByDescending(group => group.Machines)
            .ThenBy(group => group.Words, StringComparer.Ordinal),
    ];

    private static NotFreeKind Kind(string words) => words switch
    {
        _ when Begins(words, "in quarantine") => NotFreeKind.Quarantine,
        _ when Begins(words, "locked") => NotFreeKind.Locked,
        _ when words is Already || Begins(words, "belongs to ") => NotFreeKind.OfCluster,
        _ when words.EndsWith(" in MAAS", StringComparison.Ordinal) => NotFreeKind.InMaas,
        _ => NotFreeKind.Other,
    };

    private static string Words(NotFreeKind kind, string words, int machines) => kind switch
    {
        NotFreeKind.Quarantine => "in quarantine",
        NotFreeKind.Locked => "locked in MAAS",
        NotFreeKind.OfCluster => machines is 1 ? "belongs to a cluster" : "belong to clusters",
        _ => words,
    };

    private static bool Begins(string words, string with) => words.StartsWith(with, StringComparison.Ordinal);
}
