using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Clusters;

/// <summary>An operator's decision that a cluster goes on with machines that its gateway's ledger does not know.</summary>
public static class AdoptionEndpoints
{
    public static void MapAdoption(this IEndpointRouteBuilder routes) => routes.Map(Operations.Clusters.Adopt, AdoptAsync);

    private static async Task<Ok<AdoptionAnswer>> AdoptAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        PendingRequests requests,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var adopted = await requests.SendAsync<IReadOnlyList<string>>(
            await db.GetGatewayAsync(row.GatewayUid, cancellationToken),
            id => new GatewayRequest.AdoptCluster(id, new ClusterId(row.Uid)),
            cancellationToken
        );
        if (adopted.Count > 0)
        {
            await using var write = await changes.BeginAsync(cancellationToken);
            write.Record(
                AuditAction.Action,
                ClusterStore.About(row),
                after: new { Adopted = adopted },
                request: "machines adopted"
            );
            await write.CommitAsync(cancellationToken);
        }

        return TypedResults.Ok(new AdoptionAnswer(adopted));
    }
}
