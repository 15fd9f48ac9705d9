using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Events;

/// <summary>The events that gateways report, newest first.</summary>
public static class EventEndpoints
{
    // Clients send limit=0 for everything; a longer response would be too large.
    private static readonly StoredList<EventRow> List = new StoredList<EventRow>(
        Sort.By((EventRow row) => row.Number, descending: true)
    )
    {
        Most = 5000,
    }
        .Text("metadata.name", row => row.Reason)
        .Text("metadata.uid", row => row.Uid)
        .Time("metadata.creationTimestamp", row => row.At)
        .Time("metadata.lastModifiedTimestamp", row => row.At)
        .Text("involvedObject.uid", row => row.ClusterUid)
        .Text("relatedObject.uid", row => row.ClusterUid)
        .Text("severity", row => row.Severity)
        .Text("reason", row => row.Reason)
        .Text("message", row => row.Message)
        .Text("source.host", row => row.Machine);

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Events.List, ListAsync);
        routes.Map(Operations.Events.ListOf, ListOfAsync);
    }

    // The store returns events of clusters in the caller's scope only; the few events of hidden clusters are filtered here.
    private static Task<Ok<ItemList<EventView>>> ListAsync(
        ListQuery query,
        ConsoleDb db,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var outdated = scope.Outdated.Select(cluster => cluster.Uid);
        return PageAsync(db.Events.Where(row => !outdated.Contains(row.ClusterUid)), db, query, cancellationToken);
    }

    private static async Task<Ok<ItemList<EventView>>> ListOfAsync(
        string objectKind,
        string objectUid,
        ListQuery query,
        ConsoleDb db,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        if (objectKind is not "spectrocluster")
        {
            throw ApiError.Invalid("objectKind", $"'{ApiError.Shown(objectKind)}' has no events; write spectrocluster");
        }

        // The cluster is in the caller's scope, and so are its events: the store need not check every cluster.
        await scope.GetAsync(objectUid, cancellationToken);
        var events = db.Events.IgnoreQueryFilters(ConsoleDb.AllProjects).Where(row => row.ClusterUid == objectUid);
        return await PageAsync(events, db, query, cancellationToken);
    }

    private static async Task<Ok<ItemList<EventView>>> PageAsync(
        IQueryable<EventRow> events,
        ConsoleDb db,
        ListQuery query,
        CancellationToken cancellationToken
    )
    {
        var page = await List.PageAsync(events.AsNoTracking(), query, cancellationToken);
        string[] clusters = [.. page.Rows.Select(row => row.ClusterUid).Distinct()];
        var names = await db
            .Clusters.AsNoTracking()
            .Where(row => clusters.Contains(row.Uid))
            .Select(row => new { row.Uid, row.Name })
            .ToDictionaryAsync(row => row.Uid, row => row.Name, cancellationToken);
        return TypedResults.Ok(page.Show(row => View(row, names)));
    }

    private static EventView View(EventRow row, Dictionary<string, string> names) =>
        new(
            new ObjectMeta
            {
                Name = row.Reason,
                Uid = row.Uid,
                CreationTimestamp = row.At,
                LastModifiedTimestamp = row.At,
            },
            new ObjectReference("spectrocluster", names.GetValueOrDefault(row.ClusterUid, ""), row.ClusterUid),
            row.Severity,
            row.Reason,
            row.Message,
            new EventSource("gateway", row.Machine ?? ""),
            new EventRelated("spectrocluster", row.ClusterUid)
        );
}
