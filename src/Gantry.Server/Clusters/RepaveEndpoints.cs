using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Replacements of machines: pending ones with their reasons, approval, and the dry run of pack changes.</summary>
public static class RepaveEndpoints
{
    public static void MapRepaves(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetRepave, StatusAsync);
        routes.Map(Operations.Clusters.ApproveRepave, ApproveAsync);
        routes.Map(Operations.Clusters.ValidateRepave, ValidateAsync);
        routes.Map(Operations.Clusters.ListRepaves, ListAsync);
    }

    private static async Task<Ok<RepaveView>> StatusAsync(
        string uid,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        if (Repaves.Waiting(row) is not { } need)
        {
            var agreed = ClusterViews.Status(row)?.Repave is not null;
            return TypedResults.Ok(
                new RepaveView(
                    views.Metadata(row),
                    new RepaveSpec(uid, RepaveSources.User, []),
                    new RepaveStatus(
                        RepaveStates.Approved,
                        agreed ? "The repave was approved and is carried out." : "Nothing waits for an approval."
                    )
                )
            );
        }

        var packs = DesiredCluster.Of(row).Profiles.SelectMany(profile => profile.Template.Packs).ToList();
        return TypedResults.Ok(
            new RepaveView(
                views.Metadata(row),
                new RepaveSpec(
                    uid,
                    RepaveSources.Hubble,
                    [.. need.Reasons.Select(reason => Reason(reason, packs))],
                    need.Hash,
                    need.Machines
                ),
                new RepaveStatus(
                    RepaveStates.Pending,
                    $"{Counted.Of(need.Machines.Count, "machine waits", "machines wait")} to be replaced: "
                        + $"{string.Join(", ", need.Machines)}.",
                    row.Report!.ReportedAt
                )
            )
        );
    }

    private static async Task<NoContent> ApproveAsync(
        string uid,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var hash = query.Text(QueryParameters.RepaveHash);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        if (ClusterViews.Status(row)?.Repave is not { } need)
        {
            throw ApiError.Conflict($"Cluster '{row.Name}' has no repave that waits for an approval.");
        }

        if (!string.IsNullOrEmpty(hash) && hash != need.Hash)
        {
            throw ApiError.Conflict(
                $"Repave '{ApiError.Shown(hash)}' does not wait any more; by now it is {need.Hash}. Read its reasons again."
            );
        }

        row.Report!.RepaveHash = null;
        await store.ApplySpecAsync(
            write,
            row,
            spec => spec with { ApprovedRepave = Repaves.Agreed(spec.ApprovedRepave, need.Hash) },
            cancellationToken
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<RepaveValidation>> ValidateAsync(
        string uid,
        ProfilesInput body,
        ClusterScope scope,
        ClusterDrafts drafts,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        if (body.Profiles is not { Count: > 0 } profiles)
        {
            return TypedResults.Ok(new RepaveValidation(IsRepaveRequired: false, []));
        }

        var before = DesiredCluster.Of(row);
        var after = await drafts.ChangedAsync(
            row,
            new ClusterChange { Profiles = profiles },
            time.GetUtcNow(),
            cancellationToken
        );
        var reasons = RepaveDryRun.Of(before, after);
        return TypedResults.Ok(new RepaveValidation(reasons.Count > 0, reasons));
    }

    private static async Task<Ok<ItemList<ClusterSummary>>> ListAsync(
        PageQuery page,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var living = scope.All.AsNoTracking().Where(row => row.DeletedAt == null);
        var found = query.Text(QueryParameters.RepaveState) switch
        {
            null or "" or RepaveStates.Pending => living.Where(Repaves.IsWaiting),
            RepaveStates.Approved => living.Where(Predicates.Not(Repaves.IsWaiting)),
            _ => living.Where(row => false),
        };
        return TypedResults.Ok(
            await db.SummariesAsync(views, await ClusterList.Of.CutAsync(found, [], page, cancellationToken), cancellationToken)
        );
    }

    private static RepaveReasonView Reason(RepaveReason reason, IReadOnlyList<ProfilePack> packs)
    {
        if (reason.From is null && reason.To is null)
        {
            return new RepaveReasonView(reason.Code, reason.Message, Pack: null);
        }

        // A reason about nodes belongs to the Kubernetes layer, unless it is about the image.
        var layer = reason.Code.Contains("Image", StringComparison.OrdinalIgnoreCase) ? "os" : "k8s";
        var name = packs.FirstOrDefault(pack => pack.Layer == layer)?.Name ?? "";
        return new RepaveReasonView(
            reason.Code,
            reason.Message,
            new PackDiff(
                new PackSide(layer, name, reason.From ?? "", reason.From),
                new PackSide(layer, name, reason.To ?? "", reason.To),
                []
            )
        );
    }
}
