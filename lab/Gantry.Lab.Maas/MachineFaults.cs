namespace Gantry.Lab.Maas;

/// <summary>Faults of a machine, on request. A property that is left out is not changed.</summary>
public sealed record MachineFaults
{
    /// <summary>Each deployment ends in Failed deployment.</summary>
    public bool? FailsToDeploy { get; init; }

    /// <summary>Each deployment goes on until MAAS gives it up.</summary>
    public bool? HangsOnDeploy { get; init; }

    /// <summary>
    /// <c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>, as MAAS will show it; the machine itself does not change.
    /// </summary>
    public string? PowerState { get; init; }

    /// <summary>
    /// The machine loses its power now. MAAS goes on showing it as on until somebody asks its BMC, or its own check comes round
    /// after
    /// five minutes. It starts again with <c>op=power_on</c>, or with <c>false</c> here.
    /// </summary>
    public bool? Dies { get; init; }

    /// <summary>Its kubelet stops reporting while its power stays on. A power cycle ends it, or <c>false</c> here.</summary>
    public bool? Hangs { get; init; }

    /// <summary>
    /// What its BMC answers: <c>ok</c> the truth; <c>unknown</c> nothing, though it does as it is told; <c>error</c> nothing, and
    /// it
    /// does nothing.
    /// </summary>
    public string? Bmc { get; init; }

    /// <summary>Null when it can be done; else what is wrong with it.</summary>
    public string? Problem() =>
        PowerState is not (null or "on" or "off" or "unknown" or "error")
            ? $"powerState: '{PowerState}' is not a power state; write on, off, unknown or error"
        : Bmc is not (null or "ok" or "unknown" or "error") ? $"bmc: '{Bmc}' is not known; write ok, unknown or error"
        : null;
}
