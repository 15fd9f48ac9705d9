using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The whole way to a desired state, if everything goes well: plan, assume that the steps succeed, plan again. The same
/// planner that drives the engine writes the dry run.
/// </summary>
public static class Forecast
{
    // A round moves at least one machine one state on; no cluster has as many machines as this.
    private const int MostRounds = 5000;

    public static PlanDocument Write(ClusterSpec desired, ClusterObservation observed, Inventory inventory, DateTimeOffset now)
    {
        var (steps, first, _) = Run(desired, observed, inventory, now);
        var lines = steps.Select(step => Line(step, observed, steps)).ToList();
        var waits = first.Waits.Select(wait => wait.Message).ToList();
        return new PlanDocument(Hash(desired, lines, waits, first.Refusals), lines, waits, first.Refusals);
    }

    /// <returns>Every step in order, the plan that can begin now, and how things stand when nothing is left to do.</returns>
    public static (IReadOnlyList<Step> Steps, Plan First, ClusterObservation End) Run(
        ClusterSpec desired, ClusterObservation observed, Inventory inventory, DateTimeOffset now)
    {
        var steps = new List<Step>();
        Plan? first = null;
        for (var round = 0; round < MostRounds; round++)
        {
            var plan = Planner.Plan(desired, observed, inventory, now);
            first ??= plan;
            steps.AddRange(plan.Steps);
            var next = Settle(plan.Steps.Aggregate(observed, (seen, step) => After(seen, step, desired, now)), now);
            if (plan.Steps.Count is 0 && Alike(next, observed))
            {
                break;
            }

            observed = next;
        }

        return (steps, first!, observed);
    }

    /// <summary>What one would see if everything the ledger says were so.</summary>
    public static ClusterObservation Assume(IReadOnlyList<Member> members, bool initialized, bool formed, string? appliedAddons) => new()
    {
        Members = [.. members.Select(Sight)],
        Initialized = initialized,
        Formed = formed,
        AppliedAddons = appliedAddons,
        Api = initialized ? new Sighting<ApiFacts>.Present(new ApiFacts(members.Count)) : new Sighting<ApiFacts>.Absent(),
    };

    /// <summary>The observation after a step has had its effect.</summary>
    public static ClusterObservation After(ClusterObservation seen, Step step, ClusterSpec desired, DateTimeOffset now) => step switch
    {
        Step.ReserveAddress reserve => seen with { Endpoint = new EndpointFacts(reserve.Address ?? "a free address", EndpointPlan.Port, []) },
        Step.RecordDns dns => seen with { Endpoint = new EndpointFacts(dns.Fqdn, EndpointPlan.Port, dns.Addresses) },
        Step.ReleaseEndpoint => seen with { Endpoint = null },
        Step.ApplyAddons addons => seen with { AppliedAddons = addons.Digest },
        Step.Allocate allocate => Allocated(seen, allocate, now),
        Step.Deploy deploy => Change(seen, deploy.Machine, member => member.Enter(MachineState.Deploying, now) with
        {
            Initializes = deploy.Bootstrap is Bootstrap.InitControlPlane,
            Addresses = [$"address of {member.Hostname}"],
        }),
        Step.JoinControlPlane join => Change(seen, join.Machine, member => Admitted(member, now)),
        Step.JoinWorker join => Change(seen, join.Machine, member => Admitted(member, now)),
        Step.LabelNode label => seen with
        {
            Members =
            [
                .. seen.Members.Select(member => member.Id == label.Machine && member.Node is Sighting<NodeFacts>.Present node
                    ? member with { Node = new Sighting<NodeFacts>.Present(node.Value with { Labelled = true }) }
                    : member),
            ],
        },
        Step.Cordon cordon => Change(seen, cordon.Machine, member => member.Enter(MachineState.Draining, now)),
        Step.Drain drain => Change(seen, drain.Machine, member => member with { Drained = true }),
        Step.Quarantine quarantine => Change(seen, quarantine.Machine, member => member with { Quarantined = true }),
        Step.Release release => Remove(seen, release.Machine),
        Step.Forget forget => Remove(seen, forget.Machine),
        Step.StartOver => seen with { Initialized = false, AppliedAddons = null, Members = [] },
        Step.DeleteNode delete => seen with
        {
            Members =
            [
                .. seen.Members.Select(member =>
                    member.Id == delete.Machine ? member with { Node = new Sighting<NodeFacts>.Absent() } : member),
            ],
        },
        _ => throw new InvalidOperationException($"Nobody has said what {step.Name} of {desired.Name} leads to."),
    };

