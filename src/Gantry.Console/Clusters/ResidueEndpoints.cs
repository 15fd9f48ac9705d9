using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Console.Api;
using Gantry.Console.Gateways;
using Gantry.Console.Store;
using Gantry.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Console.Clusters;

/// <summary>What a deletion could not give back, and the word that a person has taken care of it.</summary>
public static class ResidueEndpoints
{
    public static void MapResidue(this IEndpointRouteBuilder routes)
    {
        var residue = routes.MapGroup("/v1/spectroclusters/{uid}/residue").WithTags("Clusters");
        residue.MapGet("", ListAsync).WithName("ClusterResidue");
        residue.MapDelete("", DismissAsync).WithName("DismissClusterResidue");
    }

    private static async Task<Ok<ItemList<string>>> ListAsync(string uid, ClusterScope scope, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ItemList<string>(ClusterViews.Status(await scope.GetAsync(uid, cancellationToken))?.Residue ?? []));

    private static async Task<NoContent> DismissAsync(
        string uid, ConsoleDb db, ClusterScope scope, AskBoard asks, Changes changes, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        if (ClusterViews.Status(row)?.Residue is not { Count: > 0 } residue)
        {
            return TypedResults.NoContent();
        }

        // Before that, what is listed is not left behind but still being given back.
        if (row.DeletedAt is null)
        {
            throw ApiError.Conflict($"Cluster '{row.Name}' is still giving back {Counted.Of(residue.Count, "thing")} by itself; wait, or force its deletion first.");
        }

        await TellAsync(db, asks, row, cancellationToken);
        await using var write = await changes.BeginAsync(cancellationToken);
        if (await db.ClusterReports.FirstOrDefaultAsync(one => one.ClusterUid == uid, cancellationToken) is { } report
            && JsonSerializer.Deserialize<ClusterStatus>(report.StatusJson, ProtocolJson.Options) is { } status)
        {
            // What the gateway reported meanwhile and the person has not seen stays.
            report.StatusJson = JsonSerializer.Serialize(status with { Residue = [.. status.Residue.Except(residue)] }, ProtocolJson.Options);
        }

        write.Record(AuditAction.Action, ClusterWriting.About(row), before: new { residue }, after: new { residue = Array.Empty<string>() },
            request: "residue dismissed");
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // A gateway that is unpaired, or has nothing left of the cluster, does not try any more: then only the list is left to clear.
    private static async Task TellAsync(ConsoleDb db, AskBoard asks, ClusterRow row, CancellationToken cancellationToken)
    {
        var gateway = await db.Gateways.AsNoTracking().FirstOrDefaultAsync(
            one => one.Uid == row.GatewayUid && one.RevokedAt == null, cancellationToken);
        if (gateway is null)
        {
            return;
        }

        try
        {
            await asks.AskAsync<bool>(gateway, id => new Ask.DismissResidue(id, new ClusterId(row.Uid)), cancellationToken);
        }
        catch (ApiException failure) when (failure.Status is StatusCodes.Status404NotFound)
        {
        }
    }
}
