namespace Gantry.Lab.Maas.Machines;

/// <summary>One stage of a deployment. Its duration is drawn from its range and divided by the region's speed.</summary>
/// <param name="Event">The type of the event MAAS logs at the start of the stage.</param>
/// <param name="From">Shortest duration in seconds.</param>
/// <param name="To">Longest duration in seconds.</param>
public sealed record DeploymentStage(string Event, int From, int To)
{
    /// <summary>Index of the stage in which a deployment fails or hangs.</summary>
    public const int Installing = 4;

    /// <summary>The stages in order.</summary>
    public static IReadOnlyList<DeploymentStage> All { get; } =
    [
        new("Deploying", 5, 15),
        new("Performing PXE boot", 60, 150),
        new("Loading ephemeral", 20, 45),
        new("Configuring storage", 5, 15),
        new("Installing OS", 60, 180),
        new("Configuring OS", 15, 40),
        new("Rebooting", 60, 150),
    ];
}
