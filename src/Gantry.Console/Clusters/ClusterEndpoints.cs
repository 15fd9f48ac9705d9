using Gantry.Clusters.Model;
using Gantry.Console.Api;
using Gantry.Console.Gateways;
using Gantry.Console.Store;
using Gantry.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Console.Clusters;

/// <summary>Clusters: ask for one, look at it, let it go.</summary>
public static class ClusterEndpoints
{
    public static void MapClusters(this IEndpointRouteBuilder routes)
    {
        var clusters = routes.MapGroup("/v1/spectroclusters").WithTags("Clusters");
        clusters.MapPost("/maas", CreateAsync).WithName("v1SpectroClustersMaasCreate");
        clusters.MapPost("/maas/validate", ValidateAsync).WithName("v1SpectroClustersMaasValidate");
        clusters.MapPost("/maas/plan", PlanNewAsync).WithName("PlanCluster").Produces<PlanDocument>();
        clusters.MapGet("/validate/name", ValidateNameAsync).WithName("v1SpectroClustersValidateName");
        clusters.MapGet("/{uid}", GetAsync).WithName("v1SpectroClustersGet");
        clusters.MapDelete("/{uid}", DeleteAsync).WithName("v1SpectroClustersDelete");
        clusters.MapGet("/{uid}/status", StatusAsync).WithName("v1SpectroClustersUidStatus");
        clusters.MapGet("/{uid}/progress", ProgressAsync).WithName("ClusterProgress").Produces<ClusterProgress>();
        clusters.MapPost("/{uid}/plan", PlanAsync).WithName("PlanClusterChange").Produces<PlanDocument>();
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        ClusterEntity body, ConsoleDb db, Caller caller, ClusterDrafts drafts, Changes changes, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        check.ThrowIfFailed();
        var (spec, wire, profiles, account) = draft!;
        await RefuseDuplicateAsync(db, caller, spec.Name, cancellationToken);
        var row = new ClusterRow
        {
            Uid = spec.Id.Value,
            ProjectUid = caller.ProjectUid,
            Name = spec.Name,
            ActiveName = ActiveName(caller, spec.Name),
            ConfigUid = Uids.New(),
            GatewayUid = account.GatewayUid,
            AccountUid = account.Uid,
            LabelsJson = ApiJson.Write(Labels(body.Metadata?.Labels)),
            AnnotationsJson = ApiJson.Write(body.Metadata?.Annotations ?? new Dictionary<string, string>()),
            WireJson = ApiJson.Write(wire),
            ProfilesJson = ApiJson.Write(profiles),
            SpecJson = ClusterWriting.Write(spec),
            CreatedAt = spec.CreatedAt,
            ModifiedAt = spec.CreatedAt,
            Revision = await write.NextRevisionAsync(account.GatewayUid, cancellationToken),
        };
        db.Clusters.Add(row);
        db.ClusterProfileUses.AddRange(profiles.Select(profile => new ClusterProfileUseRow { ClusterUid = row.Uid, ProfileUid = profile.Uid }));
        write.Record(AuditAction.Create, ClusterWriting.About(row), after: wire);
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

    private static async Task<IResult> PlanNewAsync(
        ClusterEntity body, ConsoleDb db, ClusterDrafts drafts, AskBoard asks, CancellationToken cancellationToken)
    {
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        check.ThrowIfFailed();
        return await AskForPlanAsync(db, asks, draft!.Account.GatewayUid, draft.Spec, cancellationToken);
    }

    private static async Task<IResult> PlanAsync(
        string uid, ConsoleDb db, ClusterScope scope, AskBoard asks, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        return await AskForPlanAsync(db, asks, row.GatewayUid, ClusterWriting.Read(row), cancellationToken);
    }

    private static async Task<IResult> AskForPlanAsync(
        ConsoleDb db, AskBoard asks, string gatewayUid, ClusterSpec spec, CancellationToken cancellationToken)
    {
        var gateway = await db.GetGatewayAsync(gatewayUid, cancellationToken);
        var plan = await asks.AskAsync<PlanDocument>(gateway, id => new Ask.PlanCluster(id, spec), cancellationToken);
        return Results.Json(plan, ProtocolJson.Options);
    }

    private static async Task<NoContent> ValidateNameAsync(
        ConsoleDb db, Caller caller, CancellationToken cancellationToken, string? name = null)
    {
        var check = new Check();
        var valid = check.DnsLabel(name, "name");
        check.ThrowIfFailed();
        await RefuseDuplicateAsync(db, caller, valid, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ClusterView>> GetAsync(string uid, ClusterScope scope, ClusterViews views, CancellationToken cancellationToken) =>
        TypedResults.Ok(views.Cluster(await scope.GetAsync(uid, cancellationToken)));

    private static async Task<NoContent> DeleteAsync(
        string uid, ClusterScope scope, ClusterWriting writing, Changes changes, CancellationToken cancellationToken, bool forceDelete = false)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.All.FirstOrDefaultAsync(one => one.Uid == uid, cancellationToken);
        if (row is null or { DeletedAt: not null })
        {
            throw ApiError.NotFound("cluster", uid);
        }

        // Asking again for what is under way changes nothing, unless it asks for more.
        var underWay = ClusterWriting.Read(row).Deletion;
        if (underWay is null || (forceDelete && !underWay.Force))
        {
            await writing.DeleteAsync(write, row, forceDelete, cancellationToken);
            await write.CommitAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<Ok<StatusEntity>> StatusAsync(string uid, ClusterScope scope, CancellationToken cancellationToken) =>
        TypedResults.Ok(new StatusEntity(new StateView(ClusterViews.State(await scope.GetAsync(uid, cancellationToken)))));

    private static async Task<IResult> ProgressAsync(string uid, ClusterScope scope, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var phase = Enum.Parse<ClusterPhase>(ClusterViews.State(row));
        var status = ClusterViews.Status(row) is { } reported ? reported with { Phase = phase } : null;
        return Results.Json(new ClusterProgress(row.Uid, row.Name, row.Generation, phase, status), ProtocolJson.Options);
    }

    private static string ActiveName(Caller caller, string name) => $"{caller.ProjectUid ?? "tenant"}/{name}";

    // A tag without a value is kept under the value that clients show as none.
    private static Dictionary<string, string> Labels(IReadOnlyDictionary<string, string>? labels) =>
        (labels ?? new Dictionary<string, string>()).ToDictionary(pair => pair.Key, pair => string.IsNullOrEmpty(pair.Value) ? "spectro__tag" : pair.Value);

    private static async Task RefuseDuplicateAsync(ConsoleDb db, Caller caller, string name, CancellationToken cancellationToken)
    {
        var activeName = ActiveName(caller, name);
        if (await db.Clusters.AnyAsync(row => row.ActiveName == activeName, cancellationToken))
        {
            throw ApiError.Duplicate("cluster", name);
        }
    }
}

/// <summary>A cluster's newest status beside the generation that is wanted.</summary>
/// <param name="Status">Null until its gateway has reported.</param>
public sealed record ClusterProgress(string Uid, string Name, long Generation, ClusterPhase Phase, ClusterStatus? Status);
