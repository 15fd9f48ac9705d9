using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Machines.Packages;

namespace Gantry.Lab;

/// <summary>The options of an emulated data centre.</summary>
public sealed record LabOptions
{
    /// <summary>The number of servers in a new data centre. An existing data folder keeps its servers.</summary>
    public int Machines { get; init; } = 24;

    /// <summary>The speed relative to real servers.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>Seeds the inventory, the durations and the failures.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The port of the MAAS region; 0 selects a free port.</summary>
    public int Port { get; init; }

    /// <summary>The folder of the persistent state; null keeps the state in memory.</summary>
    public string? DataFolder { get; init; }

    /// <summary>A generated inventory has the images that MAAS imports, and none with Kubernetes.</summary>
    public bool StockImagesOnly { get; init; }

    /// <summary>The package repositories that the machines reach.</summary>
    public PackageArchive Packages { get; init; } = PackageArchive.Public;

    /// <summary>A custom inventory; null generates one from the seed.</summary>
    public LabSeed? Inventory { get; init; }

    /// <summary><see cref="GeneratedInventory.BootsApart"/> of a generated inventory.</summary>
    public bool BootsApart { get; init; }

    /// <summary>
    /// API keys of a generated inventory's users; missing keys derive from the seed, and an existing data folder keeps its own.
    /// </summary>
    public LabKeys Keys { get; init; } = new(null, null);

    /// <summary>The share of machines, 0 to 1, whose deployments never finish. Applies to a generated inventory.</summary>
    public double DeployFailureRate { get; init; }
}
