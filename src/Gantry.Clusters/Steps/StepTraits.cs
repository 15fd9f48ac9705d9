using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

/// <summary>The traits of a step type; they also apply to a step that is read back from a stored plan.</summary>
/// <param name="Symbol"><c>+</c> adds, <c>-</c> removes, <c>~</c> changes in place.</param>
public sealed record StepTraits(string Symbol)
{
    /// <summary>The step removes something that may be in use.</summary>
    public bool IsDisruptive { get; init; }

    /// <summary>The position of the step on a machine's way into a pool and out of it.</summary>
    public StepStage Stage { get; init; }

    /// <summary>The predicted phase that the step starts; <c>null</c> when its duration is negligible.</summary>
    public TimedPhase? Phase { get; init; }

    /// <summary>The step begins to remove the machine from its pool.</summary>
    public bool BeginsRemoval { get; init; }

    /// <summary>The step changes the members of etcd or their leader; a plan holds one such step.</summary>
    public bool ChangesEtcd { get; init; }

    /// <summary>Later steps of the plan wait for this one.</summary>
    public bool IsPrerequisite { get; init; }
}

public enum StepStage
{
    /// <summary>The machine neither joins nor leaves, or the step acts on none.</summary>
    None,
    Allocate,
    Deploy,
    Join,
    Leave,
    Release,
    Abandon,
}
