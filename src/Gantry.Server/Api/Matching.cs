namespace Gantry.Server.Api;

/// <summary>Filters and order of the searches whose objects are few.</summary>
public static class Matching
{
    /// <param name="filter">Null holds of every text.</param>
    public static bool HoldsOf(this TextFilter? filter, string text)
    {
        var comparison = filter?.IgnoreCase is false ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return Holds(filter?.Eq, one => text.Equals(one, comparison))
            && Holds(filter?.Ne, one => !text.Equals(one, comparison))
            && Holds(filter?.Contains, one => text.Contains(one, comparison))
            && Holds(filter?.BeginsWith, one => text.StartsWith(one, comparison));
    }

    /// <summary>Whether the value is one of these; of none given, each is.</summary>
    public static bool IsAmong(this string value, IReadOnlyList<string>? given) =>
        given is not { Count: > 0 } || given.Contains(value, StringComparer.Ordinal);

    /// <summary>Whether an object with these labels carries the wanted tags, written as <c>key</c> or <c>key:value</c>.</summary>
    public static bool HoldsOf(this TagFilter? filter, IReadOnlyDictionary<string, string> labels)
    {
        bool Has(string tag) => labels.Any(label => label.Key == tag || $"{label.Key}:{label.Value}" == tag);
        return (filter?.Eq is not { Count: > 0 } wanted || wanted.Any(Has)) && (filter?.Ne is not { } others || !others.Any(Has));
    }

    /// <summary>Sorts by the fields that can be sorted by; equal ones keep their order.</summary>
    public static IEnumerable<T> InOrder<T>(
        this IEnumerable<T> all,
        Check check,
        IReadOnlyList<SearchSort>? sorts,
        IReadOnlyDictionary<string, Func<T, IComparable>> fields
    )
    {
        foreach (var (sort, index) in (sorts ?? []).Select((sort, index) => (sort, index)).Reverse())
        {
            check.OneOf($"sort[{index}].order", sort.Order, typeof(SortOrders));
            if (!fields.TryGetValue(sort.Field ?? "", out var field))
            {
                check.Problem(
                    $"sort[{index}].field",
                    $"'{ApiError.Shown(sort.Field ?? "")}' cannot be sorted by; write one of {string.Join(", ", fields.Keys)}"
                );
                continue;
            }

            all = sort.Order is SortOrders.Descending ? all.OrderByDescending(field) : all.OrderBy(field);
        }

        return all;
    }

    private static bool Holds(string? given, Func<string, bool> test) => string.IsNullOrEmpty(given) || test(given);
}
