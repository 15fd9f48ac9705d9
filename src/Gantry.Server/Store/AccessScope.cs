namespace Gantry.Server.Store;

/// <summary>
/// The part of the store that a request or a job may read and change. Query filters of <see cref="ConsoleDb"/> apply it.
/// </summary>
public sealed record AccessScope
{
    private AccessScope() { }

    /// <summary>No rows at all: the scope of an unauthenticated request.</summary>
    public static AccessScope Nothing { get; } = new();

    /// <summary>All rows of all tenants: migrations, cleaning, and the look-up of credentials.</summary>
    public static AccessScope System { get; } = new() { IsSystem = true };

    public bool IsSystem { get; private init; }

    /// <summary>Null in <see cref="Nothing"/> and in <see cref="System"/>.</summary>
    public string? TenantUid { get; private init; }

    /// <summary>Null means all projects of the tenant.</summary>
    public string? ProjectUid { get; private init; }

    /// <summary>All projects of one tenant.</summary>
    public static AccessScope Tenant(string uid) => new() { TenantUid = uid };

    /// <summary>One project, and its tenant's shared resources.</summary>
    public AccessScope Project(string uid) =>
        TenantUid is not null
            ? this with
            {
                ProjectUid = uid,
            }
            : throw new InvalidOperationException("A project lies in a tenant; enter the tenant first.");
}
