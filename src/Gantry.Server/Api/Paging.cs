using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Server.Api;

/// <summary>The query of a list with pages.</summary>
public record PageQuery(int? Limit, string? Continue, int? Offset)
{
    protected PageQuery(RequestQuery query)
        : this(query.Value(QueryParameters.Limit), query.Text(QueryParameters.Continue), query.Value(QueryParameters.Offset)) { }

    public static ValueTask<PageQuery> BindAsync(HttpContext context) =>
        ValueTask.FromResult(new PageQuery(RequestQuery.Of(context)));
}

/// <summary>The query of a list with pages, filter and order.</summary>
public sealed record ListQuery : PageQuery
{
    private ListQuery(RequestQuery query)
        : base(query) => (Filters, OrderBy) = (query.Text(QueryParameters.Filters), query.Text(QueryParameters.OrderBy));

    public string? Filters { get; }

    public string? OrderBy { get; }

    public static new ValueTask<ListQuery> BindAsync(HttpContext context) =>
        ValueTask.FromResult(new ListQuery(RequestQuery.Of(context)));
}

/// <summary>The dialect of lists; filters, sorts and pages lists that are not in the store.</summary>
public static class Paging
{
    /// <param name="uid">The item's stable id; a page starts after the last item of the page before.</param>
    public static ItemList<T> Page<T>(IEnumerable<T> all, ListQuery query, Func<T, string> uid)
    {
        if (!string.IsNullOrEmpty(query.Filters))
        {
            var matches = ListFilter.Parse(query.Filters);
            all = all.Where(item => matches(JsonSerializer.SerializeToNode(item, ApiJson.Options)!));
        }

        if (!string.IsNullOrEmpty(query.OrderBy))
        {
            all = Ordered(all, query.OrderBy);
        }

        return Cut([.. all], query, uid);
    }

    /// <summary>For lists that clients read as a whole: returns all items unless a limit is given.</summary>
    public static ItemList<T> Whole<T>(IEnumerable<T> all, ListQuery query, Func<T, string> uid) =>
        Page(all, query with { Limit = query.Limit ?? 0 }, uid);

    public static ItemList<T> Cut<T>(IReadOnlyList<T> all, PageQuery query, Func<T, string> uid)
    {
        var limit = Limit(query) ?? Math.Max(all.Count, 1);
        var offset = Offset(query);
        var start = string.IsNullOrEmpty(query.Continue) ? offset : After(all, query.Continue, uid);
        T[] items = [.. all.Skip(start).Take(limit)];
        var end = start + items.Length;
        var more = end < all.Count && items.Length > 0 ? Token(end, uid(items[^1])) : "";
        return new ItemList<T>(items, new ListMeta(more, all.Count, query.Limit ?? limit, start));
    }

    /// <returns>Null for all items.</returns>
    /// <exception cref="ApiException">400</exception>
    public static int? Limit(PageQuery query) =>
        query.Limit switch
        {
            null => Limits.Page,
            0 => null,
            < 0 => throw ApiError.Invalid("limit", $"{query.Limit} is negative; write 1 to {Limits.Page}, or 0 for everything"),
            { } given => Math.Min(given, Limits.Page),
        };

    /// <exception cref="ApiException">400</exception>
    public static int Offset(PageQuery query) =>
        query.Offset is not < 0 ? query.Offset ?? 0 : throw ApiError.Invalid("offset", $"{query.Offset} is negative");

    /// <exception cref="ApiException">400</exception>
    public static IReadOnlyList<(string Field, bool Descending)> Order(string orderBy) =>
        [
            .. orderBy
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(part =>
                    part.Split('=') is [var field, "1" or "-1"]
                        ? (field, part.EndsWith("=-1", StringComparison.Ordinal))
                        : throw ApiError.Invalid("orderBy", $"'{ApiError.Shown(part)}' is not of the form field=1 or field=-1")
                ),
        ];

    public static ApiException NoToken() =>
        ApiError.Invalid("continue", "this is not a token that a list gave out; take listmeta.continue of the page before");

    private static string Token(int position, string uid) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{position}:{uid}"));

    // The item may have moved or been deleted since; its old position is then the best guess.
    private static int After<T>(IReadOnlyList<T> all, string token, Func<T, string> uid)
    {
        var buffer = new byte[Base64Url.GetMaxDecodedLength(token.Length)];
        if (
            !Base64Url.IsValid(token)
            || !Base64Url.TryDecodeFromChars(token, buffer, out var length)
            || Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2) is not [var number, var last]
            || !int.TryParse(number, out var position)
            || position < 0
        )
        {
            throw NoToken();
        }

        for (var index = 0; index < all.Count; index++)
        {
            if (uid(all[index]) == last)
            {
                return index + 1;
            }
        }

        return Math.Max(0, position - 1);
    }

    private static IEnumerable<T> Ordered<T>(IEnumerable<T> all, string orderBy)
    {
        var keyed = all.Select(item => (Item: item, Json: JsonSerializer.SerializeToNode(item, ApiJson.Options)!)).ToList();
        IOrderedEnumerable<(T Item, JsonNode Json)>? ordered = null;
        foreach (var (field, descending) in Order(orderBy))
        {
            string Key((T Item, JsonNode Json) pair) => ListFilter.Values(pair.Json, field).FirstOrDefault() ?? "";
            ordered = (ordered, descending) switch
            {
                (null, false) => keyed.OrderBy(Key, StringComparer.Ordinal),
                (null, true) => keyed.OrderByDescending(Key, StringComparer.Ordinal),
                (_, false) => ordered.ThenBy(Key, StringComparer.Ordinal),
                (_, true) => ordered.ThenByDescending(Key, StringComparer.Ordinal),
            };
        }

        return (ordered ?? (IEnumerable<(T Item, JsonNode Json)>)keyed).Select(pair => pair.Item);
    }
}
