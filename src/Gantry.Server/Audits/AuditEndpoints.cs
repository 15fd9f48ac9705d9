using System.Text.Json;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Audits;

/// <summary>The audit: user, change and source address of each write, newest first.</summary>
public static class AuditEndpoints
{
    private static readonly StoredList<AuditRow> List = new StoredList<AuditRow>(
        Sort.By((AuditRow row) => row.Number, descending: true)
    )
    {
        Most = 5000,
    }
        .Text("metadata.name", row => row.ResourceName)
        .Text("metadata.uid", row => row.Uid)
        .Time("metadata.creationTimestamp", row => row.At)
        .Time("metadata.lastModifiedTimestamp", row => row.At)
        .Text("spec.actionType", row => row.Action)
        .Text("spec.contentMsg", row => row.Request)
        .Text("spec.actor.actorType", row => row.ActorType)
        .Text("spec.actor.remoteAddress", row => row.RemoteAddress)
        .Text("spec.actor.user.uid", row => row.ActorUid)
        .Text("spec.actor.user.emailId", row => row.ActorName)
        .Text("spec.resource.kind", row => row.ResourceKind)
        .Text("spec.resource.name", row => row.ResourceName)
        .Text("spec.resource.uid", row => row.ResourceUid);

    public static void MapAudits(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Audits.List, ListAsync);
        routes.Map(Operations.Audits.Get, GetAsync);
    }

    private static async Task<Ok<ItemList<AuditView>>> ListAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var (resourceKind, resourceUid) = (query.Text(QueryParameters.ResourceKind), query.Text(QueryParameters.ResourceUid));
        var (actionType, userUid) = (query.Text(QueryParameters.ActionType), query.Text(QueryParameters.UserUid));
        var projectUid = query.Text(QueryParameters.ProjectUid);
        var (startTime, endTime) = (query.Value(QueryParameters.StartTime), query.Value(QueryParameters.EndTime));
        var found = db
            .Audits.AsNoTracking()
            .Where(row =>
                (resourceKind == null || row.ResourceKind == resourceKind)
                && (resourceUid == null || row.ResourceUid == resourceUid)
                && (actionType == null || row.Action == actionType)
                && (userUid == null || row.ActorUid == userUid)
                && (projectUid == null || row.ProjectUid == projectUid)
                && (startTime == null || row.At >= startTime)
                && (endTime == null || row.At <= endTime)
            );
        return TypedResults.Ok((await List.PageAsync(found, list, cancellationToken)).Show(View));
    }

    private static async Task<Ok<AuditView>> GetAsync(string uid, ConsoleDb db, CancellationToken cancellationToken) =>
        TypedResults.Ok(
            View(
                await db.Audits.AsNoTracking().FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
                    ?? throw ApiError.NotFound("audit", uid)
            )
        );

    private static AuditView View(AuditRow row) =>
        new(
            new ObjectMeta
            {
                Name = row.ResourceName,
                Uid = row.Uid,
                CreationTimestamp = row.At,
                LastModifiedTimestamp = row.At,
            },
            new AuditSpec(
                row.Action,
                $"{row.ActorName}: {row.Action} {row.ResourceKind} '{row.ResourceName}'",
                row.Request ?? "",
                new AuditActor(
                    row.ActorType,
                    new AuditUser(row.ActorUid, row.ActorName),
                    row.ActorType is "user" ? "" : row.ActorName,
                    row.RemoteAddress
                ),
                new AuditResource(row.ResourceKind, row.ResourceUid, row.ResourceName),
                Parse(row.BeforeJson),
                Parse(row.AfterJson)
            )
        );

    private static JsonElement? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
}
