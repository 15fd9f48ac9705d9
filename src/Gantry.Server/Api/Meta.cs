namespace Gantry.Server.Api;

/// <summary>The <c>metadata</c> of every object.</summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? LastModifiedTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }
}

public sealed record ObjectReference(string? Kind, string? Name, string? Uid);

public sealed record ObjectEntity(string Name, string Uid);

public sealed record UidAnswer(string Uid);

/// <param name="Continue">Empty at the end.</param>
public sealed record ListMeta(string Continue, int Count, int Limit, int Offset);

public sealed record ItemList<T>(IReadOnlyList<T> Items, ListMeta? Listmeta = null);

/// <summary>Text annotations of objects.</summary>
public static class Annotations
{
    public const string Scope = "scope";
    public const string Description = "description";
    public const string ProjectUid = "projectUid";
    public const string TenantUid = "tenantUid";
    public const string OverlordUid = "overlordUid";

    /// <summary>What the client gave, with the scope as the server knows it.</summary>
    public static IReadOnlyDictionary<string, string> Scoped(IReadOnlyDictionary<string, string> own, string? projectUid, string tenantUid)
    {
        var all = new Dictionary<string, string>(own)
        {
            [Scope] = projectUid is null ? "tenant" : "project",
            [TenantUid] = tenantUid,
        };
        if (projectUid is not null)
        {
            all[ProjectUid] = projectUid;
        }

        return all;
    }
}
