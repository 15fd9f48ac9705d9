using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

/// <summary>What holds for every step of one type, also for one that is read back from a stored plan.</summary>
/// <param name="Symbol"><c>+</c> adds, <c>-</c> removes, <c>~</c> changes in place.</param>
public sealed record StepTraits(string Symbol)
{
    /// <summary>It takes away something that may be in use.</summary>
    public bool IsDisruptive { get; init; }

    /// <summary>Where the step stands on a machine's way into a pool and out of it.</summary>
    public StepStage Stage { get; init; }

    /// <summary>What it starts takes long enough to be predicted; <c>null</c> when it does not.</summary>
    public TimedPhase? Phase { get; init; }

    /// <summary>A plan that holds it takes the machine out of its pool.</summary>
    public bool BeginsRemoval { get; init; }

    /// <summary>It changes the members of etcd or their leader; one plan does so once.</summary>
    public bool ChangesEtcd { get; init; }

    /// <summary>While it cannot be carried out, no later step of the plan can.</summary>
    public bool IsPrerequisite { get; init; }
}

public enum StepStage
{
    /// <summary>The machine neither comes nor goes, or the step acts on none.</summary>
    None,
    Allocate,
    Deploy,
    Join,
    Leave,
    Release,
    Abandon,
}
