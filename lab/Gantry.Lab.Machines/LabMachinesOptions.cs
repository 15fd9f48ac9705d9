using Gantry.Lab.Machines.Packages;

namespace Gantry.Lab.Machines;

/// <summary>The behaviour of the emulated machines.</summary>
public sealed record LabMachinesOptions
{
    /// <summary>The speed relative to real servers.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Seeds the durations, together with the machine's id and its count of installations.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Resolves host names: the region's DNS. Resolves nothing by default.</summary>
    public Func<string, IReadOnlyList<string>> Resolve { get; init; } = _ => [];

    /// <summary>The package repositories that the machines reach.</summary>
    public PackageArchive Packages { get; init; } = PackageArchive.Public;

    /// <summary>API servers listen on real sockets. If false, they are reachable only in this process, for simulations.</summary>
    public bool Sockets { get; init; } = true;
}
