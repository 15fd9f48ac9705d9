using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Projects;

/// <summary>Projects, which divide the tenant's clusters, accounts and profiles.</summary>
public static class ProjectEndpoints
{
    private static readonly StoredList<ProjectRow> List = new StoredList<ProjectRow>(
        Sort.By((ProjectRow row) => row.CreatedAt),
        Sort.By((ProjectRow row) => row.Uid)
    )
        .Text("metadata.name", row => row.Name)
        .Text("metadata.uid", row => row.Uid);

    public static void MapProjects(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Projects.ListMetadata, ListMetadataAsync);
        routes.Map(Operations.Projects.List, ListAsync);
        routes.Map(Operations.Projects.Search, ProjectSearch.SearchAsync);
        routes.Map(Operations.Projects.Create, CreateAsync);
        routes.Map(Operations.Projects.Get, GetAsync);
        routes.Map(Operations.Projects.Update, UpdateAsync);
        routes.Map(Operations.Projects.Delete, DeleteAsync);
    }

    /// <exception cref="ApiException">404</exception>
    public static async Task<ProjectRow> FindProjectAsync(this ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await db.Projects.FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
        ?? throw ApiError.NotFound("project", uid);

    private static async Task<Ok<ItemList<ProjectMetadata>>> ListMetadataAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var name = query.Text(QueryParameters.ProjectName);
        var page = await List.WholeAsync(
            db.Projects.AsNoTracking().Where(row => name == null || row.Name == name),
            list,
            cancellationToken
        );
        return TypedResults.Ok(page.Show(row => new ProjectMetadata(new ObjectEntity(row.Name, row.Uid))));
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        ProjectEntity body,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var name = ValidName(body);
        await using var write = await changes.BeginAsync(cancellationToken);
        await RefuseDuplicateAsync(db, name, uid: null, cancellationToken);
        var now = time.GetUtcNow();
        var row = new ProjectRow
        {
            Uid = Uids.New(),
            Name = name,
            CreatedAt = now,
            ModifiedAt = now,
        };
        Fill(row, body);
        db.Projects.Add(row);
        write.Record(AuditAction.Create, About(row), after: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(row.Uid));
    }

    private static async Task<Ok<ProjectView>> GetAsync(string uid, ConsoleDb db, CancellationToken cancellationToken)
    {
        var row = await db.FindProjectAsync(uid, cancellationToken);
        return TypedResults.Ok(View(row));
    }

    private static async Task<Ok<ItemList<ProjectView>>> ListAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var name = query.Text(QueryParameters.ProjectName);
        var page = await List.PageAsync(
            db.Projects.AsNoTracking().Where(row => name == null || row.Name == name),
            list,
            cancellationToken
        );
        return TypedResults.Ok(page.Show(View));
    }

    private static async Task<NoContent> UpdateAsync(
        string uid,
        ProjectEntity body,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var name = ValidName(body);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await db.FindProjectAsync(uid, cancellationToken);
        await RefuseDuplicateAsync(db, name, uid, cancellationToken);
        var before = Facts(row);
        row.Name = name;
        Fill(row, body);
        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(
        string uid,
        RequestQuery query,
        ConsoleDb db,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await db.FindProjectAsync(uid, cancellationToken);
        var clusters = await db
            .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .CountAsync(one => one.ProjectUid == uid && one.ActiveName != null, cancellationToken);
        var accounts = await db
            .Accounts.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .CountAsync(one => one.ProjectUid == uid && one.ActiveName != null, cancellationToken);
        var profiles = await db
            .Profiles.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .CountAsync(one => one.ProjectUid == uid, cancellationToken);
        if (clusters + accounts + profiles > 0)
        {
            var held =
                $"{Counted.Of(clusters, "cluster")}, {Counted.Of(accounts, "cloud account")} and "
                + $"{Counted.Of(profiles, "profile")}; delete them first";
            throw query.IsSet(QueryParameters.CleanupProjectResources)
                ? ApiError.Invalid(
                    QueryParameters.CleanupProjectResources.Name,
                    $"true is not available: nothing is deleted with a project, and '{row.Name}' still has {held}"
                )
                : ApiError.InUse($"Project '{row.Name}' still has {held}.");
        }

        db.Projects.Remove(row);
        write.Record(AuditAction.Delete, About(row), before: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    public static ObjectMeta Metadata(ProjectRow row) =>
        new()
        {
            Name = row.Name,
            Uid = row.Uid,
            Labels = StoreJson.Read<Dictionary<string, string>>(row.LabelsJson),
            Annotations = StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson),
            CreationTimestamp = row.CreatedAt,
            LastModifiedTimestamp = row.ModifiedAt,
        };

    private static ProjectView View(ProjectRow row) =>
        new(Metadata(row), new ProjectSpec("", [], [], []), new ProjectStatus(IsDisabled: false));

    private static string ValidName(ProjectEntity body)
    {
        var check = new Check();
        var name = check.Name(body.Metadata?.Name);
        check.ThrowIfFailed();
        return name;
    }

    private static void Fill(ProjectRow row, ProjectEntity body)
    {
        row.LabelsJson = StoreJson.Write(body.Metadata?.Labels ?? new Dictionary<string, string>());
        row.AnnotationsJson = StoreJson.Write(body.Metadata?.Annotations ?? new Dictionary<string, string>());
    }

    private static async Task RefuseDuplicateAsync(ConsoleDb db, string name, string? uid, CancellationToken cancellationToken)
    {
        if (await db.Projects.AnyAsync(row => row.Name == name && row.Uid != uid, cancellationToken))
        {
            throw ApiError.Duplicate("project", name);
        }
    }

    public static Subject About(ProjectRow row) => new("project", row.Uid, row.Name, row.Uid);

    private static object Facts(ProjectRow row) =>
        new
        {
            row.Name,
            row.LabelsJson,
            row.AnnotationsJson,
        };
}