    // What time alone brings: installed machines boot, the first control plane comes up, admitted machines join.
    private static ClusterObservation Settle(ClusterObservation seen, DateTimeOffset now)
    {
        var initialized = seen.Initialized || seen.Members.Any(member => member.Member is { Initializes: true, State: MachineState.Deploying });
        var members = seen.Members.Select(member => member.Member switch
        {
            { State: MachineState.Deploying, Initializes: true } => Sight(member.Member.Enter(MachineState.Ready, now)) with { Node = Node(member.Member, labelled: false) },
            { State: MachineState.Deploying } deploying => Sight(deploying.Enter(MachineState.Joining, now)),
            { State: MachineState.Joining or MachineState.NotReady, AdmittedAt: not null } joining =>
                Sight(joining.Enter(MachineState.Ready, now)) with { Node = Node(joining, labelled: false) },
            _ => member,
        }).ToList();
        return seen with
        {
            Initialized = initialized,
            Api = initialized ? new Sighting<ApiFacts>.Present(new ApiFacts(members.Count)) : seen.Api,
            Members = members,
        };
    }

    private static MemberSighting Sight(Member member) => new(
        member,
        member.State switch
        {
            MachineState.Chosen => new Sighting<MaasFacts>.Unknown("its allocation is not confirmed"),
            MachineState.Allocated => Maas(member, MaasProgress.Allocated),
            MachineState.Deploying => Maas(member, MaasProgress.Deploying),
            MachineState.Releasing => Maas(member, MaasProgress.Releasing),
            MachineState.Released => new Sighting<MaasFacts>.Absent(),
            _ => Maas(member, MaasProgress.Deployed),
        },
        member.State is MachineState.Ready or MachineState.Draining ? Node(member, labelled: true) : new Sighting<NodeFacts>.Absent());

    private static Sighting<MaasFacts> Maas(Member member, MaasProgress progress) =>
        new Sighting<MaasFacts>.Present(new MaasFacts(progress, progress.ToString(), member.Addresses));

    private static Sighting<NodeFacts> Node(Member member, bool labelled) =>
        new Sighting<NodeFacts>.Present(new NodeFacts(member.Hostname, Ready: true, Unschedulable: false, labelled, ""));

    private static ClusterObservation Allocated(ClusterObservation seen, Step.Allocate step, DateTimeOffset now)
    {
        var member = new Member
        {
            Machine = step.Machine,
            Hostname = step.Hostname,
            Pool = step.Pool,
            Role = step.Role,
            Zone = step.Zone,
            State = MachineState.Allocated,
            Since = now,
            Intent = "",
        };
        return seen with { Members = [.. seen.Members.Where(other => other.Id != step.Machine), Sight(member)] };
    }

    private static Member Admitted(Member member, DateTimeOffset now) =>
        member with { AdmittedAt = now, AdmittedUntil = now + TimeSpan.FromDays(1) };

    private static ClusterObservation Change(ClusterObservation seen, SystemId machine, Func<Member, Member> change) => seen with
    {
        Members =
        [
            .. seen.Members.Select(member =>
                member.Id == machine ? member with { Member = change(member.Member) } : member),
        ],
    };

    private static ClusterObservation Remove(ClusterObservation seen, SystemId machine) =>
        seen with { Members = [.. seen.Members.Where(member => member.Id != machine)] };

    private static bool Alike(ClusterObservation one, ClusterObservation other) =>
        one.Initialized == other.Initialized
        && one.AppliedAddons == other.AppliedAddons
        && Equals(one.Endpoint, other.Endpoint)
        && one.Members.Select(member => (member.Id, member.Member.State)).SequenceEqual(other.Members.Select(member => (member.Id, member.Member.State)));

    private static PlannedStep Line(Step step, ClusterObservation observed, IReadOnlyList<Step> steps)
    {
        var member = observed.Members.FirstOrDefault(seen => seen.Id == step.Target)?.Member;
        var allocation = steps.OfType<Step.Allocate>().FirstOrDefault(allocate => allocate.Machine == step.Target);
        return new PlannedStep(
            step.Symbol, step.Name, step.Target?.Value, allocation?.Hostname ?? member?.Hostname, allocation?.Pool ?? member?.Pool,
            allocation?.Zone ?? member?.Zone, step.Because);
    }

    private static string Hash(
        ClusterSpec desired, IReadOnlyList<PlannedStep> steps, IReadOnlyList<string> waits, IReadOnlyList<Refusal> refusals)
    {
        var text = new StringBuilder();
        text.Append(desired.Id).Append('\n').Append(desired.Generation).Append('\n');
        text.AppendJoin('\n', steps).Append('\n');
        text.AppendJoin('\n', waits).Append('\n');
        text.AppendJoin('\n', refusals);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
