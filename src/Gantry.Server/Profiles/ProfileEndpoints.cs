using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Profiles;

/// <summary>Cluster profiles: draft, publish, read.</summary>
public static class ProfileEndpoints
{
    private static readonly StoredList<ProfileRow> List = new StoredList<ProfileRow>(
        Sort.By((ProfileRow row) => row.CreatedAt),
        Sort.By((ProfileRow row) => row.Uid)
    )
    {
        Columns = row => new ProfileRow
        {
            Uid = row.Uid,
            Name = row.Name,
            Version = row.Version,
            CloudType = row.CloudType,
            CreatedAt = row.CreatedAt,
            Key = "",
            Type = "",
            DraftJson = "",
        },
    }
        .Text("metadata.name", row => row.Name)
        .Text("metadata.uid", row => row.Uid)
        .Text("spec.cloudType", row => row.CloudType)
        .Text("spec.version", row => row.Version);

    public static void MapProfiles(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Profiles.Create, CreateAsync);
        routes.Map(Operations.Profiles.Get, GetAsync);
        routes.Map(Operations.Profiles.List, ListAsync);
        routes.Map(Operations.Profiles.Search, ProfileSearch.SearchAsync);
        routes.Map(Operations.Profiles.ListPacks, PacksAsync);
        routes.Map(Operations.Profiles.Update, UpdateAsync);
        routes.Map(Operations.Profiles.PatchPack, PatchPackAsync);
        routes.Map(Operations.Profiles.Delete, DeleteAsync);
        routes.Map(Operations.Profiles.Publish, PublishAsync);
        routes.Map(Operations.Profiles.UpdateMetadata, UpdateMetadataAsync);
        routes.Map(Operations.Profiles.ListManifests, ManifestsAsync);
        routes.Map(Operations.Profiles.GetVariables, VariablesAsync);
        routes.Map(Operations.Profiles.PutVariables, SetVariablesAsync);
        routes.Map(Operations.Profiles.PatchVariables, SetVariablesAsync);
        routes.Map(Operations.Profiles.ValidateName, ValidateNameAsync);
        routes.Map(Operations.Profiles.ListMetadata, ListMetadataAsync);
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        ProfileEntity body,
        RequestQuery query,
        ConsoleDb db,
        Caller caller,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var name = check.Name(body.Metadata?.Name);
        var version = ProfileParser.Version(check, body.Spec?.Version);
        var template = ProfileParser.Template(check, body.Spec?.Template, existing: null);
        ProfileParser.RefuseVariables(check, body.Spec?.Variables, "spec.variables");
        check.ThrowIfFailed();

        await using var write = await changes.BeginAsync(cancellationToken);
        var key = Key(caller.ProjectUid, name, version);
        await RefuseDuplicateAsync(db, key, uid: null, $"{name} {version}", cancellationToken);
        var now = time.GetUtcNow();
        var row = new ProfileRow
        {
            Uid = Uids.New(),
            ProjectUid = caller.ProjectUid,
            Name = name,
            Version = version,
            Key = key,
            CloudType = template!.CloudType,
            Type = template.Type,
            DraftJson = StoreJson.Write(template),
            LabelsJson = StoreJson.Write(body.Metadata?.Labels ?? new Dictionary<string, string>()),
            AnnotationsJson = StoreJson.Write(body.Metadata?.Annotations ?? new Dictionary<string, string>()),
            CreatedAt = now,
            ModifiedAt = now,
        };
        if (query.IsSet(QueryParameters.Publish))
        {
            Publish(row);
        }

