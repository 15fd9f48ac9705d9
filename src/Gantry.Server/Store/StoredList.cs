using System.Buffers.Text;
using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using Gantry.Server.Api;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

/// <param name="Value">A text, a time or a number of a row.</param>
public sealed record OrderKey(LambdaExpression Value, bool Descending);

/// <summary>One page of rows with the list's metadata.</summary>
public sealed record StoredPage<T>(IReadOnlyList<T> Rows, ListMeta Meta)
{
    public ItemList<TView> Show<TView>(Func<T, TView> view) => new([.. Rows.Select(view)], Meta);
}

/// <summary>
/// A list that the database filters, sorts and pages. A page starts after the keys of the last row of the page before, so
/// rows that are added or removed between two pages are neither skipped nor repeated.
/// </summary>
/// <param name="order">The order when the request has none, and among rows that are equal in its order. Unique for each
/// row.</param>
public sealed class StoredList<T>(params OrderKey[] order)
{
    private readonly Dictionary<string, LambdaExpression> _fields = [];

    /// <summary>The maximum number of rows in one response.</summary>
    public int? Most { get; init; }

    /// <summary>The columns to read; null reads the whole row.</summary>
    public Expression<Func<T, T>>? Columns { get; init; }

    public StoredList<T> Text(string path, Expression<Func<T, string?>> value)
    {
        _fields[path] = value;
        return this;
    }

    public StoredList<T> Time(string path, Expression<Func<T, DateTimeOffset>> value)
    {
        _fields[path] = value;
        return this;
    }

    /// <exception cref="ApiException">400: the query cannot be read, or names a field that the list cannot be filtered or sorted
    /// by.</exception>
    public Task<StoredPage<T>> PageAsync(IQueryable<T> all, ListQuery query, CancellationToken cancellationToken) =>
        CutAsync(
            string.IsNullOrEmpty(query.Filters) ? all : all.Where(Filter(query.Filters)),
            Order(query.OrderBy),
            query,
            cancellationToken
        );

    /// <summary>For lists that clients read as a whole: returns all rows unless a limit is given.</summary>
    /// <exception cref="ApiException">400, as for a page.</exception>
    public Task<StoredPage<T>> WholeAsync(IQueryable<T> all, ListQuery query, CancellationToken cancellationToken) =>
        PageAsync(all, query with { Limit = query.Limit ?? 0 }, cancellationToken);

    /// <summary>Pages rows that are already filtered.</summary>
    /// <param name="sort">The order that precedes the list's own.</param>
    /// <exception cref="ApiException">400: the query cannot be read.</exception>
    public async Task<StoredPage<T>> CutAsync(
        IQueryable<T> found,
        IReadOnlyList<OrderKey> sort,
        PageQuery query,
        CancellationToken cancellationToken
    )
    {
        OrderKey[] keys = [.. sort, .. order];
        var limit = Paging.Limit(query) ?? Most;
        var cursor = string.IsNullOrEmpty(query.Continue) ? null : Cursor.Read(query.Continue, keys);
        var skipped = cursor is null ? Paging.Offset(query) : 0;
        var count = await found.CountAsync(cancellationToken);
        var page = Sorted(cursor is null ? found : found.Where(Predicates.After<T>(keys, cursor.Keys)), keys).Skip(skipped);
        page = limit is { } most ? page.Take(most + 1) : page;
        var rows = await (Columns is null ? page : page.Select(Columns)).ToListAsync(cancellationToken);
        var start = cursor?.Position ?? skipped;
        var isCut = rows.Count > limit;
        if (isCut)
        {
            rows.RemoveAt(rows.Count - 1);
        }

        var more = isCut ? new Cursor(start + rows.Count, [.. keys.Select(key => KeyOf(key, rows[^1]))]).Write() : "";
        return new StoredPage<T>(rows, new ListMeta(more, count, query.Limit ?? limit ?? 0, start));
    }

