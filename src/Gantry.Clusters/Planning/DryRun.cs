using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The whole way to a desired state, if everything goes well: plan, assume that the steps succeed, plan again. The same
/// planner that drives the engine writes the dry run.
/// </summary>
public static class DryRun
{
    // A round moves at least one machine one state on; no cluster has as many machines as this.
    private const int MostRounds = 5000;

    public static PlanDocument Write(ClusterSpec desired, ClusterObservation observed, Inventory inventory, DateTimeOffset now)
    {
        var (steps, first, _) = Run(desired, observed, inventory, now);
        var lines = Lines(steps, observed);
        var waits = first.Pending.Select(wait => wait.Message).ToList();
        return new PlanDocument(Hash(desired, lines, waits, first.Blockers), [.. lines], [.. waits], [.. first.Blockers]);
    }

    /// <returns>Every step in order, the plan that can begin now, and how things stand when nothing is left to do.</returns>
    public static (IReadOnlyList<Step> Steps, Plan First, ClusterObservation End) Run(
        ClusterSpec desired, ClusterObservation observed, Inventory inventory, DateTimeOffset now)
    {
        var steps = new List<Step>();
        Plan? first = null;
        Plan? last = null;

        // The pause between two replacements moves the end, not what is done.
        var hurried = desired with { Pools = [.. desired.Pools.Select(pool => pool with { RepaveInterval = TimeSpan.Zero })] };
        var returning = new List<Candidate>();
        for (var round = 0; round < MostRounds; round++)
        {
            var plan = Planner.Plan(round is 0 ? desired : hurried, observed, inventory, now);
            if (returning.Count > 0 && plan.Steps.Count is 0)
            {
                inventory = Returned();
                plan = Planner.Plan(hurried, observed, inventory, now);
            }

            first ??= plan;
            steps.AddRange(plan.Steps);
            var next = observed;
            foreach (var step in plan.Steps)
            {
                returning.AddRange(GivenBack(next, step));
                next = step.Apply(next, desired, now);
            }

            if (next.Members.Any(seen => seen.Member.State is MachineState.Deploying))
            {
                inventory = Returned();
            }

            next = Settle(next, now);
            if (plan.Steps.Count is 0 && Alike(next, observed))
            {
                break;
            }

            observed = next;
            last = plan;
        }

        // What stops it half-way stops it: better to know before it begins. What stands in the way already only shrinks.
        var stops = last is null ? [] : last.Blockers.Where(late => first!.Blockers.All(early => early.Reason != late.Reason));
        return (steps, first! with { Blockers = [.. first!.Blockers, .. stops] }, observed);

        // MAAS takes a while to have a machine back, less than another installation takes.
        Inventory Returned()
        {
            var more = new Inventory([.. inventory.Free, .. returning]);
            returning.Clear();
            return more;
        }
    }

    // What is released may be taken again: contracting first counts on it.
    private static IEnumerable<Candidate> GivenBack(ClusterObservation seen, Step step) =>
        step.Traits.Stage is StepStage.Release
        && seen.Members.FirstOrDefault(member => member.Id == step.Target) is { Member.Quarantined: false } left
        && left.Maas.ValueOrDefault?.Hardware is { } hardware
            ? [hardware]
            : [];

    /// <summary>What one would see if everything the ledger says were so.</summary>
    /// <param name="hardware">What MAAS shows of a machine; <c>null</c> when it shows nothing.</param>
    public static ClusterObservation Assume(
        IReadOnlyList<Member> members, bool initialized, bool formed, string? appliedAddons, Func<SystemId, Candidate?> hardware) => new()
        {
            Members = [.. members.Select(member => Sight(member, hardware(member.Machine)))],
            Initialized = initialized,
            Formed = formed,
            AppliedAddons = appliedAddons,
            Api = initialized ? new Observation<ApiFacts>.Present(new ApiFacts(members.Count)) : new Observation<ApiFacts>.Absent(),
            Etcd = Etcd(members.Where(member => member is { Role: PoolRole.ControlPlane, JoinedAt: not null, State: not MachineState.Releasing })),
        };

