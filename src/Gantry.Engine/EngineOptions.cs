using Gantry.Clusters.Planning;

namespace Gantry.Engine;

/// <summary>How often the engine looks, and how long it waits.</summary>
public sealed record EngineOptions
{
    /// <summary>The same for an emulated data centre whose minutes pass faster: what goes wrong there is seen as soon.</summary>
    public EngineOptions AtSpeed(double speed) =>
        this with
        {
            Limits = Limits.AtSpeed(speed),
            WhileIdle = TimeSpan.FromSeconds(
                Math.Clamp(
                    WhileIdle.TotalSeconds / Math.Max(1, speed),
                    Math.Min(5, WhileIdle.TotalSeconds),
                    WhileIdle.TotalSeconds
                )
            ),
        };

    /// <summary>Clusters looked at at the same time.</summary>
    public int Concurrency { get; init; } = 32;

    /// <summary>Between two looks at a cluster after a step was carried out.</summary>
    public TimeSpan AfterStep { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Between two looks at a cluster that waits for MAAS or for its nodes; also the age up to which a list of machines serves
    /// it.
    /// </summary>
    public TimeSpan WhileInProgress { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Between two looks at a cluster that cannot go on; also the age up to which a list of machines serves idle clusters.
    /// </summary>
    public TimeSpan WhileStuck { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two looks at a cluster that is as it should be.</summary>
    public TimeSpan WhileIdle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest back-off after failed runs; it begins with one second and doubles.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a machine that MAAS would not give us is passed over.</summary>
    public TimeSpan AvoidRefusedMachine { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a call to MAAS that was cut off may still take effect there.</summary>
    public TimeSpan LateAnswer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Above this share of silent nodes in several clusters no machine is repaired.</summary>
    public double OutageShare { get; init; } = 0.2;

    /// <summary>Machines of this gateway under repair at the same time.</summary>
    public int RepairsAtOnce { get; init; } = 5;

    public Limits Limits { get; init; } = Limits.Default;
}
