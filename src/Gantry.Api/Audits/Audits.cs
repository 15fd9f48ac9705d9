using System.Text.Json;

namespace Gantry.Api;

public sealed record AuditUser(string Uid, string EmailId);

public sealed record AuditActor(string ActorType, AuditUser User, string ServiceName, string RemoteAddress);

public sealed record AuditResource(string Kind, string Uid, string Name);

/// <param name="Before">Gantry's own field: what it was; absent for something new.</param>
/// <param name="After">Gantry's own field: what it became; absent for something that is gone.</param>
public sealed record AuditSpec(
    string ActionType,
    string ActionMsg,
    string ContentMsg,
    AuditActor Actor,
    AuditResource Resource,
    JsonElement? Before,
    JsonElement? After
);

public sealed record AuditView(ObjectMeta Metadata, AuditSpec Spec);
