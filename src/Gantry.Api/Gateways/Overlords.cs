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
    [property: OneOf(typeof(HealthStates))] string State,
    DateTimeOffset? LastHeartBeatTimestamp,
    string AgentVersion,
    IReadOnlyList<JsonElement> Conditions
);

/// <summary>Types of the conditions of a gateway's health.</summary>
public static class GatewayConditions
{
    /// <summary>A second process runs on a copy of the gateway's data folder and is refused.</summary>
    public const string SecondInstance = "SecondInstance";

    /// <summary>The gateway cannot work: its disk is full.</summary>
    public const string Problem = "Problem";
}

public sealed record OverlordNotifications(bool IsAvailable);

/// <param name="State"><c>Running</c> when usable, <c>Pending</c> before the first report, else <c>Disconnected</c>.</param>
public sealed record OverlordStatus(
    [property: OneOf(typeof(GatewayStates))] string State,
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

/// <summary>Whether a gateway can be used.</summary>
public static class GatewayStates
{
    /// <summary>The gateway reports.</summary>
    public const string Running = "Running";

    /// <summary>The gateway has paired and never reported.</summary>
    public const string Pending = "Pending";

    /// <summary>The gateway has not reported for a while.</summary>
    public const string Disconnected = "Disconnected";
}
