using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Events;

/// <summary>What gateways report to have done or met, newest first.</summary>
public static class EventEndpoints
{
    /// <summary>More than a page shows, less than would hurt: clients read <c>limit=0</c> as everything.</summary>
    private const int Most = 5000;

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Events.List, ListAsync);
        routes.Map(Operations.Events.ListOf, ListOfAsync);
    }

    private static Task<Ok<ItemList<EventView>>> ListAsync(
        [AsParameters] ListQuery query, ConsoleDb db, ClusterScope scope, CancellationToken cancellationToken) =>
        PageAsync(db.Events.Where(row => scope.All.Any(cluster => cluster.Uid == row.ClusterUid)), db, query, cancellationToken);

    private static async Task<Ok<ItemList<EventView>>> ListOfAsync(
        string objectKind, string objectUid, [AsParameters] ListQuery query, ConsoleDb db, ClusterScope scope, CancellationToken cancellationToken)
    {
        if (objectKind is not "spectrocluster")
        {
            throw ApiError.Invalid("objectKind", $"'{ApiError.Shown(objectKind)}' has no events; write spectrocluster");
        }

        await scope.GetAsync(objectUid, cancellationToken);
        return await PageAsync(db.Events.Where(row => row.ClusterUid == objectUid), db, query, cancellationToken);
    }

    private static async Task<Ok<ItemList<EventView>>> PageAsync(
        IQueryable<EventRow> events, ConsoleDb db, ListQuery query, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(query.Filters) || !string.IsNullOrEmpty(query.OrderBy))
        {
            var names = await NamesAsync(db, cancellationToken);
            var all = await events.AsNoTracking().OrderByDescending(row => row.Number).Take(Most).ToListAsync(cancellationToken);
            return TypedResults.Ok(Paging.Page(all.Select(row => View(row, names)), query, view => view.Metadata.Uid!));
        }

        var limit = query.Limit switch
        {
            null => Limits.Page,
            0 => Most,
            < 0 => throw ApiError.Invalid("limit", $"{query.Limit} is negative; write 1 to {Limits.Page}, or 0 for everything"),
            { } given => Math.Min(given, Limits.Page),
        };
        if (query.Offset < 0)
        {
            throw ApiError.Invalid("offset", $"{query.Offset} is negative");
        }

        var skipped = string.IsNullOrEmpty(query.Continue) ? query.Offset ?? 0 : 0;
        var before = query.Continue switch
        {
            null or "" => long.MaxValue,
            { } token when long.TryParse(token, out var number) && number >= 0 => number,
            _ => throw ApiError.Invalid("continue", "this is not a token that a list gave out; take listmeta.continue of the page before"),
        };
        var rows = await events.AsNoTracking().Where(row => row.Number < before).OrderByDescending(row => row.Number)
            .Skip(skipped).Take(limit + 1).ToListAsync(cancellationToken);
        var count = await events.CountAsync(cancellationToken);
        var more = rows.Count > limit ? rows[limit - 1].Number.ToString() : "";
        var clusterNames = await NamesAsync(db, cancellationToken);
        return TypedResults.Ok(new ItemList<EventView>(
            [.. rows.Take(limit).Select(row => View(row, clusterNames))], new ListMeta(more, count, query.Limit ?? limit, skipped)));
    }

    private static async Task<Dictionary<string, string>> NamesAsync(ConsoleDb db, CancellationToken cancellationToken) =>
        await db.Clusters.AsNoTracking().Select(row => new { row.Uid, row.Name }).ToDictionaryAsync(row => row.Uid, row => row.Name, cancellationToken);

    private static EventView View(EventRow row, Dictionary<string, string> names) => new(
        new ObjectMeta { Name = row.Reason, Uid = row.Uid, CreationTimestamp = row.At, LastModifiedTimestamp = row.At },
        new ObjectReference("spectrocluster", names.GetValueOrDefault(row.ClusterUid, ""), row.ClusterUid),
        row.Severity,
        row.Reason,
        row.Message,
        new EventSource("gateway", row.Machine ?? ""),
        new EventRelated("spectrocluster", row.ClusterUid));
}
