using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Gantry.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Clusters: ask for one, look at it, let it go.</summary>
public static class ClusterEndpoints
{
    public static void MapClusters(this IEndpointRouteBuilder routes)
    {
        var clusters = routes.MapGroup("/v1/spectroclusters").WithTags("Clusters");
        clusters.MapPost("/maas", CreateAsync).WithName("v1SpectroClustersMaasCreate");
        clusters.MapPost("/maas/validate", ValidateAsync).WithName("v1SpectroClustersMaasValidate");
        clusters.MapGet("/validate/name", ValidateNameAsync).WithName("v1SpectroClustersValidateName");
        clusters.MapGet("/{uid}", GetAsync).WithName("v1SpectroClustersGet");
        clusters.MapDelete("/{uid}", DeleteAsync).WithName("v1SpectroClustersDelete");
        clusters.MapGet("/{uid}/status", StatusAsync).WithName("v1SpectroClustersUidStatus");
        clusters.MapGet("/{uid}/progress", ProgressAsync).WithName("ClusterProgress").Produces<ClusterProgress>();
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        ClusterEntity body, ClusterDrafts drafts, ClusterStore store, Changes changes, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        check.ThrowIfFailed();
        var row = await store.CreateAsync(write, draft!, body.Metadata, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(row.Uid));
    }

    /// <summary>What is wrong with pools and profiles comes back as a result, not as a failure.</summary>
    private static async Task<Ok<ValidationAnswer>> ValidateAsync(ClusterEntity body, ClusterDrafts drafts, CancellationToken cancellationToken)
    {
        var check = new Check();
        await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        return TypedResults.Ok(ValidationAnswer.Of(body, check.Problems));
    }

    private static async Task<NoContent> ValidateNameAsync(
        ClusterStore store, CancellationToken cancellationToken, string? name = null)
    {
        var check = new Check();
        var valid = check.DnsLabel(name, "name");
        check.ThrowIfFailed();
        await store.RefuseDuplicateAsync(valid, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ClusterView>> GetAsync(string uid, ClusterScope scope, ClusterViews views, CancellationToken cancellationToken) =>
        TypedResults.Ok(views.Cluster(await scope.GetAsync(uid, cancellationToken)));

    private static async Task<NoContent> DeleteAsync(
        string uid, ClusterScope scope, ClusterStore store, Changes changes, TimeProvider time, CancellationToken cancellationToken,
        bool forceDelete = false, bool drain = false)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.All.Whole().FirstOrDefaultAsync(one => one.Uid == uid, cancellationToken);
        if (row is null or { DeletedAt: not null })
        {
            throw ApiError.NotFound("cluster", uid);
        }

        if (forceDelete)
        {
            ForceDeletePolicy.RefuseEarly(row, time.GetUtcNow());
        }

        // Asking again for what is under way changes nothing, unless it asks for more.
        var underWay = ClusterStore.Read(row).Deletion;
        if (underWay is null || (forceDelete && !underWay.Force) || (drain && !underWay.Drain && !underWay.Force))
        {
            await store.DeleteAsync(write, row, forceDelete || underWay is { Force: true }, drain || underWay is { Drain: true }, cancellationToken);
            await write.CommitAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<Ok<StatusEntity>> StatusAsync(string uid, ClusterScope scope, CancellationToken cancellationToken) =>
        TypedResults.Ok(new StatusEntity(new StateView(ClusterViews.State(await scope.GetAsync(uid, cancellationToken)))));

    private static async Task<IResult> ProgressAsync(string uid, ClusterScope scope, TimeProvider time, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var phase = Enum.Parse<ClusterPhase>(ClusterViews.State(row));
        var now = time.GetUtcNow();
        return Results.Json(
            new ClusterProgress(
                row.Uid, row.Name, row.Generation, phase, CurrentStatus.Of(row), ClusterStore.Read(row).AutoRepair,
                row.AutoRepair is null ? "project" : "cluster",
                row.AbortedAt, ForceDeletePolicy.From(row), ForceDeletePolicy.Left(row, now) is { } left ? (long)Math.Ceiling(left.TotalSeconds) : null),
            ProtocolJson.Options);
    }
}

/// <summary>A cluster's newest status beside the generation that is wanted.</summary>
/// <param name="Status">Null until its gateway has reported.</param>
/// <param name="AutoRepair">Whether machines that fell silent are replaced without a person.</param>
/// <param name="AutoRepairFrom"><c>cluster</c> when it says so itself, <c>project</c> when it leaves that to its project.</param>
/// <param name="AbortedAt">When the deletion was asked for, if the cluster had never run by then.</param>
/// <param name="ForceDeleteFrom">From when on the deletion may be forced; null unless it is under way.</param>
/// <param name="ForceDeleteInSeconds">What is left until then; 0 once it may be forced.</param>
public sealed record ClusterProgress(
    string Uid, string Name, long Generation, ClusterPhase Phase, ClusterStatus? Status, bool AutoRepair, string AutoRepairFrom,
    DateTimeOffset? AbortedAt, DateTimeOffset? ForceDeleteFrom, long? ForceDeleteInSeconds);
