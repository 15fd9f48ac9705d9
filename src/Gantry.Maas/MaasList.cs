using System.Collections;

namespace Gantry.Maas;

/// <summary>A list of MAAS. An entry that cannot be read hides no other: it is left out and named.</summary>
/// <param name="unreadable">Paths of what cannot be read, one for each entry that is left out: <c>$[3].cidr</c>.</param>
public sealed class MaasList<T>(IReadOnlyList<T> entries, IReadOnlyList<string> unreadable) : IReadOnlyList<T>
    where T : class
{
    /// <summary>Where the entries that are left out cannot be read. The paths hold names of fields and no value.</summary>
    public IReadOnlyList<string> Unreadable { get; } = unreadable;

    public int Count => entries.Count;

    public T this[int index] => entries[index];

    /// <summary>The first entry that is wanted; <c>null</c> when no entry of MAAS is.</summary>
    /// <exception cref="MaasUnexpectedException">None is, and an entry that cannot be read may be.</exception>
    public T? Find(Func<T, bool> isWanted) => entries.FirstOrDefault(isWanted) ?? Whole().FirstOrDefault(isWanted);

    /// <summary>The list, when nothing of it is left out.</summary>
    /// <exception cref="MaasUnexpectedException">An entry cannot be read.</exception>
    public IReadOnlyList<T> Whole() =>
        Unreadable.Count is 0
            ? entries
            : throw new MaasUnexpectedException(
                $"MAAS's list has an entry that cannot be read ({Unreadable[0]}), so that it is not known what is missing in it.",
                status: 200
            )
            {
                Part = Unreadable[0],
            };

    /// <summary>The list without entries that lack what entries of their kind always have.</summary>
    internal MaasList<T> LeaveOut(Func<T, bool> isOdd, string part) =>
        new([.. entries.Where(entry => !isOdd(entry))], [.. Unreadable, .. entries.Where(isOdd).Select(_ => part)]);

    public IEnumerator<T> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
