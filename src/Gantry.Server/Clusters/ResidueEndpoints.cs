using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Resources that a deletion could not release, and their dismissal by an operator.</summary>
public static class ResidueEndpoints
{
    private const string Dismissal = "residue dismissed";

    public static void MapResidue(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetResidue, ListAsync);
        routes.Map(Operations.Clusters.DismissResidue, DismissAsync);
    }

    private static async Task<Ok<ResidueAnswer>> ListAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var dismissals = await db
            .Audits.AsNoTracking()
            .Where(one => one.ResourceUid == uid && one.Request == Dismissal)
            .OrderBy(one => one.Number)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(
            new ResidueAnswer(
                ClusterViews.Status(row)?.Residue ?? [],
                [
                    .. dismissals.Select(one => new ResidueDismissal(
                        one.At,
                        one.ActorName,
                        StoreJson.Read<Left>(one.BeforeJson ?? "{}").Residue ?? []
                    )),
                ]
            )
        );
    }

    private static async Task<NoContent> DismissAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        PendingRequests requests,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        if (ClusterViews.Status(row)?.Residue is not { Count: > 0 } residue)
        {
            return TypedResults.NoContent();
        }

        // Before the deletion has ended, the listed resources are still being released.
        if (row.DeletedAt is null)
        {
            throw ApiError.Conflict(
                $"Cluster '{row.Name}' is still giving back {Counted.Of(residue.Count, "thing")} by itself; wait, or force "
                    + "its deletion first."
            );
        }

        await DismissAtGatewayAsync(db, requests, row, cancellationToken);
        await using var write = await changes.BeginAsync(cancellationToken);
        if (
            await db.ClusterReports.FirstOrDefaultAsync(one => one.ClusterUid == uid, cancellationToken) is { } report
            && JsonSerializer.Deserialize<ClusterStatus>(report.StatusJson, ProtocolJson.Options) is { } status
        )
        {
            // Resources reported meanwhile, which the operator has not seen, stay.
            report.StatusJson = JsonSerializer.Serialize(
                status with
                {
                    Residue = [.. status.Residue.Except(residue)],
                },
                ProtocolJson.Options
            );
        }

        write.Record(
            AuditAction.Action,
            ClusterStore.About(row),
            before: new Left(residue),
            after: new Left([]),
            request: Dismissal
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // A gateway that is unpaired, or holds nothing of the cluster, does not retry: only the list is left to clear.
    private static async Task DismissAtGatewayAsync(
        ConsoleDb db,
        PendingRequests requests,
        ClusterRow row,
        CancellationToken cancellationToken
    )
    {
        var gateway = await db
            .Gateways.AsNoTracking()
            .FirstOrDefaultAsync(one => one.Uid == row.GatewayUid && one.RevokedAt == null, cancellationToken);
        if (gateway is null)
        {
            return;
        }

        try
        {
            await requests.SendAsync<bool>(
                gateway,
                id => new GatewayRequest.DismissResidue(id, new ClusterId(row.Uid)),
                cancellationToken
            );
        }
        catch (ApiException failure) when (failure.Status is StatusCodes.Status404NotFound) { }
    }

    /// <summary>The residue in the audit.</summary>
    private sealed record Left(IReadOnlyList<string>? Residue);
}
