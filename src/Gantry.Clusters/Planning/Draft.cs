using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>A plan while it is being written, with what the parts of the planner look at.</summary>
internal sealed class Draft(ClusterSpec desired, ClusterObservation observed, Limits limits, DateTimeOffset now)
{
    private readonly List<Step> steps = [];
    private readonly List<Wait> waits = [];
    private readonly List<Refusal> refusals = [];

    public ClusterSpec Desired { get; } = desired;

    public ClusterObservation Observed { get; } = observed;

    public Limits Limits { get; } = limits;

    public DateTimeOffset Now { get; } = now;

    public IReadOnlyList<MemberSighting> ControlPlanes { get; } =
        [.. observed.Members.Where(seen => seen.Member.Role is PoolRole.ControlPlane)];

    public bool Refused => refusals.Count > 0;

    public void Do(Step step) => steps.Add(step);

    public void Wait(string reason, string message, SystemId? machine = null) => waits.Add(new Wait(reason, message, machine));

    public void Refuse(string reason, string message) => refusals.Add(new Refusal(reason, message));

    public Plan ToPlan() => new(steps, waits, refusals);
}
