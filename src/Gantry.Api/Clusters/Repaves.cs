namespace Gantry.Api;

/// <param name="Version">How it is, or would be; for what has no version of its own a description.</param>
public sealed record PackSide(string Layer, string Name, string Version, string? Values = null);

/// <param name="DiffConfigKeys">Which settings differ.</param>
public sealed record PackDiff(PackSide Current, PackSide Target, IReadOnlyList<string> DiffConfigKeys);

public sealed record RepaveReasonView(string Code, string Message, PackDiff? Pack);

/// <param name="Source"><c>user</c>, or <c>hubble</c> for what no person asked for.</param>
/// <param name="Hash">Gantry's own field: of what waits.</param>
/// <param name="Machines">Gantry's own field: the host names of what would be replaced.</param>
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

/// <summary>Where a repave stands.</summary>
public static class RepaveStates
{
    /// <summary>Waits for an approval.</summary>
    public const string Pending = "Pending";

    /// <summary>Nothing waits for an approval.</summary>
    public const string Approved = "Approved";

    /// <summary>Accepted in queries of Palette's clients; no repave is ever in it.</summary>
    public const string Reverted = "Reverted";
}

/// <summary>Who asked for a repave.</summary>
public static class RepaveSources
{
    /// <summary>A person.</summary>
    public const string User = "user";

    /// <summary>Nobody: certificates end, or node documents have a new form.</summary>
    public const string Hubble = "hubble";
}