        db.Profiles.Add(row);
        write.Record(AuditAction.Create, About(row), after: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(row.Uid));
    }

    private static async Task<Ok<ProfileView>> GetAsync(string uid, ConsoleDb db, CancellationToken cancellationToken)
    {
        var row = await FindAsync(db, uid, cancellationToken);
        var versions = await db
            .Profiles.AsNoTracking()
            .Where(other => other.Name == row.Name && other.ProjectUid == row.ProjectUid)
            .OrderBy(other => other.CreatedAt)
            .Select(other => new ProfileVersionView(other.Uid, other.Version))
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(ProfileViews.Profile(row, versions, await UsersAsync(db, uid, cancellationToken)));
    }

    private static async Task<Ok<ItemList<ProfileView>>> ListAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var name = query.Text(QueryParameters.OfProfileName);
        var page = await List.PageAsync(
            db.Profiles.AsNoTracking().Where(row => name == null || row.Name == name),
            list,
            cancellationToken
        );
        string[] names = [.. page.Rows.Select(row => row.Name).Distinct()];
        var all = await db
            .Profiles.AsNoTracking()
            .Where(row => names.Contains(row.Name))
            .OrderBy(row => row.CreatedAt)
            .ToListAsync(cancellationToken);
        var versions = all.ToLookup(row => (row.ProjectUid, row.Name), row => new ProfileVersionView(row.Uid, row.Version));
        List<ProfileView> views = [];
        foreach (var row in page.Rows.Select(row => all.Find(whole => whole.Uid == row.Uid)).OfType<ProfileRow>())
        {
            var users = await UsersAsync(db, row.Uid, cancellationToken);
            views.Add(ProfileViews.Profile(row, [.. versions[(row.ProjectUid, row.Name)]], users));
        }

        return TypedResults.Ok(new ItemList<ProfileView>(views, page.Meta));
    }

    private static async Task<Ok<ItemList<ProfilePackView>>> PacksAsync(
        string uid,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var row = await FindAsync(db, uid, cancellationToken);
        var template = ProfileViews.Published(row) ?? ProfileViews.Draft(row);
        return TypedResults.Ok(new ItemList<ProfilePackView>([.. template.Packs.Select(ProfileViews.PackView)]));
    }

    private static async Task<NoContent> UpdateAsync(
        string uid,
        ProfileEntity body,
        RequestQuery query,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        RefuseOutdated(row, query.Value(QueryParameters.LastModifiedTimestamp));
        var check = new Check();
        var name = check.Name(body.Metadata?.Name ?? row.Name);
        var version = ProfileParser.Version(check, body.Spec?.Version ?? row.Version);
        var input = body.Spec?.Template is { } given
            ? given with
            {
                CloudType = given.CloudType ?? row.CloudType,
                Type = given.Type ?? row.Type,
            }
            : null;
        var template = ProfileParser.Template(check, input, ProfileViews.Draft(row));
        ProfileParser.RefuseVariables(check, body.Spec?.Variables, "spec.variables");
        check.ThrowIfFailed();
        var key = Key(row.ProjectUid, name, version);
        await RefuseDuplicateAsync(db, key, uid, $"{name} {version}", cancellationToken);
        var before = Facts(row);
        (row.Name, row.Version, row.Key) = (name, version, key);
        (row.CloudType, row.Type) = (template!.CloudType, template.Type);
        row.DraftJson = StoreJson.Write(template);
        if (body.Metadata is { } metadata)
        {
            // Terraform writes labels with the metadata alone, right after this request.
            row.LabelsJson = metadata.Labels is { } labels ? StoreJson.Write(labels) : row.LabelsJson;
            row.AnnotationsJson = metadata.Annotations is { } annotations ? StoreJson.Write(annotations) : row.AnnotationsJson;
        }

        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ProfileRevision>> PatchPackAsync(
        string uid,
        string packName,
        PackChange body,
        RequestQuery query,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        RefuseOutdated(row, query.Value(QueryParameters.LastModifiedTimestamp));
        var draft = ProfileViews.Draft(row);
        var was =
            draft.Packs.FirstOrDefault(pack => pack.Name == packName)
            ?? throw ApiError.NotFound($"pack in profile '{row.Name}' named", packName);
        var check = new Check();
        var pack = PackEdits.Changed(check, "", was, body);
        check.ThrowIfFailed();
        var input = ProfileViews.Input(
            draft with
            {
                Packs = [.. draft.Packs.Select(one => ReferenceEquals(one, was) ? pack : one)],
            }
        );
        var template = ProfileParser.Template(check, input, draft);
        check.ThrowIfFailed();
        var before = Facts(row);
        row.DraftJson = StoreJson.Write(template);
        row.ModifiedAt = time.NowInMilliseconds();
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.Ok(new ProfileRevision(row.Uid, row.ModifiedAt));
    }

    private static void RefuseOutdated(ProfileRow row, DateTimeOffset? read)
    {
        if (read is { } seen && seen.ToUnixTimeMilliseconds() != row.ModifiedAt.ToUnixTimeMilliseconds())
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                "GenerationOutdated",
                $"Profile '{row.Name}' {row.Version} was changed at {row.ModifiedAt:u}, after it was read; read it again "
                    + "and repeat.",
                [new FieldError("lastModifiedTimestamp", $"{row.ModifiedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}")]
            );
        }
    }

    private static async Task<NoContent> UpdateMetadataAsync(
        string uid,
        ProfileMetaEntity body,
        RequestQuery query,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        RefuseOutdated(row, query.Value(QueryParameters.LastModifiedTimestamp));
        var check = new Check();
        var name = check.Name(body.Metadata?.Name ?? row.Name);
        var version = ProfileParser.Version(check, body.Spec?.Version ?? row.Version);
        check.ThrowIfFailed();
        var key = Key(row.ProjectUid, name, version);
        await RefuseDuplicateAsync(db, key, uid, $"{name} {version}", cancellationToken);
        var before = Facts(row);
        (row.Name, row.Version, row.Key) = (name, version, key);
        if (body.Metadata is { } metadata)
        {
            // Clients leave out an empty map: without labels there are none.
            row.LabelsJson = StoreJson.Write(metadata.Labels ?? new Dictionary<string, string>());
            row.AnnotationsJson = StoreJson.Write(metadata.Annotations ?? new Dictionary<string, string>());
        }

        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> PublishAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        if (row.DraftJson != row.PublishedJson)
        {
            Publish(row);
            row.ModifiedAt = time.GetUtcNow();
            write.Record(AuditAction.Publish, About(row), after: Facts(row));
            await write.CommitAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        var users = await ClusterUses.DescribeAsync(
            db,
            cluster => db.ClusterProfiles.Any(use => use.ProfileUid == uid && use.ClusterUid == cluster.Uid),
            cancellationToken
        );
        if (users is not null)
        {
            throw ApiError.InUse($"Profile '{row.Name}' {row.Version} is used by {users}; delete them first.");
        }

        db.Profiles.Remove(row);
        write.Record(AuditAction.Delete, About(row), before: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ItemList<ManifestView>>> ManifestsAsync(
        string uid,
        string packName,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var row = await FindAsync(db, uid, cancellationToken);
        var template = ProfileViews.Published(row) ?? ProfileViews.Draft(row);
        var pack =
            template.Packs.FirstOrDefault(one => one.Name == packName)
            ?? throw ApiError.NotFound($"pack in profile '{row.Name}' named", packName);
        return TypedResults.Ok(
            new ItemList<ManifestView>([.. pack.Manifests.Select(one => ProfileViews.Manifest(one, row.ModifiedAt))])
        );
    }

    private static async Task<Ok<VariablesView>> VariablesAsync(string uid, ConsoleDb db, CancellationToken cancellationToken)
    {
        await FindAsync(db, uid, cancellationToken);
        return TypedResults.Ok(new VariablesView([]));
    }

    private static async Task<NoContent> SetVariablesAsync(
        string uid,
        VariablesInput body,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        await FindAsync(db, uid, cancellationToken);
        var check = new Check();
        ProfileParser.RefuseVariables(check, body.Variables, "variables");
        check.ThrowIfFailed();
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ValidateNameAsync(
        RequestQuery query,
        ConsoleDb db,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var valid = check.Name(query.Text(QueryParameters.ProfileName), QueryParameters.ProfileName.Name);
        var validVersion = ProfileParser.Version(check, query.Text(QueryParameters.ProfileVersion));
        check.ThrowIfFailed();
        await RefuseDuplicateAsync(
            db,
            Key(caller.ProjectUid, valid, validVersion),
            uid: null,
            $"{valid} {validVersion}",
            cancellationToken
        );
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ItemList<ProfileMetadata>>> ListMetadataAsync(
        ListQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var page = await List.WholeAsync(db.Profiles.AsNoTracking(), query, cancellationToken);
        return TypedResults.Ok(
            page.Show(row => new ProfileMetadata(
                new ObjectEntity(row.Name, row.Uid),
                new ProfileMetadataSpec(row.CloudType, row.Version)
            ))
        );
    }

    internal static void Publish(ProfileRow row)
    {
        row.PublishedJson = row.DraftJson;
        row.PublishedCount++;
    }

    private static async Task<IReadOnlyList<ObjectEntity>> UsersAsync(
        ConsoleDb db,
        string uid,
        CancellationToken cancellationToken
    ) =>
        await db
            .ClusterProfiles.Where(use => use.ProfileUid == uid)
            .Join(
                db.Clusters.Where(cluster => cluster.ActiveName != null),
                use => use.ClusterUid,
                cluster => cluster.Uid,
                (_, cluster) => new ObjectEntity(cluster.Name, cluster.Uid)
            )
            .ToListAsync(cancellationToken);

    private static async Task RefuseDuplicateAsync(
        ConsoleDb db,
        string key,
        string? uid,
        string shown,
        CancellationToken cancellationToken
    )
    {
        if (await db.Profiles.AnyAsync(row => row.Key == key && row.Uid != uid, cancellationToken))
        {
            throw ApiError.Duplicate("cluster profile", shown);
        }
    }

    private static async Task<ProfileRow> FindAsync(ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await db.Profiles.FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
        ?? throw ApiError.NotFound("cluster profile", uid);

    internal static string Key(string? projectUid, string name, string version) => $"{projectUid ?? "tenant"}/{name}/{version}";

    internal static Subject About(ProfileRow row) => new("clusterprofile", row.Uid, $"{row.Name} {row.Version}", row.ProjectUid);

    internal static object Facts(ProfileRow row) =>
        new
        {
            row.Name,
            row.Version,
            row.Type,
            row.PublishedCount,
            draft = ProfileViews.Draft(row),
        };
}
