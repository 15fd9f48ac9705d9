using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>What to do now, what to wait for, and what cannot be done.</summary>
/// <param name="Steps">In the order in which they may be carried out.</param>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Wait> Pending, IReadOnlyList<Blocker> Blockers)
{
    public static Plan Nothing { get; } = new([], [], []);

    /// <summary>A replacement that nobody asked for and that waits for a person's agreement.</summary>
    public RepaveNeed? Repave { get; init; }

    /// <summary>What was changed in MAAS behind our back.</summary>
    public ValueList<DriftNote> Drift { get; init; } = [];

    /// <summary>Why machines are to be replaced, whether they may be yet or not.</summary>
    public IReadOnlyDictionary<SystemId, IReadOnlyList<StaleReason>> Stale { get; init; } =
        new Dictionary<SystemId, IReadOnlyList<StaleReason>>();

    /// <summary>Machines that the plan would take and does not find: the request of the cluster in the queue.</summary>
    public ValueList<Shortfall> Lacking { get; init; } = [];

    /// <summary>The desired state is reached.</summary>
    public bool IsSettled => Steps.Count is 0 && Pending.Count is 0 && Blockers.Count is 0;
}

/// <param name="Reason">CamelCase and stable, for example <c>Deploying</c>.</param>
/// <param name="Message">A sentence.</param>
public sealed record Wait(string Reason, string Message, SystemId? Machine = null);
