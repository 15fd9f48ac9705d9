namespace Gantry.Server.Store;

/// <summary>A row with optimistic concurrency; every save raises the version.</summary>
public interface IVersioned
{
    long RowVersion { get; set; }
}

/// <summary>A row of one tenant. <see cref="ConsoleDb"/> writes the caller's tenant into new rows.</summary>
public interface ITenantOwned
{
    string TenantUid { get; set; }
}

public sealed class UserRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    /// <summary>Lower case.</summary>
    public required string Email { get; set; }

    public string FirstName { get; set; } = "";

    public string LastName { get; set; } = "";

    public required string PasswordHash { get; set; }

    public bool IsActive { get; set; } = true;

    public DateTimeOffset CreatedAt { get; set; }
}

public sealed class ApiKeyRow : ITenantOwned, IVersioned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    public required string Name { get; set; }

    public string AnnotationsJson { get; set; } = "{}";

    public required string KeyHash { get; set; }

    public required string UserUid { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Created by the first start or by a reissue, not by a user.</summary>
    public bool IsLocal { get; set; }

    public bool IsActive { get; set; } = true;

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ModifiedAt { get; set; }

    public long RowVersion { get; set; }
}

/// <summary>A session token that was revoked before it expired.</summary>
public sealed class RevokedSessionRow
{
    public required string Id { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>A used token of a gateway that is still fresh enough to be accepted again.</summary>
public sealed class UsedTokenRow
{
    /// <summary>Uid of the gateway and id of the token.</summary>
    public required string Id { get; set; }

    public DateTimeOffset Until { get; set; }
}

public sealed class SettingRow
{
    public required string Name { get; set; }

    public required string Value { get; set; }
}

public sealed class ProjectRow : ITenantOwned, IVersioned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    public required string Name { get; set; }

    public string LabelsJson { get; set; } = "{}";

    public string AnnotationsJson { get; set; } = "{}";

    /// <summary>For clusters without a setting of their own; null repairs.</summary>
    public bool? AutoRepair { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ModifiedAt { get; set; }

    public long RowVersion { get; set; }
}

public sealed class GatewayRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    public required string Name { get; set; }

    /// <summary>The name while paired, null afterwards: names are unique among living gateways only.</summary>
    public string? ActiveName { get; set; }

    public required string SigningKey { get; set; }

    public required string SealingKey { get; set; }

    public required string Fingerprint { get; set; }

    public string Version { get; set; } = "";

    /// <summary>Raised in the transaction of each write that affects this gateway, by updating this row first.</summary>
    public long Revision { get; set; }

    public DateTimeOffset PairedAt { get; set; }

    public DateTimeOffset? LastSeenAt { get; set; }

    /// <summary>JSON of the <see cref="Gantry.Protocol.InstanceLease"/>; null before an instance has worked.</summary>
    public string? InstanceJson { get; set; }

    /// <summary>What keeps the gateway from working, as it last reported; null when nothing does.</summary>
    public string? Problem { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }
}

public sealed class PairingCodeRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public required string CodeHash { get; set; }

    public required string Name { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? UsedAt { get; set; }

    public string? GatewayUid { get; set; }
}

public sealed class AccountRow : ITenantOwned, IVersioned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    /// <summary>Null for an account of the tenant, which all projects share.</summary>
    public string? ProjectUid { get; set; }

    public required string Name { get; set; }

    /// <summary>Scope and name while the account exists, null afterwards: unique.</summary>
    public string? ActiveName { get; set; }

    public required string GatewayUid { get; set; }

    public required string Endpoint { get; set; }

    /// <summary>PEM of certificates to trust for the endpoint; null for the system's alone.</summary>
    public string? CaPem { get; set; }

    public required string SealedEphemeralKey { get; set; }

    public required string SealedBox { get; set; }

    public string LabelsJson { get; set; } = "{}";

    public string AnnotationsJson { get; set; } = "{}";

    public string PreferredSubnetsJson { get; set; } = "[]";

    public long Revision { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ModifiedAt { get; set; }

    public DateTimeOffset? RemovedAt { get; set; }

    public long RowVersion { get; set; }
}

public sealed class ProfileRow : ITenantOwned, IVersioned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    public string? ProjectUid { get; set; }

    public required string Name { get; set; }

    public required string Version { get; set; }

    /// <summary>Scope, name and version: unique.</summary>
    public required string Key { get; set; }

    public required string CloudType { get; set; }

    public required string Type { get; set; }

    public required string DraftJson { get; set; }

    public string? PublishedJson { get; set; }

    public int PublishedCount { get; set; }

    public string VariablesJson { get; set; } = "[]";

    public string LabelsJson { get; set; } = "{}";

    public string AnnotationsJson { get; set; } = "{}";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ModifiedAt { get; set; }

    public long RowVersion { get; set; }
}

/// <summary>The desired state of a cluster, as the client wrote it and as its gateway reads it.</summary>
public sealed class ClusterRow : ITenantOwned, IVersioned
{
    public string TenantUid { get; set; } = "";

    public required string Uid { get; set; }

    public string? ProjectUid { get; set; }

    public required string Name { get; set; }

    /// <summary>Scope and name while the cluster exists, null once it is deleted: unique.</summary>
    public string? ActiveName { get; set; }

    public required string ConfigUid { get; set; }

    public required string GatewayUid { get; set; }

