using Gantry.Clusters.Planning;

namespace Gantry.Engine;

/// <summary>Intervals, waiting times and limits of the engine.</summary>
public sealed record EngineOptions
{
    /// <summary>The options for an emulated data centre whose time runs faster. Limits and the idle interval shrink.</summary>
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

    /// <summary>
    /// Names this process in every intent, so that two processes on copies of one ledger never use the same; empty leaves it out.
    /// </summary>
    public string Instance { get; init; } = "";

    /// <summary>The number of clusters that are reconciled at the same time.</summary>
    public int Concurrency { get; init; } = 32;

    /// <summary>The interval between reconciles after a step was carried out.</summary>
    public TimeSpan AfterStep { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The interval between reconciles of a cluster that waits for MAAS or for its nodes. Its list of machines may be as old.
    /// </summary>
    public TimeSpan WhileInProgress { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The interval between reconciles of a cluster that is blocked. The list of machines of an idle cluster may be as old.
    /// </summary>
    public TimeSpan WhileStuck { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The interval between reconciles of a cluster that has its desired state.</summary>
    public TimeSpan WhileIdle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Interval of looks at who is behind a given endpoint, of a cluster that changes.</summary>
    public TimeSpan Endpoint { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same of a settled cluster.</summary>
    public TimeSpan EndpointWhileIdle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The interval between observations of the objects of a cluster's add-ons.</summary>
    public TimeSpan Addons { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same while a node waits for its network.</summary>
    public TimeSpan AddonsForNetwork { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest back-off after failed reconciles. The first is one second, and each is twice the last.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Between two looks at a machine of ours that MAAS shows without our mark.</summary>
    public TimeSpan BetweenMarks { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long placement avoids a machine that MAAS refused to allocate.</summary>
    public TimeSpan AvoidRefusedMachine { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an answer of MAAS is waited for before the cluster goes on with what does not need it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many such calls of one cluster run side by side.</summary>
    public int CallsAtOnce { get; init; } = 8;

    /// <summary>How long a call whose answer was lost may still take effect.</summary>
    public TimeSpan LateAnswer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Repairs stop while more than this share of the gateway's nodes is silent, in more than one cluster.</summary>
    public double OutageShare { get; init; } = 0.2;

    /// <summary>The largest number of machines of this gateway under repair at the same time.</summary>
    public int RepairsAtOnce { get; init; } = 5;

    public Limits Limits { get; init; } = Limits.Default;
}