    /// <summary>What time alone brings: installed machines boot, the first control plane comes up, admitted machines join.</summary>
    public static ClusterObservation Settle(ClusterObservation seen, DateTimeOffset now)
    {
        var first = seen.Members.FirstOrDefault(member => member.Member is { Initializes: true, State: MachineState.Deploying })?.Member;
        var initialized = seen.Initialized || first is not null;
        var members = seen.Members.Select(member => member.Member switch
        {
            { State: MachineState.Deploying, Initializes: true } => Joined(member),
            { State: MachineState.Deploying } deploying => Sight(deploying.Enter(MachineState.Joining, now), member.Maas.ValueOrDefault?.Hardware),
            { State: MachineState.Joining or MachineState.NotReady, AdmittedAt: not null } => Joined(member),
            _ => member,
        }).ToList();
        return seen with
        {
            Initialized = initialized,
            Version = seen.Version ?? first?.Build?.KubernetesVersion,
            KubeadmVersion = seen.KubeadmVersion ?? first?.Build?.KubernetesVersion,
            Etcd = initialized && seen.Etcd.ValueOrDefault is null ? Etcd(members.Select(member => member.Member).Where(member => member.Initializes)) : WithJoined(seen, members),
            Api = initialized ? new Observation<ApiFacts>.Present(new ApiFacts(members.Count)) : seen.Api,
            Members = members,
        };

        MemberObservation Joined(MemberObservation member) =>
            Sight(member.Member.Enter(MachineState.Ready, now) with { JoinedAt = member.Member.JoinedAt ?? now }, member.Maas.ValueOrDefault?.Hardware) with
            {
                Node = Node(member.Member, labelled: false),
            };
    }

    private static Observation<EtcdFacts> Etcd(IEnumerable<Member> members) => new Observation<EtcdFacts>.Present(new EtcdFacts(
    [
        .. members.Select((member, index) => new EtcdMember(member.NodeName, member.NodeName, Voting: true, Healthy: true, Leader: index is 0)),
    ]));

    private static Observation<EtcdFacts> WithJoined(ClusterObservation seen, List<MemberObservation> members)
    {
        if (seen.Etcd.ValueOrDefault is not { } etcd)
        {
            return seen.Etcd;
        }

        var joined = members
            .Select(member => member.Member)
            .Where(member => member is { Role: PoolRole.ControlPlane, State: MachineState.Ready } && etcd.Find(member.NodeName) is null
                && seen.Members.First(before => before.Id == member.Machine).Member.State is not MachineState.Ready)
            .Select(member => new EtcdMember(member.NodeName, member.NodeName, Voting: true, Healthy: true, Leader: false));
        return new Observation<EtcdFacts>.Present(new EtcdFacts([.. etcd.Members, .. joined]));
    }

    /// <summary>What one would see of the machine if what the ledger says were so.</summary>
    internal static MemberObservation Sight(Member member, Candidate? hardware) => new(
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
        member.State is MachineState.Ready or MachineState.Draining ? Node(member, labelled: true) : new Observation<NodeFacts>.Absent());

    private static Observation<MaasFacts> Maas(Member member, MaasProgress progress, Candidate? hardware) =>
        new Observation<MaasFacts>.Present(new MaasFacts(progress, progress.ToString(), member.Addresses, Hardware: hardware));

    private static Observation<NodeFacts> Node(Member member, bool labelled) =>
        new Observation<NodeFacts>.Present(new NodeFacts(member.Hostname, Ready: true, Unschedulable: false, labelled, ""));

    private static bool Alike(ClusterObservation one, ClusterObservation other) =>
        one.Initialized == other.Initialized
        && one.Version == other.Version
        && one.AppliedAddons == other.AppliedAddons
        && Equals(one.Endpoint, other.Endpoint)
        && one.Members.Select(member => (member.Id, member.Member.State)).SequenceEqual(other.Members.Select(member => (member.Id, member.Member.State)));

    // A machine that leaves one pool may be taken again for another: its steps until then are of the first.
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
            lines.Add(new PlannedStep(
                step.Symbol, step.Name, step.Target?.Value, allocation?.Hostname ?? member?.Hostname, allocation?.Pool ?? member?.Pool,
                allocation?.Zone ?? member?.Zone, step.Reason, step.IsDisruptive));
        }

        return lines;
    }

    private static string Hash(
        ClusterSpec desired, IReadOnlyList<PlannedStep> steps, IReadOnlyList<string> waits, IReadOnlyList<Blocker> refusals)
    {
        var text = new StringBuilder();
        text.Append(desired.Id).Append('\n').Append(desired.Generation).Append('\n');
        text.AppendJoin('\n', steps).Append('\n');
        text.AppendJoin('\n', waits).Append('\n');
        text.AppendJoin('\n', refusals);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
