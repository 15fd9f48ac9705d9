using System.Text.Json;

namespace Gantry.Api;

public sealed record AuditUser(string Uid, string EmailId);

public sealed record AuditActor(
    [property: OneOf(typeof(ActorTypes))] string ActorType,
    AuditUser User,
    string ServiceName,
    string RemoteAddress
);

public sealed record AuditResource(string Kind, string Uid, string Name);

/// <param name="Before">Gantry's own field: the object before the change; absent for a new object.</param>
/// <param name="After">Gantry's own field: the object after the change; absent for a deleted object.</param>
public sealed record AuditSpec(
    [property: OneOf(typeof(AuditActions))] string ActionType,
    string ActionMsg,
    string ContentMsg,
    AuditActor Actor,
    AuditResource Resource,
    JsonElement? Before,
    JsonElement? After
);

public sealed record AuditView(ObjectMeta Metadata, AuditSpec Spec);

/// <summary>Who made a change.</summary>
public static class ActorTypes
{
    /// <summary>A person, or a program with the API key of a person.</summary>
    public const string User = "user";

    /// <summary>A gateway.</summary>
    public const string Service = "service";

    /// <summary>The console itself.</summary>
    public const string System = "system";
}

/// <summary>Kinds of change.</summary>
public static class AuditActions
{
    public const string Create = "create";
    public const string Update = "update";
    public const string Delete = "delete";
    public const string Publish = "publish";
    public const string Action = "action";
}
