namespace Gantry.Scenarios.Killing;

/// <summary>A phase in a cluster's life during which processes are killed.</summary>
/// <param name="Commands">The command lines that begin the phase; each is acknowledged before the next and before the first
/// kill.</param>
/// <param name="Wanted">What the cluster must be at the end; <c>null</c> when it must be gone.</param>
/// <param name="Installed">Number of machines that the phase installs.</param>
/// <param name="Most">Largest number of machines that may be held during the phase.</param>
/// <param name="Length">Time over which the kills are spread, counted while nothing is down.</param>
internal sealed record Phase(
    string Name,
    IReadOnlyList<string[]> Commands,
    ClusterShape? Wanted,
    int Installed,
    int Most,
    TimeSpan Length
)
{
    private const string OldVersion = "1.36.4";
    private const string NewVersion = "1.36.5";

    public static Phase Creation(string cluster, string endpoint, TimeSpan length) =>
        new(
            "creation",
            [
                ["cluster", "create", cluster, "--control-plane", "3", "--workers", "2", "--endpoint", endpoint],
            ],
            new ClusterShape(3, 2, OldVersion),
            Installed: 5,
            Most: 5,
            length
        );

    /// <summary>Each of the two pools expands by one machine.</summary>
    public static Phase Roll(string cluster, TimeSpan length) =>
        new(
            "roll",
            [
                ["cluster", "upgrade", cluster, "--kubernetes", NewVersion],
            ],
            new ClusterShape(3, 2, NewVersion),
            Installed: 5,
            Most: 7,
            length
        );

    public static Phase ScaleDown(string cluster, bool rolled, TimeSpan length) =>
        new(
            "scale down",
            [
                ["cluster", "scale", cluster, "--size", "1"],
                ["cluster", "scale", cluster, "--pool", "control-plane", "--size", "1"],
            ],
            new ClusterShape(1, 1, rolled ? NewVersion : OldVersion),
            Installed: 0,
            Most: 5,
            length
        );

    public static Phase Deletion(string cluster, int machines, TimeSpan length) =>
        new(
            "deletion",
            [
                ["cluster", "delete", cluster, "--yes"],
            ],
            null,
            Installed: 0,
            machines,
            length
        );
}

/// <summary>What a cluster consists of.</summary>
internal sealed record ClusterShape(int ControlPlane, int Workers, string Version)
{
    public int Machines => ControlPlane + Workers;

    public IReadOnlyDictionary<string, int> Sizes =>
        new Dictionary<string, int> { ["control-plane-pool"] = ControlPlane, ["worker-pool"] = Workers };
}
