using Gantry.Server.Api;
using Gantry.Server.Auth;
using Gantry.Server.Clusters;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Documents;

/// <summary>
/// Applies a set of documents in one transaction: profiles first, because clusters use them. A dry run does the same and commits nothing,
/// so it finds every problem that the application would.
/// </summary>
public sealed class DocumentApplication(
    ConsoleDb db,
    Caller caller,
    IPermissions permissions,
    ClusterScope scope,
    ClusterDrafts drafts,
    ClusterDocuments documents,
    ClusterStore store,
    Changes changes,
    TimeProvider time
)
{
    /// <exception cref="ApiException">Status 400 with every problem of every document, or 403; nothing is changed.</exception>
    public async Task<DocumentsAnswer> ApplyAsync(DocumentSet set, bool dryRun, CancellationToken cancellationToken)
    {
        var (profiles, clusters) = (set.Profiles ?? [], set.Clusters ?? []);
        await using var write = await changes.BeginAsync(cancellationToken);
        var check = new Check();
        RefuseTwice(check, "profiles", profiles.Select(one => $"{one.Metadata?.Name}:{one.Spec?.Version}"));
        RefuseTwice(check, "clusters", clusters.Select(one => one.Metadata?.Name));
        var done = new List<DocumentResult>();
        var fresh = new HashSet<string>();
        foreach (var (document, index) in profiles.Select((document, index) => (document, index)))
        {
            var result = await PlacedAsync(check, $"profiles[{index}]", () => ApplyAsync(write, document, cancellationToken));
            if (result is not null)
            {
                fresh.Add(result.Uid!);
                done.Add(result);
            }
        }

        var built = new List<DocumentResult>();
        foreach (var (document, index) in clusters.Select((document, index) => (document, index)))
        {
            var result = await PlacedAsync(
                check,
                $"clusters[{index}]",
                () => ApplyAsync(write, document, fresh, set.Prune is true, cancellationToken)
            );
            if (result is not null)
            {
                built.Add(result);
            }
        }

        if (set is { Prune: true, PruneLabels: { Count: > 0 } labels })
        {
            built.AddRange(await PruneAsync(write, clusters, labels, cancellationToken));
        }

        check.ThrowIfFailed();
        if (!dryRun && done.Concat(built).Any(result => result.Action is not DocumentActions.Unchanged))
        {
            await write.CommitAsync(cancellationToken);
        }

        return new DocumentsAnswer(
            [.. done.Select(result => Shown(result, dryRun))],
            [.. built.Select(result => Shown(result, dryRun))]
        );
    }

    // What a dry run creates gets another uid when it is created.
    private static DocumentResult Shown(DocumentResult result, bool dryRun) =>
        dryRun && result.Action is DocumentActions.Create ? result with { Uid = null } : result;

    private static void RefuseTwice(Check check, string list, IEnumerable<string?> names)
    {
        foreach (
            var twice in names.Select((name, index) => (name, index)).GroupBy(one => one.name).Where(group => group.Count() > 1)
        )
        {
            check.Problem(
                $"{list}[{twice.Last().index}].metadata.name",
                $"'{ApiError.Shown(twice.Key ?? "")}' has another document in this set; write one for each"
            );
        }
    }

    private static async Task<DocumentResult?> PlacedAsync(Check check, string place, Func<Task<DocumentResult>> apply)
    {
        try
        {
            return await apply();
        }
        catch (ApiException refused) when (refused.Status is not StatusCodes.Status403Forbidden)
        {
            foreach (var problem in refused.Details)
            {
                check.Problem($"{place}.{problem.Field}", problem.Message);
            }

            check.That(refused.Details.Count > 0, $"{place}.metadata.name", refused.Message);
            return null;
        }
    }

    private async Task<DocumentResult> ApplyAsync(
        AuditedWrite write,
        ClusterProfileDocument document,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        ClusterDocuments.RefuseOther(check, document.ApiVersion, document.Kind, DocumentKinds.ClusterProfile);
        var name = check.Name(document.Metadata?.Name);
        check.That(
            !string.IsNullOrEmpty(document.Spec?.Version),
            "spec.version",
            $"is missing; write three numbers, for example {ProfileParser.DefaultVersion}"
        );
        var version = ProfileParser.Version(check, document.Spec?.Version);
        var key = ProfileEndpoints.Key(caller.ProjectUid, name, version);
        var shared = ProfileEndpoints.Key(projectUid: null, name, version);

        // The project's own profile precedes one of the tenant.
        var row =
            await db.Profiles.FirstOrDefaultAsync(one => one.Key == key, cancellationToken)
            ?? await db.Profiles.FirstOrDefaultAsync(one => one.Key == shared, cancellationToken);
        var template = ProfileParser.Template(
            check,
            ProfileDocuments.Input(document),
            row is null ? null : ProfileViews.Draft(row)
        );
        if (check.Failed)
        {
            throw ApiError.Invalid([
                .. check.Problems.Select(problem => problem with { Field = DocumentFields.OfProfile(problem.Field) }),
            ]);
        }

        var before = row is null ? null : ProfileDocuments.Write(row);
        var facts = row is null ? null : ProfileEndpoints.Facts(row);
        var wasPublished = row?.PublishedJson is not null;
        if (row is null)
        {
            await RequireAsync(Permissions.ClusterProfile.Create, cancellationToken);
            row = new ProfileRow
            {
                Uid = Uids.New(),
                ProjectUid = caller.ProjectUid,
                Name = name,
                Version = version,
                Key = key,
                CloudType = template!.CloudType,
                Type = template.Type,
                DraftJson = "",
                CreatedAt = time.GetUtcNow(),
            };
            db.Profiles.Add(row);
        }

        var labels = StoreJson.Write(ClusterStore.Labels(document.Metadata?.Labels));
        var annotations = StoreJson.Write(document.Metadata?.Annotations ?? new Dictionary<string, string>());
        var differences = before is null
            ? []
            : DocumentDifference.Between(
                before with
                {
                    Metadata = ClusterDocuments.Meta(name, row.LabelsJson, row.AnnotationsJson),
                },
                ProfileDocuments.Write(row, template!) with
                {
                    Metadata = ClusterDocuments.Meta(name, labels, annotations),
                }
            );
        if (before is not null && !wasPublished)
        {
            differences = [.. differences, new DocumentChange("status.published", "false", "true")];
        }

        if (before is not null && differences.Count is 0)
        {
            return Result(row, DocumentActions.Unchanged, []);
        }

        if (before is not null)
        {
            await RequireAsync(Permissions.ClusterProfile.Update, cancellationToken);
        }

        await RequireAsync(Permissions.ClusterProfile.Publish, cancellationToken);
        (row.LabelsJson, row.AnnotationsJson) = (labels, annotations);
        row.Type = template!.Type;
        row.DraftJson = StoreJson.Write(template);
        if (row.DraftJson != row.PublishedJson)
        {
            ProfileEndpoints.Publish(row);
        }

        row.ModifiedAt = time.NowInMilliseconds();
        write.Record(
            before is null ? AuditAction.Create : AuditAction.Publish,
            ProfileEndpoints.About(row),
            facts,
            ProfileEndpoints.Facts(row)
        );

        // The clusters of the same set look for it.
        await db.SaveChangesAsync(cancellationToken);
        return Result(row, before is null ? DocumentActions.Create : DocumentActions.Update, differences);
    }

    private async Task<DocumentResult> ApplyAsync(
        AuditedWrite write,
        ClusterDocument document,
        HashSet<string> fresh,
        bool prune,
        CancellationToken cancellationToken
    )
    {
        var active = ClusterStore.ActiveName(caller, document.Metadata?.Name ?? "");
        var row = await scope.All.Whole().FirstOrDefaultAsync(one => one.ActiveName == active, cancellationToken);
        if (row is null)
        {
            var (request, draft) = await drafts.DocumentedAsync(document, Uids.New(), cancellationToken);
            row = await store.CreateAsync(write, draft, request.Metadata, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            return Result(row, DocumentActions.Create, []);
        }

        if (row.DeletionRequestedAt is not null)
        {
            throw ClusterScope.BeingDeleted(row);
        }

        var before = DesiredCluster.Of(row);
        var written = await documents.WriteAsync(row, before, cancellationToken);
        var after = await drafts.DocumentedAsync(row, document, fresh, prune, cancellationToken);
        var isRelabelled = await store.DescribeAsync(write, row, document.Metadata, cancellationToken);
        if (!isRelabelled && after.IsAs(before))
        {
            return Result(row, DocumentActions.Unchanged, []);
        }

        await RequireAsync(Permissions.Cluster.Update, cancellationToken);
        await store.StoreAsync(write, row, after, cancellationToken);
        IReadOnlyList<DocumentChange> differences =
        [
            .. DocumentDifference.Between(written, await documents.WriteAsync(row, after, cancellationToken)),
            .. after
                .Profiles.Select(now => (Now: now, Was: before.Profiles.FirstOrDefault(was => was.Uid == now.Uid)))
                .Where(one => one.Was is { } was && was.Published != one.Now.Published)
                .Select(one => new DocumentChange(
                    $"spec.profiles[{one.Now.Name}:{one.Now.Version}].published",
                    $"{one.Was!.Published}",
                    $"{one.Now.Published}"
                )),
        ];
        return Result(row, DocumentActions.Update, differences);
    }

    private async Task<IReadOnlyList<DocumentResult>> PruneAsync(
        AuditedWrite write,
        IReadOnlyList<ClusterDocument> kept,
        IReadOnlyDictionary<string, string> labels,
        CancellationToken cancellationToken
    )
    {
        var names = kept.Select(document => document.Metadata?.Name).ToHashSet();
        var rows = await scope
            .All.Whole()
            .Where(row => row.ProjectUid == caller.ProjectUid && row.DeletionRequestedAt == null && row.DeletedAt == null)
            .OrderBy(row => row.Name)
            .ToListAsync(cancellationToken);
        var gone = rows.Where(row =>
                !names.Contains(row.Name)
                && ClusterDocuments.Meta(row.Name, row.LabelsJson, "{}").Labels is { } own
                && labels.All(label => own.TryGetValue(label.Key, out var value) && value == label.Value)
            )
            .ToList();
        if (gone.Count > 0)
        {
            await RequireAsync(Permissions.Cluster.Delete, cancellationToken);
        }

        foreach (var row in gone)
        {
            await store.DeleteAsync(write, row, force: false, drain: false, cancellationToken);
        }

        return [.. gone.Select(row => Result(row, DocumentActions.Delete, []))];
    }

    private async Task RequireAsync(Permission permission, CancellationToken cancellationToken)
    {
        if (!await permissions.HasAsync(caller, permission.Key!, caller.ProjectUid, cancellationToken))
        {
            throw ApiError.Forbidden($"This needs the permission {permission.Key}.");
        }
    }

    private static DocumentResult Result(ClusterRow row, string action, IReadOnlyList<DocumentChange> changes) =>
        new(DocumentKinds.Cluster, row.Name, row.Uid, action, changes);

    private static DocumentResult Result(ProfileRow row, string action, IReadOnlyList<DocumentChange> changes) =>
        new(DocumentKinds.ClusterProfile, $"{row.Name}:{row.Version}", row.Uid, action, changes);
}
