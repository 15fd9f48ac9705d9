namespace Gantry.Server.Api;

/// <summary>Text annotations of objects.</summary>
public static class Annotations
{
    public const string Scope = "scope";
    public const string Description = "description";
    public const string ProjectUid = "projectUid";
    public const string TenantUid = "tenantUid";
    public const string OverlordUid = "overlordUid";

    /// <summary>The client's annotations, with the scope that the server knows.</summary>
    public static IReadOnlyDictionary<string, string> Scoped(
        IReadOnlyDictionary<string, string> own,
        string? projectUid,
        string tenantUid
    )
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
