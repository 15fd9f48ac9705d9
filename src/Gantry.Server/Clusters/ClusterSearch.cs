using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>What of a cluster can be searched.</summary>
public sealed record SearchableCluster(ClusterRow Row, string Health)
{
    public IReadOnlyDictionary<string, string> Labels { get; } = StoreJson.Read<Dictionary<string, string>>(Row.LabelsJson);
}

/// <summary>A search of clusters: groups of conditions, then an order. Deleted clusters are found only when asked for.</summary>
public sealed class ClusterSearch
{
    private static readonly Dictionary<string, Func<SearchableCluster, string>> Texts = new()
    {
        ["clusterName"] = one => one.Row.Name,
        ["clusterUid"] = one => one.Row.Uid,
        ["clusterState"] = one => ClusterViews.State(one.Row),
        ["healthState"] = one => one.Health,
        ["environment"] = _ => "maas",
        ["projectUid"] = one => one.Row.ProjectUid ?? "",
        ["creationTimestamp"] = one => one.Row.CreatedAt.ToString("O"),
        ["lastModifiedTimestamp"] = one => one.Row.ModifiedAt.ToString("O"),
    };

    private readonly Func<SearchableCluster, bool> matches;
    private readonly IReadOnlyList<(Func<SearchableCluster, string> Key, bool Descending)> order;

    private ClusterSearch(Func<SearchableCluster, bool> matches, IReadOnlyList<(Func<SearchableCluster, string> Key, bool Descending)> order)
    {
        this.matches = matches;
        this.order = order;
    }

    /// <exception cref="ApiException">400 naming what cannot be searched.</exception>
    public static ClusterSearch Parse(SearchRequest request)
    {
        var check = new Check();
        var groups = request.Filter?.FilterGroups ?? [];
        var readGroups = groups.Select((group, index) => Group(check, $"filter.filterGroups[{index}]", group)).ToList();
        var all = Join(check, "filter.conjunction", request.Filter?.Conjunction, readGroups);
        if (!groups.Any(group => (group.Filters ?? []).Any(filter => filter.Property is "isDeleted")))
        {
            var asked = all;
            all = one => one.Row.DeletedAt is null && asked(one);
        }

        var sorts = (request.Sort ?? []).Select((sort, index) => Sort(check, $"sort[{index}]", sort)).ToList();
        check.ThrowIfFailed();
        return new ClusterSearch(all, sorts);
    }

    public IEnumerable<SearchableCluster> Apply(IEnumerable<SearchableCluster> clusters)
    {
        var found = clusters.Where(matches);
        var ordered = order.Count == 0
            ? found.OrderBy(one => one.Row.CreatedAt)
            : order[0].Descending ? found.OrderByDescending(order[0].Key, StringComparer.Ordinal) : found.OrderBy(order[0].Key, StringComparer.Ordinal);
        foreach (var (key, descending) in order.Skip(1))
        {
            ordered = descending ? ordered.ThenByDescending(key, StringComparer.Ordinal) : ordered.ThenBy(key, StringComparer.Ordinal);
        }

        return ordered.ThenBy(one => one.Row.Uid, StringComparer.Ordinal);
    }

    private static Func<SearchableCluster, bool> Group(Check check, string field, SearchGroup group) => Join(
        check, $"{field}.conjunction", group.Conjunction, (group.Filters ?? []).Select((filter, index) => Filter(check, $"{field}.filters[{index}]", filter)).ToList());

    private static Func<SearchableCluster, bool> Join(
        Check check, string field, string? conjunction, IReadOnlyList<Func<SearchableCluster, bool>> parts)
    {
        check.That(conjunction is null or "" or "and" or "or", field, $"'{ApiError.Shown(conjunction ?? "")}' is not a conjunction; write and, or");
        return conjunction is "or" && parts.Count > 0 ? one => parts.Any(part => part(one)) : one => parts.All(part => part(one));
    }

    private static Func<SearchableCluster, bool> Filter(Check check, string field, SearchFilter filter)
    {
        switch (filter)
        {
            case { Property: "isDeleted", Condition.Bool: { } wanted }:
                return one => one.Row.DeletedAt is not null == wanted.Value;
            case { Property: "tags", Condition.KeyValue: { } pair }:
                var values = Text(check, $"{field}.condition.keyValue", new StringCondition(pair.Operator, pair.Negation, pair.IgnoreCase, pair.Match));
                return one => values(one.Labels.GetValueOrDefault(pair.Key ?? "", ""));
            case { Property: "tags", Condition.String: { } tag }:
                var tags = Text(check, $"{field}.condition.string", tag with { Negation = false });
                return one => one.Labels.Any(label => tags(label.Key) || tags($"{label.Key}:{label.Value}")) != tag.Negation;
            case { Property: { } property, Condition.String: { } condition } when Texts.TryGetValue(property, out var value):
                var holds = Text(check, $"{field}.condition.string", condition);
                return one => holds(value(one));
            default:
                check.Problem(field,
                    $"'{ApiError.Shown(filter.Property ?? "")}' with this condition cannot be searched; there is isDeleted (bool), "
                    + $"tags (keyValue or string) and, as string, {string.Join(", ", Texts.Keys)}");
                return _ => false;
        }
    }

    private static Func<string, bool> Text(Check check, string field, StringCondition condition)
    {
        var comparison = condition.IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var wanted = condition.Match?.Values ?? [];
        Func<string, string, bool>? test = condition.Operator switch
        {
            null or "" or "eq" => (value, given) => value.Equals(given, comparison),
            "contains" => (value, given) => value.Contains(given, comparison),
            "beginsWith" => (value, given) => value.StartsWith(given, comparison),
            _ => null,
        };
        if (test is null)
        {
            check.Problem($"{field}.operator", $"'{ApiError.Shown(condition.Operator ?? "")}' is not an operator; write eq, contains or beginsWith");
            return _ => false;
        }

        var all = condition.Match?.Conjunction is "and";
        return value => (all ? wanted.All(given => test(value, given)) : wanted.Any(given => test(value, given))) != condition.Negation;
    }

    private static (Func<SearchableCluster, string> Key, bool Descending) Sort(Check check, string field, SearchSort sort)
    {
        check.That(sort.Order is null or "" or "asc" or "desc", $"{field}.order", $"'{ApiError.Shown(sort.Order ?? "")}' is not an order; write asc or desc");
        if (sort.Field is not null && Texts.TryGetValue(sort.Field, out var key))
        {
            return (key, sort.Order is "desc");
        }

        check.Problem($"{field}.field", $"'{ApiError.Shown(sort.Field ?? "")}' cannot be sorted by; write one of {string.Join(", ", Texts.Keys)}");
        return (_ => "", false);
    }
}
