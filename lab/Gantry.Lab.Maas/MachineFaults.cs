namespace Gantry.Lab.Maas;

/// <summary>Faults to inject into a machine. A null property is left unchanged.</summary>
public sealed record MachineFaults
{
    /// <summary>Each deployment ends in Failed deployment.</summary>
    public bool? FailsToDeploy { get; init; }

    /// <summary>Each deployment hangs until MAAS times it out.</summary>
    public bool? HangsOnDeploy { get; init; }

    /// <summary>
    /// The power state MAAS shows: <c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>; the machine itself does not change.
    /// </summary>
    public string? PowerState { get; init; }

    /// <summary>
    /// The machine loses power now. MAAS shows it as on until a client queries its BMC, or until the power check that runs every
    /// five minutes. <c>op=power_on</c>, or <c>false</c> here, starts it again.
    /// </summary>
    public bool? Dies { get; init; }

    /// <summary>The kubelet stops reporting while power stays on. A power cycle, or <c>false</c> here, ends the fault.</summary>
    public bool? Hangs { get; init; }

    /// <summary>
    /// The BMC's behaviour: <c>ok</c> reports the truth; <c>unknown</c> reports nothing but executes commands; <c>error</c>
    /// reports nothing and executes nothing.
    /// </summary>
    public string? Bmc { get; init; }

    /// <summary>The problem of the requested faults, or null.</summary>
    public string? Problem() =>
        PowerState is not (null or "on" or "off" or "unknown" or "error")
            ? $"powerState: '{PowerState}' is not a power state; write on, off, unknown or error"
        : Bmc is not (null or "ok" or "unknown" or "error") ? $"bmc: '{Bmc}' is not known; write ok, unknown or error"
        : null;
}
