using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Every step to a desired state when all goes well: plan, assume that the steps succeed, plan again. The engine and the
/// dry run use the same planner.
/// </summary>
public static class DryRun
{
    // A round moves at least one machine by one state, and no cluster has this many machines.
    private const int MostRounds = 5000;

    public static PlanDocument Write(
        ClusterSpec desired,
        ClusterObservation observed,
        Inventory inventory,
        DateTimeOffset now,
        Limits? limits = null
    )
    {
        var run = Run(desired, observed, inventory, now, limits);
        var lines = Lines(run.Steps, observed);
        var pending = run.Pending.Select(wait => wait.Message).ToList();
        var blockers = run.Blockers;
        return new PlanDocument(Hash(desired, lines, pending, blockers), [.. lines], [.. pending], [.. blockers])
        {
            Warnings = run.Warnings,
        };
    }

    public static DryRunResult Run(
        ClusterSpec desired,
        ClusterObservation observed,
        Inventory inventory,
        DateTimeOffset now,
        Limits? limits = null
    )
    {
        desired = ImageChoice.Apply(observed.ImageChoice, desired);

        // When MAAS is asked again for a release that failed changes no decision.
        limits = (limits ?? Limits.Default) with
        {
            FirstReleasePause = TimeSpan.Zero,
        };
        var first = Planner.Plan(desired, observed, inventory, now, limits);
        var refused = observed.Refusals.Where(refusal => first.Steps.Contains(refusal.Step)).ToList();
        var beginning = observed;
        var plan = first;
        var steps = new List<Step>();
        var returning = new List<Candidate>();
        var joined = new List<Member>();

        // The pause between two replacements delays the end and does not change the steps.
        var hurried = desired with
        {
            Pools = [.. desired.Pools.Select(pool => pool with { RepaveInterval = TimeSpan.Zero })],
        };
        for (var round = 1; round < MostRounds; round++)
        {
            steps.AddRange(plan.Steps);
            var done = observed;
            var current = Planner.Now(desired, observed);
            var free = new List<Candidate>();
            foreach (var step in plan.Steps)
            {
                (IsWaitedFor(desired, done, step) ? free : returning).AddRange(GivenBack(done, step));
                done = WithHardware(step.Apply(done, current, now), step, inventory);
            }

            if (free.Count > 0)
            {
                inventory = inventory.With(free);
            }

            // A release in MAAS takes a while, but less than another installation.
            if (done.Members.Any(seen => seen.Member.State is MachineState.Deploying))
            {
                TakeBack();
            }

            var next = WithVersions(Settle(done, now), done, current);
            joined.AddRange(GivenEndpoint.InService(next).ExceptBy(GivenEndpoint.InService(observed).Select(Id), Id));
            returning.AddRange(done.Members.Where(seen => next.Find(seen.Id) is null).SelectMany(Free));
            var before = plan;
            plan = Planner.Plan(hurried, next, inventory, now, limits);
            if (plan.Steps.Count is 0 && returning.Count > 0)
            {
                TakeBack();
                plan = Planner.Plan(hurried, next, inventory, now, limits);
            }

            var moves = !Alike(next, observed) || !plan.Steps.SequenceEqual(before.Steps);
            observed = next;
            if (!moves)
            {
                break;
            }
        }

        // What stops the change half-way is reported before it begins. What the first plan names already is not repeated.
        var stops = plan
            .Blockers.Concat(plan.Leaving.Where(IsNew).Select(left => new Blocker(left.Reason, left.Message.TrimEnd('.'))))
            .Where(late => first.Blockers.All(early => early.Reason != late.Reason || early.Subject != late.Subject))
            .ToList();
        var waits = plan
            .Pending.Where(late =>
                late.Reason is Reasons.WaitsForTurn or Reasons.QuorumAtRisk
                && first.Pending.All(early => early.Reason != late.Reason)
            )
            .ToList();
        return new DryRunResult(steps, first, stops, observed)
        {
            Waits = waits,
            Refused = refused,
            Warnings = Warnings(desired, first, steps, beginning, observed, joined),
        };

        static SystemId Id(Member member) => member.Machine;

        bool IsNew(Wait left) => first.Leaving.All(early => early.Machine != left.Machine);

        void TakeBack()
        {
            inventory = inventory.With([.. returning]);
            returning.Clear();
        }
    }

