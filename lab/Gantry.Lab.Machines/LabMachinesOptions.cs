namespace Gantry.Lab.Machines;

/// <summary>How the emulated machines behave.</summary>
public sealed record LabMachinesOptions
{
    /// <summary>How many times faster than real servers they are.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Durations are drawn from this seed, the machine's id and its count of installations.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where names lead that are no addresses: the region's DNS. Empty: nowhere.</summary>
    public Func<string, IReadOnlyList<string>> Resolve { get; init; } = _ => [];

    /// <summary>API servers listen on real sockets. Otherwise only this process knows them, for simulations.</summary>
    public bool Sockets { get; init; } = true;
}
