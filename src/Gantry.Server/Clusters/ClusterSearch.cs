using System.Globalization;
using System.Linq.Expressions;
using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// A search of clusters that the database evaluates: groups of conditions, then an order. Deleted clusters are found only
/// on request.
/// </summary>
public sealed partial class ClusterSearch
{
    private readonly ConsoleDb _db;
    private readonly Check _check = new();
    private readonly Dictionary<string, LambdaExpression> _properties;

    private ClusterSearch(ConsoleDb db, string[] online)
    {
        _db = db;
        _properties = new()
        {
            ["clusterName"] = Text(row => row.Name),
            ["clusterUid"] = Text(row => row.Uid),
            ["clusterState"] = State,
            ["healthState"] = Text(row =>
                row.Report != null && online.Contains(row.GatewayUid) ? row.Report.Health : nameof(Health.Unknown)
            ),
            ["environment"] = Text(row => "maas"),
            ["projectUid"] = Text(row => row.ProjectUid ?? ""),
            ["creationTimestamp"] = Time(row => row.CreatedAt),
            ["lastModifiedTimestamp"] = Time(row => row.ModifiedAt),
        };
    }

    /// <summary>The same state as <see cref="ClusterViews.State"/>.</summary>
    private static Expression<Func<ClusterRow, string>> State { get; } =
        row =>
            row.DeletedAt != null ? nameof(ClusterPhase.Deleted)
            : row.DeletionRequestedAt != null ? nameof(ClusterPhase.Deleting)
            : row.Report == null
            || row.Report.Phase == nameof(ClusterPhase.Deleted)
            || row.Report.Phase == nameof(ClusterPhase.Deleting)
                ? nameof(ClusterPhase.Pending)
            : row.Report.Phase;

    /// <param name="online">The gateways that report; health is known only from them.</param>
    /// <exception cref="ApiException">Status 400 with the field that cannot be searched.</exception>
    public static (Expression<Func<ClusterRow, bool>> Filter, IReadOnlyList<OrderKey> Order) Read(
        SearchRequest request,
        ConsoleDb db,
        string[] online
    )
    {
        var search = new ClusterSearch(db, online);
        var filter = search.Filter(request.Filter);
        OrderKey[] order = [.. (request.Sort ?? []).Select((sort, index) => search.Order($"sort[{index}]", sort))];
        search._check.ThrowIfFailed();
        return (filter, order);
    }

    /// <summary>What a search can ask for.</summary>
    public static SearchSchema Describe(ConsoleDb db) =>
        new(
            new SearchSchemaProperties([
                .. new ClusterSearch(db, [])._properties.Keys.Select(name => Property(name, "string", ValuesOf(name))),
                Property("isDeleted", "bool", []),
                Property("tags", "keyValue", []),
            ])
        );

    // clusterName becomes Cluster name.
    private static SearchProperty Property(string name, string type, IReadOnlyList<string> values) =>
        new(
            name,
            char.ToUpperInvariant(name[0]) + Words().Replace(name[1..], match => $" {match.Value.ToLowerInvariant()}"),
            type,
            values
        );

    private static IReadOnlyList<string> ValuesOf(string property) =>
        property switch
        {
            "clusterState" => Vocabulary.Of(typeof(ClusterPhases)),
            "healthState" => Vocabulary.Of(typeof(HealthStates)),
            "environment" => [CloudTypes.Maas],
            _ => [],
        };

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Words();

    private static Expression<Func<ClusterRow, string>> Text(Expression<Func<ClusterRow, string>> value) => value;

    private static Expression<Func<ClusterRow, DateTimeOffset>> Time(Expression<Func<ClusterRow, DateTimeOffset>> value) => value;

    private Expression<Func<ClusterRow, bool>> Filter(SearchFilters? filters)
    {
        var groups = filters?.FilterGroups ?? [];
        var asked = Join(
            "filter.conjunction",
            filters?.Conjunction,
            [.. groups.Select((group, index) => Group($"filter.filterGroups[{index}]", group))]
        );
        return groups.Any(group => (group.Filters ?? []).Any(filter => filter.Property is "isDeleted"))
            ? asked
            : Predicates.All([row => row.DeletedAt == null, asked]);
    }

    private Expression<Func<ClusterRow, bool>> Group(string field, SearchGroup group) =>
        Join(
            $"{field}.conjunction",
            group.Conjunction,
            [.. (group.Filters ?? []).Select((filter, index) => Condition($"{field}.filters[{index}]", filter))]
        );

    private Expression<Func<ClusterRow, bool>> Join(
        string field,
        string? conjunction,
        IReadOnlyList<Expression<Func<ClusterRow, bool>>> parts
    )
    {
        _check.OneOf(field, conjunction, typeof(Conjunctions));
        return conjunction is Conjunctions.Or && parts.Count > 0 ? Predicates.Any(parts) : Predicates.All(parts);
    }