    private static ValueList<string>? Warnings(
        ClusterSpec desired,
        Plan first,
        IReadOnlyList<Step> steps,
        ClusterObservation before,
        ClusterObservation after,
        IReadOnlyList<Member> joined
    )
    {
        ValueList<string> warnings = desired.Deletion is null
            ?
            [
                .. steps.Any(step => step is Step.Deploy) ? ImageChoice.Notes(desired, before.ImageChoice) : [],
                .. EtcdRolls.Notes(EtcdRolls.Of(desired, before)),
                .. SpreadNotes.Of(desired, before, after),
                .. GivenEndpoint.Notes(desired, before, after, joined),
                .. first.Drift.Select(note => note.Text),
            ]
            : [];
        return warnings.Count > 0 ? warnings : null;
    }

    // MAAS shows the hardware of a machine that was taken, as the inventory shows it now.
    private static ClusterObservation WithHardware(ClusterObservation seen, Step step, Inventory inventory) =>
        step is Step.Allocate { Machine: var machine }
            ? seen.Replace(
                machine,
                taken =>
                    taken.Maas.ValueOrDefault is { } facts
                        ? taken with
                        {
                            Maas = new Observation<MaasFacts>.Present(
                                facts with
                                {
                                    Hardware = facts.Hardware ?? inventory.Free.FirstOrDefault(free => free.Machine == machine),
                                }
                            ),
                        }
                        : taken
            )
            : seen;

    // A released machine may be taken again: pools that contract first depend on it.
    private static IEnumerable<Candidate> GivenBack(ClusterObservation seen, Step step) =>
        step.Traits.Stage is StepStage.Release && seen.Members.FirstOrDefault(member => member.Id == step.Target) is { } left
            ? Free(left)
            : [];

    // A pool without surge takes no machine before MAAS has the last one back.
    private static bool IsWaitedFor(ClusterSpec desired, ClusterObservation seen, Step step) =>
        step.Target is { } machine
        && seen.Find(machine) is { Member.Pool: var name }
        && desired.Pools.Any(pool => pool.Name == name && pool.RollingUpdate.MaxSurge is 0);

    private static IEnumerable<Candidate> Free(MemberObservation left) =>
        left is { Member.Quarantined: false, Maas: Observation<MaasFacts>.Present { Value.Hardware: { } hardware } }
            ? [hardware]
            : [];

    /// <summary>
    /// Changes that need only time, or the operator of a given endpoint: installed machines boot, the first control plane comes
    /// up, admitted machines join, released machines are free, and what cannot be observed now matches the ledger.
    /// </summary>
    public static ClusterObservation Settle(ClusterObservation seen, DateTimeOffset now)
    {
        var first = seen
            .Members.FirstOrDefault(member =>
                member.Member is { Initializes: true, State: MachineState.Deploying or MachineState.Joining }
            )
            ?.Member;
        var initialized = seen.Initialized || first is not null;
        var members = seen.Members.Where(member => !IsReleased(member)).Select(Later).Select(HandedOver).ToList();
        return seen with
        {
            // Its operator follows what the plan tells about the endpoint.
            Reach = new Observation<EndpointReach>.Absent(),
            Initialized = initialized,
            Version = seen.Version ?? first?.Build?.KubernetesVersion,
            KubeadmVersion =
                seen.KubeadmVersion
                ?? (first?.Build is { } build ? new KubeadmVersionState.Known(build.KubernetesVersion) : null),
            ControlPlaneSettings =
                seen.KubeadmVersion is null && first?.Build is { } bootstrap
                    ? bootstrap.ControlPlaneSettings
                    : seen.ControlPlaneSettings,
            Etcd =
                initialized && seen.Etcd.ValueOrDefault is null
                    ? Etcd(members.Select(member => member.Member).Where(IsInEtcd))
                    : WithJoined(seen, members),
            Api = initialized ? new Observation<ApiFacts>.Present(new ApiFacts(members.Count)) : seen.Api,
            Members = members,
        };

        MemberObservation Later(MemberObservation member) =>
            member.Member switch
            {
                { State: MachineState.Deploying, Initializes: true } => Joined(member),
                { State: MachineState.Joining, Initializes: true } when !seen.Initialized => Joined(member),
                { State: MachineState.Deploying } deploying => Sight(
                    deploying.Enter(MachineState.Joining, now),
                    member.Maas.ValueOrDefault?.Hardware
                ),
                { State: MachineState.Joining or MachineState.NotReady, AdmittedAt: not null } => Joined(member),
                _ => Seen(member),
            };

        MemberObservation HandedOver(MemberObservation member) => member with { Member = member.Member with { HandOver = null } };

        MemberObservation Joined(MemberObservation member) =>
            Sight(
                member.Member.Enter(MachineState.Ready, now) with
                {
                    JoinedAt = member.Member.JoinedAt ?? now,
                },
                member.Maas.ValueOrDefault?.Hardware
            ) with
            {
                Node = Node(member.Member, labelled: member.Node.ValueOrDefault?.Labelled ?? false),
            };
    }

