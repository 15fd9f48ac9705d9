using System.Text.Json;
using Gantry.Server.Api;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Clusters;

/// <summary>
/// Settings of a cluster beside its machines: descriptive ones, and lists that are always empty because Gantry does not
/// manage them.
/// </summary>
public static class SettingEndpoints
{
    public static void MapClusterSettings(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.GetBackup, BackupAsync);
        routes.Map(Operations.Clusters.GetScan, ScanAsync);
        routes.Map(Operations.Clusters.ListRbacs, EmptyListAsync);
        routes.Map(Operations.Clusters.ListConfigNamespaces, EmptyListAsync);
        routes.Map(Operations.Clusters.ListNamespaces, NamespacesAsync);
        routes.Map(Operations.Clusters.ListVariables, VariablesAsync);
        routes.Map(Operations.Clusters.ListProfiles, ProfilesAsync);
        routes.Map(Operations.Clusters.UpdateMetadata, UpdateMetadataAsync);
        routes.Map(
            Operations.Clusters.SetMetaAttribute,
            (
                string uid,
                MetaAttributeInput body,
                RequestQuery query,
                ClusterScope scope,
                ClusterStore store,
                Changes changes,
                CancellationToken cancellationToken
            ) =>
                ChangeAsync(
                    uid,
                    config => config with { ClusterMetaAttribute = body.ClusterMetaAttribute },
                    query,
                    scope,
                    store,
                    changes,
                    cancellationToken
                )
        );
        routes.Map(
            Operations.Clusters.SetTimezone,
            (
                string uid,
                TimezoneInput body,
                RequestQuery query,
                ClusterScope scope,
                ClusterStore store,
                Changes changes,
                CancellationToken cancellationToken
            ) =>
                ChangeAsync(
                    uid,
                    config => config with { Timezone = body.Timezone },
                    query,
                    scope,
                    store,
                    changes,
                    cancellationToken
                )
        );
        routes.Map(
            Operations.Clusters.SetLocation,
            (
                string uid,
                LocationInput body,
                RequestQuery query,
                ClusterScope scope,
                ClusterStore store,
                Changes changes,
                CancellationToken cancellationToken
            ) =>
                ChangeAsync(
                    uid,
                    config => config with { Location = Blank.Is(body.Location) ? null : body.Location },
                    query,
                    scope,
                    store,
                    changes,
                    cancellationToken
                )
        );
    }

    private static async Task<Ok<JsonElement>> BackupAsync(string uid, ClusterScope scope, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        throw new ApiException(
            StatusCodes.Status404NotFound,
            "BackupNotConfigured",
            $"Cluster '{row.Name}' has no backup schedule."
        );
    }

    private static async Task<Ok<JsonElement>> ScanAsync(string uid, ClusterScope scope, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        throw ApiError.Gone($"Cluster '{row.Name}' has no scan schedule.");
    }

    private static async Task<Ok<ItemList<JsonElement>>> EmptyListAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        await scope.GetAsync(uid, cancellationToken);
        return TypedResults.Ok(new ItemList<JsonElement>([]));
    }

    private static async Task<Ok<ClusterNamespaces>> NamespacesAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        await scope.GetAsync(uid, cancellationToken);
        return TypedResults.Ok(new ClusterNamespaces([]));
    }

    private static async Task<Ok<IReadOnlyList<ProfileVariables>>> VariablesAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<ProfileVariables>>([
            .. AttachedProfiles.Of(row).Select(profile => new ProfileVariables(profile.Uid, [])),
        ]);
    }

    private static async Task<Ok<ClusterProfileList>> ProfilesAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        return TypedResults.Ok(
            new ClusterProfileList([
                .. AttachedProfiles
                    .Of(row)
                    .Select(profile => new ClusterProfileView(
                        new ObjectMeta { Name = profile.Name, Uid = profile.Uid },
                        new ClusterProfileSpec(
                            profile.Template.CloudType,
                            profile.Template.Type,
                            profile.Published,
                            [.. profile.Template.Packs.Select(ProfileViews.PackView)],
                            new ObjectReference("spectrocluster", row.Name, row.Uid)
                        )
                    )),
            ])
        );
    }

    private static async Task<NoContent> UpdateMetadataAsync(
        string uid,
        MetadataInput body,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        var metadata = body.Metadata ?? throw ApiError.Invalid("metadata", "is missing; give labels, annotations, or both");
        if (metadata.Name is { Length: > 0 } name && name != row.Name)
        {
            throw ApiError.Invalid("metadata.name", $"cannot change from '{row.Name}': machines and DNS records carry it");
        }

        // Clients leave out an empty map: without labels there are none.
        var before = new { row.LabelsJson, row.AnnotationsJson };
        row.LabelsJson = StoreJson.Write(metadata.Labels ?? new Dictionary<string, string>());
        await db.LabelAsync(row, cancellationToken);
        row.AnnotationsJson = StoreJson.Write(metadata.Annotations ?? new Dictionary<string, string>());
        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, ClusterStore.About(row), before, new { row.LabelsJson, row.AnnotationsJson });
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ChangeAsync(
        string uid,
        Func<ClusterConfig, ClusterConfig> change,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        var edit = new ClusterEdit(StoredInput.Of(row));
        await store.ApplyAsync(
            write,
            row,
            edit.With(wire => wire with { ClusterConfig = change(wire.ClusterConfig ?? new ClusterConfig()) }),
            cancellationToken
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
