using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>The steps to take now, the pending conditions and the blockers.</summary>
/// <param name="Steps">In the order in which they may be executed.</param>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Wait> Pending, IReadOnlyList<Blocker> Blockers)
{
    public static Plan Nothing { get; } = new([], [], []);

    /// <summary>A replacement that was not requested and waits for an operator's approval.</summary>
    public RepaveNeed? Repave { get; init; }

    /// <summary>Changes made in MAAS outside Gantry.</summary>
    public ValueList<DriftNote> Drift { get; init; } = [];

    /// <summary>Why each machine has to be replaced, whether approved yet or not.</summary>
    public IReadOnlyDictionary<SystemId, IReadOnlyList<StaleReason>> Stale { get; init; } =
        new Dictionary<SystemId, IReadOnlyList<StaleReason>>();

    /// <summary>What belongs behind an endpoint that is given; <c>null</c> for other endpoints.</summary>
    public EndpointBackends? Backends { get; init; }

    /// <summary>Machines that the plan needs and does not find: the cluster's request in the queue.</summary>
    public ValueList<Shortfall> Lacking { get; init; } = [];

    /// <summary>
    /// Machines that leave a cluster which goes on without them, and why MAAS does not release them. The cluster does not wait
    /// for them, because it does not ask for them any more.
    /// </summary>
    public IReadOnlyList<Wait> Leaving { get; init; } = [];

    /// <summary>Whether the step serves the desired state, and not only a machine of <see cref="Leaving"/>.</summary>
    public bool IsNeeded(Step step) => step.Target is not { } target || Leaving.All(wait => wait.Machine != target);

    /// <summary>The desired state is reached.</summary>
    public bool IsSettled => Steps.Count is 0 && Pending.Count is 0 && Blockers.Count is 0;
}

/// <param name="Reason">CamelCase and stable, for example <c>Deploying</c>.</param>
/// <param name="Message">A sentence.</param>
public sealed record Wait(string Reason, string Message, SystemId? Machine = null);
