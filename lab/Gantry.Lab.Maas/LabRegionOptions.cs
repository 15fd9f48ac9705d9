using Gantry.Lab.Maas.Inventory;

namespace Gantry.Lab.Maas;

/// <summary>The behaviour of a region.</summary>
public sealed record LabRegionOptions
{
    /// <summary>The port it listens on; 0 selects a free port.</summary>
    public int Port { get; init; }

    /// <summary>The speed of time relative to a real data centre.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Seeds durations and random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Whether machines install and commission themselves. Otherwise they only power on, and what they do next is told to the metadata
    /// service.
    /// </summary>
    public bool Installs { get; init; } = true;

    /// <summary>
    /// How long a list of machines takes for each machine of the region, as in a data centre: a real region reads all that belongs to a
    /// machine, some 8 ms. It does not depend on <see cref="Speed"/>.
    /// </summary>
    public TimeSpan ListPerMachine { get; init; }

    /// <summary>The initial state of an empty store.</summary>
    public required LabSeed Inventory { get; init; }

    /// <summary>The MAAS version it reports.</summary>
    public string Version { get; init; } = "3.7.3";
}
