namespace Gantry.Api;

/// <param name="Version">Current or target version, or a description where there is no version.</param>
public sealed record PackSide(string Layer, string Name, string Version, string? Values = null);

/// <param name="DiffConfigKeys">Settings that differ.</param>
public sealed record PackDiff(PackSide Current, PackSide Target, IReadOnlyList<string> DiffConfigKeys);

public sealed record RepaveReasonView(string Code, string Message, PackDiff? Pack);

/// <param name="Source"><c>user</c>, or <c>hubble</c> for a repave that no person requested.</param>
/// <param name="Hash">Gantry's own field: hash of the pending repave.</param>
/// <param name="Machines">Gantry's own field: host names of the machines to replace.</param>
public sealed record RepaveSpec(
    string SpectroClusterUid,
    [property: OneOf(typeof(RepaveSources))] string Source,
    IReadOnlyList<RepaveReasonView> Reasons,
    string? Hash = null,
    IReadOnlyList<string>? Machines = null
);

public sealed record RepaveStatus(
    [property: OneOf(typeof(RepaveStates))] string State,
    string Message,
    DateTimeOffset? RepaveTransitionTime = null
);

public sealed record RepaveView(ObjectMeta Metadata, RepaveSpec Spec, RepaveStatus Status);

public sealed record RepaveValidation(bool IsRepaveRequired, IReadOnlyList<RepaveReasonView> Reasons);

/// <summary>States of a repave.</summary>
public static class RepaveStates
{
    /// <summary>The repave waits for approval.</summary>
    public const string Pending = "Pending";

    /// <summary>No repave waits for approval.</summary>
    public const string Approved = "Approved";

    /// <summary>Accepted in queries of Palette's clients; no repave has this state.</summary>
    public const string Reverted = "Reverted";
}

/// <summary>Who requested a repave.</summary>
public static class RepaveSources
{
    /// <summary>A person.</summary>
    public const string User = "user";

    /// <summary>No person: certificates expire, or node documents have a new form.</summary>
    public const string Hubble = "hubble";
}