    private static bool IsReleased(MemberObservation seen) =>
        seen
            is {
                Member.State: MachineState.Releasing,
                Maas: Observation<MaasFacts>.Present { Value: { Progress: MaasProgress.Releasing, Locked: false } }
            };

    private static bool IsInEtcd(Member member) =>
        member.Role is PoolRole.ControlPlane
        && member.State is not MachineState.Releasing
        && (member.Initializes || member.JoinedAt is not null);

    private static MemberObservation Seen(MemberObservation seen)
    {
        var assumed = Sight(seen.Member, seen.Maas.ValueOrDefault?.Hardware);
        return seen with
        {
            Maas = seen.Maas is Observation<MaasFacts>.Unknown ? assumed.Maas : seen.Maas,
            Node = seen.Node is Observation<NodeFacts>.Unknown ? assumed.Node : seen.Node,
        };
    }

    private static Observation<EtcdFacts> Etcd(IEnumerable<Member> members) =>
        new Observation<EtcdFacts>.Present(
            new EtcdFacts([
                .. members.Select(
                    (member, index) =>
                        new EtcdMember(member.NodeName, member.NodeName, Voting: true, Healthy: true, Leader: index is 0)
                ),
            ])
        );

    private static Observation<EtcdFacts> WithJoined(ClusterObservation seen, List<MemberObservation> members)
    {
        if (seen.Etcd.ValueOrDefault is not { } etcd)
        {
            return seen.Etcd;
        }

        var joined = members
            .Select(member => member.Member)
            .Where(member =>
                member is { Role: PoolRole.ControlPlane, State: MachineState.Ready }
                && etcd.Find(member.NodeName) is null
                && seen.Members.First(before => before.Id == member.Machine).Member.State is not MachineState.Ready
            )
            .Select(member => new EtcdMember(member.NodeName, member.NodeName, Voting: true, Healthy: true, Leader: false));
        return new Observation<EtcdFacts>.Present(new EtcdFacts([.. etcd.Members, .. joined]));
    }

    // A member that joins tells the version that kubeadm's configuration names.
    private static ClusterObservation WithVersions(ClusterObservation seen, ClusterObservation before, ClusterSpec desired) =>
        before.Etcd.ValueOrDefault is { } known
            ? seen.ChangeEtcd(members =>
                members.Select(member =>
                    member.Version is null && known.Find(member.Name) is null
                        ? member with
                        {
                            Version = EtcdVersions.JoiningWith(desired),
                        }
                        : member
                )
            )
            : seen;

    /// <summary>The observation of a machine that matches the ledger.</summary>
    internal static MemberObservation Sight(Member member, Candidate? hardware) =>
        new(
            member,
            member.State switch
            {
                MachineState.Selected => new Observation<MaasFacts>.Unknown("its allocation is not confirmed"),
                MachineState.Allocated => Maas(member, MaasProgress.Allocated, hardware),
                MachineState.Deploying => Maas(member, MaasProgress.Deploying, hardware),
                MachineState.Releasing => Maas(member, MaasProgress.Releasing, hardware),
                MachineState.Released => new Observation<MaasFacts>.Absent(),
                _ => Maas(member, MaasProgress.Deployed, hardware),
            },
            member.State is MachineState.Ready or MachineState.Draining
                ? Node(member, labelled: true)
                : new Observation<NodeFacts>.Absent()
        );

