using Gantry.Lab.Maas.Inventory;

namespace Gantry.Lab;

/// <summary>An emulated data centre.</summary>
public sealed record LabOptions
{
    /// <summary>Number of servers in a new data centre. An existing data folder keeps its servers.</summary>
    public int Machines { get; init; } = 24;

    /// <summary>How many times faster than real servers everything goes.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Seed of the inventory, the durations and the failures.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where the MAAS region answers; 0 takes a free port.</summary>
    public int Port { get; init; }

    /// <summary>Where the state is kept between runs; null keeps it in memory.</summary>
    public string? DataFolder { get; init; }

    /// <summary>An inventory of one's own; null generates one from the seed.</summary>
    public LabSeed? Inventory { get; init; }

    /// <summary>
    /// Keys of a generated inventory's users; what is left out is made from the seed, and a data folder keeps its own.
    /// </summary>
    public LabKeys Keys { get; init; } = new(null, null);

    /// <summary>Share of machines, 0 to 1, that never finish a deployment. Counts for a generated inventory.</summary>
    public double DeployFailureRate { get; init; }
}
