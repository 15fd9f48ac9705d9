namespace Gantry.Clusters.Planning;

/// <summary>How long each phase of a machine's life may take before it counts as failed.</summary>
public sealed record Limits
{
    public static Limits Default { get; } = new();

    /// <summary>From the deploy call to MAAS's "Deployed". MAAS itself gives up after 30 to 60 minutes.</summary>
    public TimeSpan Deploy { get; init; } = TimeSpan.FromMinutes(75);

    /// <summary>From "Deployed" until the first API server answers.</summary>
    public TimeSpan Init { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From a machine's turn until its node is Ready.</summary>
    public TimeSpan Join { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a new control plane that nobody uses yet may be silent before we begin anew.</summary>
    public TimeSpan SilentBeforeStartOver { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Life of a bootstrap token; it is renewed when less than a third is left.</summary>
    public TimeSpan Token { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a forced deletion tries to give a thing back before it names it and lets go.</summary>
    public TimeSpan ForceAfter { get; init; } = TimeSpan.FromMinutes(5);
}