    private static Observation<MaasFacts> Maas(Member member, MaasProgress progress, Candidate? hardware) =>
        new Observation<MaasFacts>.Present(new MaasFacts(progress, progress.ToString(), member.Addresses, Hardware: hardware));

    private static Observation<NodeFacts> Node(Member member, bool labelled) =>
        new Observation<NodeFacts>.Present(new NodeFacts(member.Hostname, Ready: true, Unschedulable: false, labelled, ""));

    private static bool Alike(ClusterObservation one, ClusterObservation other) =>
        one.Initialized == other.Initialized
        && one.Version == other.Version
        && one.AppliedAddons == other.AppliedAddons
        && one.Api.GetType() == other.Api.GetType()
        && one.Etcd.GetType() == other.Etcd.GetType()
        && Equals(one.Endpoint, other.Endpoint)
        && one.Members.Select(Outline).SequenceEqual(other.Members.Select(Outline));

    private static (SystemId Machine, MachineState State, Type Maas, Type Node) Outline(MemberObservation seen) =>
        (seen.Id, seen.Member.State, seen.Maas.GetType(), seen.Node.GetType());

    // A machine may leave one pool and be taken for another: its steps up to then belong to the first pool.
    private static List<PlannedStep> Lines(IReadOnlyList<Step> steps, ClusterObservation observed)
    {
        var taken = new Dictionary<SystemId, Step.Allocate>();
        var lines = new List<PlannedStep>();
        foreach (var step in steps)
        {
            if (step is Step.Allocate allocate)
            {
                taken[allocate.Machine] = allocate;
            }

            var allocation = step.Target is { } target ? taken.GetValueOrDefault(target) : null;
            var member = observed.Members.FirstOrDefault(seen => seen.Id == step.Target)?.Member;
            lines.Add(
                new PlannedStep(
                    step.Symbol,
                    step.Name,
                    step.Target?.Value,
                    allocation?.Hostname ?? member?.Hostname,
                    allocation?.Pool ?? member?.Pool,
                    allocation?.Zone ?? member?.Zone,
                    step.Reason,
                    step.IsDisruptive
                )
            );
        }

        return lines;
    }

    private static string Hash(
        ClusterSpec desired,
        IReadOnlyList<PlannedStep> steps,
        IReadOnlyList<string> waits,
        IReadOnlyList<Blocker> refusals
    )
    {
        var text = new StringBuilder();
        text.Append(desired.Id).Append('\n').Append(desired.Generation).Append('\n');
        text.AppendJoin('\n', steps).Append('\n');
        text.AppendJoin('\n', waits).Append('\n');
        text.AppendJoin('\n', refusals);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}

/// <param name="Steps">Every step, in order.</param>
/// <param name="First">The plan that can begin now, the same that the engine makes from these facts.</param>
/// <param name="Stops">The blockers that would stop the change half-way.</param>
/// <param name="End">The observation when no step is left.</param>
public sealed record DryRunResult(IReadOnlyList<Step> Steps, Plan First, IReadOnlyList<Blocker> Stops, ClusterObservation End)
{
    /// <summary>Steps of <see cref="First"/> that the engine has tried already, and could not carry out.</summary>
    public IReadOnlyList<StepRefusal> Refused { get; init; } = [];

    /// <summary>What keeps the change from its end when no step is left, though nothing blocks it.</summary>
    public IReadOnlyList<Wait> Waits { get; init; } = [];

    /// <summary>What blocks the change now, and then what would stop it half-way.</summary>
    public IReadOnlyList<Blocker> Blockers =>
        [
            .. First.Blockers,
            .. Refused.Where(refusal => !refusal.GoesOn).Select(refusal => new Blocker(refusal.Reason, refusal.Message)),
            .. Stops,
        ];

    /// <summary>What the change waits for now, and then what keeps it from its end.</summary>
    public IReadOnlyList<Wait> Pending =>
        [
            .. Refused.Where(refusal => refusal.GoesOn).Select(refusal => new Wait(refusal.Reason, refusal.Message)),
            .. First.Pending,
            .. First.Leaving,
            .. Waits,
        ];

    /// <inheritdoc cref="PlanDocument.Warnings"/>
    public ValueList<string>? Warnings { get; init; }
}
