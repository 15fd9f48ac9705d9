using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Documents;

/// <summary>Clusters and profiles as files: read them, apply them.</summary>
public static class DocumentEndpoints
{
    public static void MapDocuments(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Documents.Apply, ApplyAsync);
        routes.Map(Operations.Documents.GetCluster, ClusterAsync);
        routes.Map(Operations.Documents.GetProfile, ProfileAsync);
    }

    private static async Task<Ok<DocumentsAnswer>> ApplyAsync(
        DocumentSet body,
        RequestQuery query,
        DocumentApplication application,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(await application.ApplyAsync(body, query.IsSet(QueryParameters.DryRun), cancellationToken));

    private static async Task<Ok<ClusterDocument>> ClusterAsync(
        string uid,
        ClusterScope scope,
        ClusterDocuments documents,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(await documents.WriteAsync(await scope.GetAsync(uid, cancellationToken), cancellationToken));

    private static async Task<Ok<ClusterProfileDocument>> ProfileAsync(
        string uid,
        ConsoleDb db,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            ProfileDocuments.Write(
                await db.Profiles.AsNoTracking().FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
                    ?? throw ApiError.NotFound("cluster profile", uid)
            )
        );
}