    private Expression<Func<ClusterRow, bool>> Condition(string field, SearchFilter filter)
    {
        switch (filter)
        {
            case { Property: "isDeleted", Condition.Bool: { } wanted }:
                var isDeleted = wanted.Value;
                return row => row.DeletedAt != null == isDeleted;
            case { Property: "tags", Condition.KeyValue: { } pair }:
                return Tag($"{field}.condition.keyValue", pair);
            case { Property: "tags", Condition.String: { } tag }:
                var any = Tags(Test($"{field}.condition.string", tag with { Negation = false }));
                return tag.Negation is true ? Predicates.Not(any) : any;
            case { Property: { } property, Condition.String: { } condition }
                when _properties.TryGetValue(property, out var value):
                return value is Expression<Func<ClusterRow, string>> text
                    ? Predicates.Of(text, Test($"{field}.condition.string", condition))
                    : Predicates.Of(
                        (Expression<Func<ClusterRow, DateTimeOffset>>)value,
                        TimeTest($"{field}.condition.string", condition)
                    );
            default:
                _check.Problem(
                    field,
                    $"'{ApiError.Shown(filter.Property ?? "")}' with this condition cannot be searched; there is isDeleted "
                        + "(bool), "
                        + $"tags (keyValue or string) and, as string, {string.Join(", ", _properties.Keys)}"
                );
                return row => false;
        }
    }

    // For a search, a cluster without the label has an empty value.
    private Expression<Func<ClusterRow, bool>> Tag(string field, KeyValueCondition pair)
    {
        var key = pair.Key ?? "";
        var test = Test(field, new StringCondition(pair.Operator, pair.Negation, pair.IgnoreCase, pair.Match));
        var labelled = _db.ClusterLabels.Where(label => label.Key == key);
        var having = labelled.Select(label => label.ClusterUid);
        var matching = labelled
            .Where(Predicates.Of((ClusterLabelRow label) => label.Value, test))
            .Select(label => label.ClusterUid);
        return HoldsOfNothing(pair)
            ? row => matching.Contains(row.Uid) || !having.Contains(row.Uid)
            : row => matching.Contains(row.Uid);
    }

    // Every operator matches an empty text only with an empty text.
    private static bool HoldsOfNothing(KeyValueCondition pair)
    {
        var wanted = pair.Match?.Values ?? [];
        var holds =
            pair.Match?.Conjunction is Conjunctions.And ? wanted.All(one => one.Length == 0) : wanted.Any(one => one.Length == 0);
        return holds != (pair.Negation is true);
    }

    private Expression<Func<ClusterRow, bool>> Tags(Expression<Func<string, bool>> test)
    {
        var matching = _db
            .ClusterLabels.Where(
                Predicates.Any([
                    Predicates.Of((ClusterLabelRow label) => label.Key, test),
                    Predicates.Of((ClusterLabelRow label) => label.Key + ":" + label.Value, test),
                ])
            )
            .Select(label => label.ClusterUid);
        return row => matching.Contains(row.Uid);
    }

    private Expression<Func<string, bool>> Test(string field, StringCondition condition)
    {
        var ignoresCase = condition.IgnoreCase is true;
        List<Expression<Func<string, bool>>> tests = [];
        foreach (var given in condition.Match?.Values ?? [])
        {
            var wanted = ignoresCase ? given.ToLowerInvariant() : given;
            var length = wanted.Length;
            tests.Add(
                (condition.Operator, ignoresCase) switch
                {
                    (SearchOperators.Contains, false) => value => value.Contains(wanted),
                    (SearchOperators.Contains, true) => value => value.ToLower().Contains(wanted),

                    // StartsWith becomes a LIKE, which ignores case on SQLite.
                    (SearchOperators.BeginsWith, false) => value => value.Substring(0, length) == wanted,
                    (SearchOperators.BeginsWith, true) => value => value.ToLower().Substring(0, length) == wanted,
                    (_, false) => value => value == wanted,
                    (_, true) => value => value.ToLower() == wanted,
                }
            );
        }

        _check.OneOf($"{field}.operator", condition.Operator, typeof(SearchOperators));
        _check.OneOf($"{field}.match.conjunction", condition.Match?.Conjunction, typeof(Conjunctions));
        var all = condition.Match?.Conjunction is Conjunctions.And ? Predicates.All(tests) : Predicates.Any(tests);
        return condition.Negation is true ? Predicates.Not(all) : all;
    }

    private Expression<Func<DateTimeOffset, bool>> TimeTest(string field, StringCondition condition)
    {
        _check.That(
            condition.Operator is null or "" or "eq",
            $"{field}.operator",
            "a time is searched by eq; there is no other operator for it"
        );
        List<DateTimeOffset> times = [];
        foreach (var given in condition.Match?.Values ?? [])
        {
            if (DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                times.Add(time);
            }
            else
            {
                _check.Problem(
                    $"{field}.match.values",
                    $"'{ApiError.Shown(given)}' is not a time; write 2030-01-31T12:00:00.000Z"
                );
            }
        }

        return condition.Negation is true ? value => !times.Contains(value) : value => times.Contains(value);
    }

    private OrderKey Order(string field, SearchSort sort)
    {
        _check.OneOf($"{field}.order", sort.Order, typeof(SortOrders));
        if (sort.Field is not null && _properties.TryGetValue(sort.Field, out var value))
        {
            return new OrderKey(value, sort.Order is SortOrders.Descending);
        }

        _check.Problem(
            $"{field}.field",
            $"'{ApiError.Shown(sort.Field ?? "")}' cannot be sorted by; write one of {string.Join(", ", _properties.Keys)}"
        );
        return new OrderKey(State, Descending: false);
    }
}
