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
    string Source,
    IReadOnlyList<RepaveReasonView> Reasons,
    string? Hash = null,
    IReadOnlyList<string>? Machines = null
);

public sealed record RepaveStatus(string State, string Message, DateTimeOffset? RepaveTransitionTime = null);

public sealed record RepaveView(ObjectMeta Metadata, RepaveSpec Spec, RepaveStatus Status);

public sealed record RepaveValidation(bool IsRepaveRequired, IReadOnlyList<RepaveReasonView> Reasons);