    public required string AccountUid { get; set; }

    public string LabelsJson { get; set; } = "{}";

    public string AnnotationsJson { get; set; } = "{}";

    /// <summary>The request's <c>spec</c> with all changes since, unknown fields included.</summary>
    public required string WireJson { get; set; }

    /// <summary>The desired state in the protocol's form.</summary>
    public required string SpecJson { get; set; }

    /// <summary>Null inherits the project's setting.</summary>
    public bool? AutoRepair { get; set; }

    public long Generation { get; set; } = 1;

    public long Revision { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ModifiedAt { get; set; }

    public DateTimeOffset? DeletionRequestedAt { get; set; }

    /// <summary>Set when the deletion was requested before the cluster had ever run.</summary>
    public DateTimeOffset? AbortedAt { get; set; }

    public DateTimeOffset? DeletedAt { get; set; }

    public long RowVersion { get; set; }

    public ClusterReportRow? Report { get; set; }

    /// <summary>Null when the row was read without its profiles.</summary>
    public List<ClusterProfileRow>? Profiles { get; set; }
}

/// <summary>A label of a cluster in a row of its own, for searches.</summary>
public sealed class ClusterLabelRow
{
    public required string ClusterUid { get; set; }

    public required string Key { get; set; }

    public required string Value { get; set; }
}

/// <summary>The gateway's last report of a cluster. A row of its own, so that reports and changes do not conflict.</summary>
public sealed class ClusterReportRow
{
    public required string ClusterUid { get; set; }

    public required string Phase { get; set; }

    public required string Health { get; set; }

    public required string StatusJson { get; set; }

    /// <summary>Hash of the reported repave that waits for approval.</summary>
    public string? RepaveHash { get; set; }

    public DateTimeOffset ReportedAt { get; set; }
}

/// <summary>A profile of a cluster, in the version that the cluster last took over.</summary>
public sealed class ClusterProfileRow
{
    public required string ClusterUid { get; set; }

    public required string ProfileUid { get; set; }

    public int Position { get; set; }

    public required string Name { get; set; }

    public required string Version { get; set; }

    public int PublishedCount { get; set; }

    public required string CloudType { get; set; }

    public required string Type { get; set; }

    public required string ContentUid { get; set; }

    public ProfileContentRow? Content { get; set; }
}

/// <summary>
/// The content of a profile with a cluster's own values. Immutable and shared by all clusters with the same content; kept
/// while a cluster refers to it.
/// </summary>
public sealed class ProfileContentRow
{
    /// <summary>
    /// SHA-256 of the content; for content that an upgrade moved out of a cluster's row, the cluster and profile of origin.
    /// </summary>
    public required string Uid { get; set; }

    public required string TemplateJson { get; set; }
}

public sealed class EventRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public long Number { get; set; }

    public required string Uid { get; set; }

    public required string GatewayUid { get; set; }

    /// <summary>The gateway's own id of the event: unique together with the gateway.</summary>
    public required string GatewayEventId { get; set; }

    public required string ClusterUid { get; set; }

    public string? Machine { get; set; }

    public required string Severity { get; set; }

    public required string Reason { get; set; }

    public required string Message { get; set; }

    /// <summary>Generation of the desired state that the event belongs to; 0 when the gateway did not report it.</summary>
    public long Generation { get; set; }

    public string Kind { get; set; } = "Observed";

    public DateTimeOffset At { get; set; }
}

/// <summary>User, change and source address of a write; stored in the transaction of the change.</summary>
public sealed class AuditRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public long Number { get; set; }

    public required string Uid { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary><c>user</c>, <c>service</c> (a gateway) or <c>system</c> (the console itself).</summary>
    public required string ActorType { get; set; }

    public required string ActorUid { get; set; }

    public required string ActorName { get; set; }

    public required string RemoteAddress { get; set; }

    public string? ProjectUid { get; set; }

    public required string Action { get; set; }

    public required string ResourceKind { get; set; }

    public required string ResourceUid { get; set; }

    public required string ResourceName { get; set; }

    /// <summary>Generation of the cluster's desired state that the change made.</summary>
    public long? Generation { get; set; }

    /// <summary>The request, as a sentence.</summary>
    public string? Request { get; set; }

    public string? BeforeJson { get; set; }

    public string? AfterJson { get; set; }
}

/// <summary>A kubeconfig that a gateway issued for a person.</summary>
public sealed class KubeconfigRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public required string ClusterUid { get; set; }

    public required string UserUid { get; set; }

    /// <summary>The kubeconfig; it holds a private key.</summary>
    public required string Sealed { get; set; }

    /// <summary>Afterwards another one is issued.</summary>
    public DateTimeOffset GivenUntil { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>The request behind a plan, kept while the plan may be applied.</summary>
public sealed class PlannedChangeRow : ITenantOwned
{
    public string TenantUid { get; set; } = "";

    public required string Hash { get; set; }

    /// <summary>Uid of the project, or <c>tenant</c>: the only scope in which the plan can be applied.</summary>
    public required string Scope { get; set; }

    /// <summary>For a creation, the uid of the future cluster.</summary>
    public required string ClusterUid { get; set; }

    /// <summary>Whether the request creates a cluster; otherwise it changes one.</summary>
    public bool Creates { get; set; }

    public required string RequestJson { get; set; }

    public required string PlanJson { get; set; }

    public DateTimeOffset PlannedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}
