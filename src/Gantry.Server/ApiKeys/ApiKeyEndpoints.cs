using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.ApiKeys;

/// <summary>API keys of the calling user.</summary>
public static class ApiKeyEndpoints
{
    private static readonly StoredList<ApiKeyRow> List = new StoredList<ApiKeyRow>(
        Sort.By((ApiKeyRow row) => row.CreatedAt),
        Sort.By((ApiKeyRow row) => row.Uid)
    )
        .Text("metadata.name", row => row.Name)
        .Text("metadata.uid", row => row.Uid)
        .Time("metadata.creationTimestamp", row => row.CreatedAt)
        .Time("metadata.lastModifiedTimestamp", row => row.ModifiedAt)
        .Text("spec.user.uid", row => row.UserUid)
        .Text("status.isActive", row => row.IsActive ? "true" : "false");

    public static void MapApiKeys(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.ApiKeys.List, ListAsync);
        routes.Map(Operations.ApiKeys.Create, CreateAsync);
        routes.Map(Operations.ApiKeys.Get, GetAsync);
        routes.Map(Operations.ApiKeys.Update, UpdateAsync);
        routes.Map(Operations.ApiKeys.SetActive, SetActiveAsync);
        routes.Map(Operations.ApiKeys.SetState, SetActiveAsync);
        routes.Map(Operations.ApiKeys.Delete, DeleteAsync);
    }

    private static async Task<Ok<ItemList<ApiKeyView>>> ListAsync(
        ListQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var page = await List.WholeAsync(db.ApiKeys.AsNoTracking(), query, cancellationToken);
        string[] owners = [.. page.Rows.Select(row => row.UserUid).Distinct()];
        var users = await db
            .Users.AsNoTracking()
            .Where(row => owners.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, cancellationToken);
        return TypedResults.Ok(page.Show(row => View(row, users[row.UserUid])));
    }

    private static async Task<Created<ApiKeyCreateResponse>> CreateAsync(
        ApiKeyEntity body,
        ConsoleDb db,
        Caller caller,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var name = Name(check, body.Metadata);
        CheckExpiry(check, body.Spec?.Expiry, time);
        check.ThrowIfFailed();
        var userUid = body.Spec?.UserUid is { Length: > 0 } given ? given : caller.Uid;
        await using var write = await changes.BeginAsync(cancellationToken);
        if (!await db.Users.AnyAsync(row => row.Uid == userUid, cancellationToken))
        {
            throw ApiError.Invalid("spec.userUid", $"there is no user '{ApiError.Shown(userUid)}'; leave it empty for yourself");
        }

        var (row, key) = FirstStart.NewKey(name, userUid, time.GetUtcNow());
        row.ExpiresAt = body.Spec?.Expiry;
        row.AnnotationsJson = StoreJson.Write(body.Metadata?.Annotations ?? new Dictionary<string, string>());
        db.ApiKeys.Add(row);
        write.Record(AuditAction.Create, About(row), after: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new ApiKeyCreateResponse(key, row.Uid));
    }

    private static async Task<Ok<ApiKeyView>> GetAsync(string uid, ConsoleDb db, CancellationToken cancellationToken)
    {
        var row = await FindAsync(db, uid, cancellationToken);
        return TypedResults.Ok(
            View(row, await db.Users.AsNoTracking().SingleAsync(user => user.Uid == row.UserUid, cancellationToken))
        );
    }

    private static async Task<NoContent> UpdateAsync(
        string uid,
        ApiKeyUpdate body,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var name = Name(check, body.Metadata);
        CheckExpiry(check, body.Spec?.Expiry, time);
        check.ThrowIfFailed();
        return await ChangeAsync(
            uid,
            db,
            changes,
            time,
            row =>
            {
                row.Name = name;
                row.ExpiresAt = body.Spec?.Expiry;
                row.AnnotationsJson = StoreJson.Write(body.Metadata?.Annotations ?? new Dictionary<string, string>());
            },
            cancellationToken
        );
    }

    private static Task<NoContent> SetActiveAsync(
        string uid,
        ApiKeyActiveState body,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    ) => ChangeAsync(uid, db, changes, time, row => row.IsActive = body.IsActive is true, cancellationToken);

    private static async Task<NoContent> ChangeAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        Action<ApiKeyRow> change,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        var before = Facts(row);
        change(row);
        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
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
        db.ApiKeys.Remove(row);
        write.Record(AuditAction.Delete, About(row), before: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static string Name(Check check, ObjectMeta? metadata)
    {
        check.That(metadata?.Labels is null or { Count: 0 }, "metadata.labels", "is not available: API keys have no labels");
        return check.Name(metadata?.Name);
    }

    private static void CheckExpiry(Check check, DateTimeOffset? expiry, TimeProvider time) =>
        check.That(
            expiry is null || expiry > time.GetUtcNow(),
            "spec.expiry",
            $"{expiry:u} is in the past; write a time to come, or none for a key without an end"
        );

    private static async Task<ApiKeyRow> FindAsync(ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await db.ApiKeys.FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken) ?? throw ApiError.NotFound("API key", uid);

    private static Subject About(ApiKeyRow row) => new("apikey", row.Uid, row.Name);

    private static object Facts(ApiKeyRow row) =>
        new
        {
            row.Name,
            row.UserUid,
            row.ExpiresAt,
            row.IsActive,
        };

    private static ApiKeyView View(ApiKeyRow row, UserRow user) =>
        new(
            new ObjectMeta
            {
                Name = row.Name,
                Uid = row.Uid,
                Annotations = StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson),
                CreationTimestamp = row.CreatedAt,
                LastModifiedTimestamp = row.ModifiedAt,
            },
            new ApiKeySpec(row.ExpiresAt, row.KeyHash[..8], new ApiKeyUser(user.FirstName, user.LastName, user.Uid)),
            new ApiKeyStatus(row.IsActive)
        );
}
