using Gantry.Lab.Maas.Inventory;

namespace Gantry.Lab.Maas;

/// <summary>How a region behaves.</summary>
public sealed record LabRegionOptions
{
    /// <summary>Where it answers; 0 takes a free port.</summary>
    public int Port { get; init; }

    /// <summary>How much faster than in a data centre time passes.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Of durations and chances.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What it starts with when its store is empty.</summary>
    public required LabSeed Inventory { get; init; }

    /// <summary>Version that it says to be.</summary>
    public string Version { get; init; } = "3.7.3";
}
