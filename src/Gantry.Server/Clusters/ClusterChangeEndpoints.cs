using Gantry.Server.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Clusters;

/// <summary>
/// Changes of parts of a cluster, so that no client edits YAML or sends whole pools. Each carries the generation that the
/// client read and is refused when the cluster has another one.
/// </summary>
public static class ClusterChangeEndpoints
{
    public static void MapClusterChanges(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.Upgrade, UpgradeAsync);
        routes.Map(Operations.Clusters.PatchPack, PatchPackAsync);
        routes.Map(Operations.Clusters.AddPool, AddPoolAsync);
        routes.Map(Operations.Clusters.PatchPool, PatchPoolAsync);
        routes.Map(Operations.Clusters.RemovePool, RemovePoolAsync);
    }

    private static async Task<Ok<ChangeAnswer>> UpgradeAsync(
        string uid,
        UpgradeChange body,
        RequestQuery query,
        ClusterChanger changer,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await changer.ApplyAsync(
                uid,
                new ClusterChange { Generation = query.Value(QueryParameters.Generation), Upgrade = body },
                "upgrade.",
                cancellationToken
            )
        );

    private static async Task<Ok<ChangeAnswer>> PatchPackAsync(
        string uid,
        string packName,
        PackChange body,
        RequestQuery query,
        ClusterChanger changer,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await changer.ApplyAsync(
                uid,
                new ClusterChange
                {
                    Generation = query.Value(QueryParameters.Generation),
                    Packs = [body with { Name = packName }],
                },
                "packs[0].",
                cancellationToken
            )
        );

    private static async Task<Created<ChangeAnswer>> AddPoolAsync(
        string uid,
        PoolEntity body,
        RequestQuery query,
        ClusterChanger changer,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Created(
            (string?)null,
            await changer.ApplyAsync(
                uid,
                Pools(new PoolChange("create", body), query),
                "machinePools[0].pool.",
                cancellationToken
            )
        );

    private static async Task<Ok<ChangeAnswer>> PatchPoolAsync(
        string uid,
        string poolName,
        MachinePoolPatch body,
        RequestQuery query,
        ClusterChanger changer,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await changer.ApplyAsync(
                uid,
                Pools(new PoolChange("patch", Name: poolName, Patch: body), query),
                "machinePools[0].patch.",
                cancellationToken
            )
        );

    private static async Task<Ok<ChangeAnswer>> RemovePoolAsync(
        string uid,
        string poolName,
        RequestQuery query,
        ClusterChanger changer,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await changer.ApplyAsync(uid, Pools(new PoolChange("delete", Name: poolName), query), "", cancellationToken)
        );

    private static ClusterChange Pools(PoolChange change, RequestQuery query) =>
        new() { Generation = query.Value(QueryParameters.Generation), MachinePools = [change] };
}
