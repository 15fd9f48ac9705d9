using System.Globalization;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// The chain from request to result, newest first: audits joined with the events of the generation that they made.
/// </summary>
public static class HistoryEndpoints
{
    /// <summary>The maximum on one page; a cluster under frequent repair has many.</summary>
    private const int MaxEvents = 5000;

    public static void MapHistory(this IEndpointRouteBuilder routes) => routes.Map(Operations.Clusters.GetHistory, ListAsync);

    private static async Task<Ok<ItemList<HistoryItem>>> ListAsync(
        string uid,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var (limit, token) = (query.Value(QueryParameters.Limit), query.Text(QueryParameters.Continue));
        await scope.GetAsync(uid, cancellationToken);
        var before = token switch
        {
            null or "" => long.MaxValue,
            _ when long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => throw ApiError.Invalid(
                "continue",
                "this is not a token that a list gave out; take listmeta.continue of the page before"
            ),
        };
        var take = limit switch
        {
            null => Limits.Page,
            0 => int.MaxValue,
            < 0 => throw ApiError.Invalid("limit", $"{limit} is negative; write 1 to {Limits.Page}, or 0 for everything"),
            { } given => Math.Min(given, Limits.Page),
        };

        // Events do not outlive audits, but a generation may be known by its events alone: older audits may lack the
        // generation.
        var known = (
            await db
                .Audits.Where(row => row.ResourceUid == uid && row.Generation != null)
                .Select(row => row.Generation!.Value)
                .Union(db.Events.Where(row => row.ClusterUid == uid && row.Generation > 0).Select(row => row.Generation))
                .ToListAsync(cancellationToken)
        )
            .OrderDescending()
            .ToList();
        List<long> page = [.. known.Where(generation => generation < before).Take(take)];
        var items = page.Count > 0 ? await ItemsAsync(db, uid, page, cancellationToken) : [];
        var more = page.Count > 0 && known[^1] < page[^1] ? page[^1].ToString(CultureInfo.InvariantCulture) : "";
        return TypedResults.Ok(
            new ItemList<HistoryItem>(
                items,
                new ListMeta(more, known.Count, limit ?? Limits.Page, known.Count(generation => generation >= before))
            )
        );
    }

    private static async Task<IReadOnlyList<HistoryItem>> ItemsAsync(
        ConsoleDb db,
        string uid,
        List<long> page,
        CancellationToken cancellationToken
    )
    {
        var (newest, oldest) = (page[0], page[^1]);
        var audits = await db
            .Audits.AsNoTracking()
            .Where(row => row.ResourceUid == uid && row.Generation >= oldest && row.Generation <= newest)
            .OrderBy(row => row.Number)
            .ToListAsync(cancellationToken);
        var events = await db
            .Events.AsNoTracking()
            .Where(row => row.ClusterUid == uid && row.Generation >= oldest && row.Generation <= newest)
            .OrderByDescending(row => row.Number)
            .Take(MaxEvents)
            .ToListAsync(cancellationToken);
        var byGeneration = events.OrderBy(row => row.Number).ToLookup(row => row.Generation, View);
        return
        [
            .. page.Select(generation =>
            {
                var audit = audits.Find(row => row.Generation == generation);
                return new HistoryItem
                {
                    Generation = generation,
                    At = audit?.At ?? byGeneration[generation].FirstOrDefault()?.At,
                    Actor = audit is null ? null : new HistoryActor(audit.ActorName, audit.ActorType),
                    Action = audit?.Action ?? "",
                    Request = audit?.Request ?? "",
                    Before = Parse(audit?.BeforeJson),
                    After = Parse(audit?.AfterJson),
                    Events = [.. byGeneration[generation]],
                };
            }),
        ];
    }

    private static HistoryEvent View(EventRow row) =>
        new(row.At, ReportedViews.EventKind(row.Kind), row.Severity, row.Reason, row.Machine, row.Message);

    private static JsonElement? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
}
