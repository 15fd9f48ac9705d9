namespace Gantry.Api;

public sealed record SearchMatch(string? Conjunction, IReadOnlyList<string>? Values);

public sealed record StringCondition(string? Operator, bool? Negation, bool? IgnoreCase, SearchMatch? Match);

public sealed record KeyValueCondition(string? Operator, bool? Negation, bool? IgnoreCase, string? Key, SearchMatch? Match);

public sealed record BoolCondition(bool Value);

public sealed record SearchCondition(StringCondition? String, BoolCondition? Bool, KeyValueCondition? KeyValue);

public sealed record SearchFilter(string? Property, string? Type, SearchCondition? Condition);

public sealed record SearchGroup(string? Conjunction, IReadOnlyList<SearchFilter>? Filters);

public sealed record SearchFilters(string? Conjunction, IReadOnlyList<SearchGroup>? FilterGroups);

public sealed record SearchSort(string? Field, string? Order);

public sealed record SearchRequest(SearchFilters? Filter, IReadOnlyList<SearchSort>? Sort);
