namespace Gantry.Api;

public sealed record SearchMatch([property: OneOf(typeof(Conjunctions))] string? Conjunction, IReadOnlyList<string>? Values);

public sealed record StringCondition(
    [property: OneOf(typeof(SearchOperators))] string? Operator,
    bool? Negation,
    bool? IgnoreCase,
    SearchMatch? Match
);

public sealed record KeyValueCondition(
    [property: OneOf(typeof(SearchOperators))] string? Operator,
    bool? Negation,
    bool? IgnoreCase,
    string? Key,
    SearchMatch? Match
);

public sealed record BoolCondition(bool Value);

public sealed record SearchCondition(StringCondition? String, BoolCondition? Bool, KeyValueCondition? KeyValue);

public sealed record SearchFilter(string? Property, string? Type, SearchCondition? Condition);

public sealed record SearchGroup(
    [property: OneOf(typeof(Conjunctions))] string? Conjunction,
    IReadOnlyList<SearchFilter>? Filters
);

public sealed record SearchFilters(
    [property: OneOf(typeof(Conjunctions))] string? Conjunction,
    IReadOnlyList<SearchGroup>? FilterGroups
);

public sealed record SearchSort(string? Field, [property: OneOf(typeof(SortOrders))] string? Order);

public sealed record SearchRequest(SearchFilters? Filter, IReadOnlyList<SearchSort>? Sort);

/// <summary>How conditions are joined.</summary>
public static class Conjunctions
{
    public const string And = "and";
    public const string Or = "or";
}

/// <summary>How a text is compared.</summary>
public static class SearchOperators
{
    public const string Equal = "eq";
    public const string Contains = "contains";
    public const string BeginsWith = "beginsWith";
}

/// <summary>Sort orders of a list.</summary>
public static class SortOrders
{
    public const string Ascending = "asc";
    public const string Descending = "desc";
}

/// <param name="Schema">What a search can ask for.</param>
public sealed record SearchSchema(SearchSchemaProperties Schema);

public sealed record SearchSchemaProperties(IReadOnlyList<SearchProperty> Properties);

/// <param name="Type">Of the condition: <c>string</c>, <c>bool</c> or <c>keyValue</c>.</param>
/// <param name="Enum">The only values there are; empty when there are others.</param>
public sealed record SearchProperty(string Name, string DisplayName, string Type, IReadOnlyList<string> Enum);