    private static IQueryable<T> Sorted(IQueryable<T> rows, IReadOnlyList<OrderKey> keys)
    {
        var sorted = rows.Expression;
        for (var index = 0; index < keys.Count; index++)
        {
            var method = (index, keys[index].Descending) switch
            {
                (0, false) => nameof(Queryable.OrderBy),
                (0, true) => nameof(Queryable.OrderByDescending),
                (_, false) => nameof(Queryable.ThenBy),
                (_, true) => nameof(Queryable.ThenByDescending),
            };
            sorted = Expression.Call(
                typeof(Queryable),
                method,
                [typeof(T), keys[index].Value.ReturnType],
                sorted,
                Expression.Quote(keys[index].Value)
            );
        }

        return rows.Provider.CreateQuery<T>(sorted);
    }

    // The database does not compare null: an absent text sorts as an empty one.
    private static OrderKey Key(LambdaExpression field, bool descending) =>
        new(
            field is Expression<Func<T, string?>> text
                ? Expression.Lambda(Expression.Coalesce(text.Body, Expression.Constant("")), text.Parameters)
                : field,
            descending
        );

    private static object KeyOf(OrderKey key, T row) => key.Value.Compile(preferInterpretation: true).DynamicInvoke(row)!;

    private OrderKey[] Order(string? orderBy) =>
        string.IsNullOrEmpty(orderBy)
            ? []
            : [.. Paging.Order(orderBy).Select(part => Key(Field("orderBy", part.Field, "sorted by"), part.Descending))];

    private Expression<Func<T, bool>> Filter(string filters) =>
        Predicates.Any([.. ListFilter.Read(filters).Select(all => Predicates.All([.. all.Select(Condition)]))]);

    private Expression<Func<T, bool>> Condition(FieldCondition condition)
    {
        var field = Field("filters", condition.Path, "filtered by");
        var wanted = condition.Wanted;
        if (field is Expression<Func<T, string?>> text)
        {
            return Predicates.Of(text, value => wanted.Contains(value));
        }

        List<DateTimeOffset> times = [.. wanted.Select(Moment).OfType<DateTimeOffset>()];
        return Predicates.Of((Expression<Func<T, DateTimeOffset>>)field, value => times.Contains(value));
    }

    private static DateTimeOffset? Moment(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private LambdaExpression Field(string parameter, string path, string done) =>
        _fields.GetValueOrDefault(path)
        ?? throw ApiError.Invalid(
            parameter,
            $"this list cannot be {done} '{ApiError.Shown(path)}'; write one of {string.Join(", ", _fields.Keys)}"
        );

    /// <param name="Position">Offset of the next page, while the list does not change.</param>
    private sealed record Cursor(int Position, IReadOnlyList<object> Keys)
    {
        public string Write() =>
            Base64Url.EncodeToString(
                JsonSerializer.SerializeToUtf8Bytes<string[]>([
                    Position.ToString(CultureInfo.InvariantCulture),
                    .. Keys.Select(Text),
                ])
            );

        public static Cursor Read(string token, IReadOnlyList<OrderKey> keys)
        {
            try
            {
                var parts = JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(token)) ?? [];
                if (
                    parts.Length == keys.Count + 1
                    && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var position)
                    && position >= 0
                )
                {
                    return new Cursor(position, [.. keys.Select((key, index) => Value(parts[index + 1], key.Value.ReturnType))]);
                }
            }
            catch (Exception unreadable)
                when (unreadable is FormatException or JsonException or OverflowException or ArgumentException)
            {
                // Refused below, like any other token that no list issued.
            }

            throw Paging.NoToken();
        }

        private static string Text(object key) =>
            key switch
            {
                DateTimeOffset time => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                long number => number.ToString(CultureInfo.InvariantCulture),
                _ => (string)key,
            };

        private static object Value(string text, Type type) =>
            type == typeof(DateTimeOffset)
                ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(text, CultureInfo.InvariantCulture))
            : type == typeof(long) ? long.Parse(text, CultureInfo.InvariantCulture)
            : text ?? throw new FormatException();
    }
}

/// <summary>Order keys.</summary>
public static class Sort
{
    public static OrderKey By<T, TKey>(Expression<Func<T, TKey>> value, bool descending = false) => new(value, descending);
}
