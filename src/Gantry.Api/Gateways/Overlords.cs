using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Api;

public sealed record OverlordSpec(
    bool IsSelfHosted,
    bool IsSystem,
    string TenantUid,
    string CloudAccountUid,
    string SpectroClusterUid
);

public sealed record OverlordHealth(
    string State,
    DateTimeOffset? LastHeartBeatTimestamp,
    string AgentVersion,
    IReadOnlyList<JsonElement> Conditions
);

public sealed record OverlordNotifications(bool IsAvailable);

/// <param name="State"><c>Running</c> when usable, else <c>Pending</c> (never heard of) or <c>Disconnected</c>.</param>
public sealed record OverlordStatus(
    string State,
    bool IsActive,
    bool IsReady,
    OverlordHealth Health,
    OverlordNotifications Notifications
);

public sealed record Overlord(string Kind, ObjectMeta Metadata, OverlordSpec Spec, OverlordStatus Status);

public sealed record PairingCode([property: JsonPropertyName("pairingCode")] string Code)
{
    public override string ToString() => "pairing code";
}

public sealed record Message(string Msg);
