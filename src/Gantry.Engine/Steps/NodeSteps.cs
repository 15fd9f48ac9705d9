using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Steps that speak with the cluster's own API server.</summary>
internal static class NodeSteps
{
    /// <summary>Names the pool of a node, and says that the node is one of ours.</summary>
    public const string PoolLabel = "gantry.dev/pool";

    public static async Task<StepOutcome> AdmitAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        var member = run.Member(machine);
        var secrets = await run.GetSecretsAsync(cancellationToken);
        var until = run.Now + run.State.Options.Limits.Token;
        if (member is { Role: PoolRole.ControlPlane, AdmittedAt: null })
        {
            // Before the call: a turn whose answer is lost was given all the same, and only one may have it.
            member = member with { AdmittedAt = run.Now, AdmittedUntil = run.Now };
            await run.SaveAsync(member, cancellationToken);
        }

        await Workload(run).AdmitAsync(
            BootstrapToken.For(secrets.TokenKey, member.Intent), until, $"gantry: {member.Hostname}", cancellationToken);
        await run.SaveAsync(member with { AdmittedAt = member.AdmittedUntil > member.AdmittedAt ? member.AdmittedAt : run.Now, AdmittedUntil = until }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> ApplyAddonsAsync(RunScope run, Step.ApplyAddons step, CancellationToken cancellationToken)
    {
        foreach (var addon in AddonDigest.InOrder(run.Spec.Addons))
        {
            try
            {
                await Workload(run).ApplyAsync(addon.Manifest, cancellationToken);
            }
            catch (WorkloadException refused) when (!refused.Unreachable)
            {
                return new StepOutcome.Refused(Reasons.AddonsFailed, $"{addon.Name} {addon.Version} could not be applied: {refused.Message}");
            }
        }

        await run.SaveAsync(run.Record with { AppliedAddons = step.Digest }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> LabelAsync(RunScope run, Step.LabelNode step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is { } pool)
        {
            await Workload(run).LabelAsync(member.NodeName, Marks(member, pool), cancellationToken);
        }

        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> CordonAsync(RunScope run, Step.Cordon step, CancellationToken cancellationToken)
    {
        // Written down before the call: one whose answer is lost cordons the node all the same.
        var member = run.Member(step.Machine);
        var leaving = member.Enter(MachineState.Draining, run.Now) with { Removal = new Removal(step.Kind, step.Because), Drained = false };
        var record = run.Record.With(leaving);
        if (step.Kind is RemovalKind.Replacement)
        {
            record = record with
            {
                LastRepaved = new Dictionary<string, DateTimeOffset>(record.LastRepaved) { [member.Pool] = run.Now },
            };
        }

        await run.SaveAsync(record, cancellationToken);
        await run.State.Late.WatchAsync(WayOut(step.Machine), Workload(run).CordonAsync(member.NodeName, cancellationToken));
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> UncordonAsync(RunScope run, Step.Uncordon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (run.State.Late.MayArrive(WayOut(step.Machine), askedBefore: true))
        {
            return new StepOutcome.Waiting(Reasons.Observing, $"{member.Hostname} stays after all; a call that takes it away was interrupted and may still arrive.");
        }

        await Workload(run).UncordonAsync(member.NodeName, cancellationToken);
        await run.SaveAsync(member.Enter(MachineState.Ready, run.Now) with { Removal = null, Drained = false }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> DrainAsync(RunScope run, Step.Drain step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.State.Late.WatchAsync(WayOut(step.Machine), Workload(run).CordonAsync(member.NodeName, cancellationToken));
        var left = await run.State.Late.WatchAsync(WayOut(step.Machine), Workload(run).DrainAsync(member.NodeName, step.Force, cancellationToken));
        if (left.Count > 0)
        {
            var more = left.Count > 5 ? $"; and {left.Count - 5} more" : "";
            return new StepOutcome.Waiting(Reasons.DrainBlocked, $"{member.Hostname} cannot leave yet: {string.Join("; ", left.Take(5))}{more}");
        }

        await run.SaveAsync(member with { Drained = true }, cancellationToken);
        if (run.View.Find(member.Machine) is { } machine)
        {
            await run.State.LearnAsync(TimingSample.Of(TimedPhase.Drain, EngineState.AsCandidate(machine), run.Now - member.Since), cancellationToken);
        }

        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> DeleteAsync(RunScope run, Step.DeleteNode step, CancellationToken cancellationToken)
    {
        await run.State.Late.WatchAsync(WayOut(step.Machine), Workload(run).DeleteNodeAsync(run.Member(step.Machine).NodeName, cancellationToken));
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> DeleteOrphanAsync(RunScope run, Step.DeleteOrphanNode step, CancellationToken cancellationToken)
    {
        await Workload(run).DeleteNodeAsync(step.Node, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> MoveEtcdLeaderAsync(RunScope run, Step.MoveEtcdLeader step, CancellationToken cancellationToken)
    {
        await Workload(run).MoveEtcdLeaderAsync(step.To, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> RemoveEtcdMemberAsync(RunScope run, Step.RemoveEtcdMember step, CancellationToken cancellationToken)
    {
        if (step.Machine is { } leaving && await TakenMeanwhileAsync(run, leaving, cancellationToken) is { } taken)
        {
            return new StepOutcome.Waiting(
                Reasons.QuorumAtRisk, $"{run.Member(leaving).Hostname} stays in etcd for now: MAAS shows that {taken.Hostname} is being taken away by somebody.");
        }

        var removal = Workload(run).RemoveEtcdMemberAsync(step.Member, cancellationToken);
        await (step.Machine is { } machine ? run.State.Late.WatchAsync(WayOut(machine), removal) : removal);
        return StepOutcome.Finished;
    }

    // etcd does not know yet of a machine that has just been released: MAAS is looked at once more, at the last moment. What
    // was gone before the plan was made, the plan has taken into account.
    private static async Task<Member?> TakenMeanwhileAsync(RunScope run, SystemId leaving, CancellationToken cancellationToken)
    {
        var others = run.Record.Members
            .Where(member => member is { Role: PoolRole.ControlPlane, Stays: true, JoinedAt: not null } && member.Machine != leaving)
            .Select(member => (Member: member, WasOurs: MaasStatus.Sight(run.View.Find(member.Machine)).IsPresent))
            .ToList();
        await run.View.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return others.FirstOrDefault(other => MaasStatus.Sight(run.View.Find(other.Member.Machine)) switch
        {
            Observation<MaasFacts>.Absent => other.WasOurs,
            Observation<MaasFacts>.Present { Value.Progress: MaasProgress.Releasing } => true,
            _ => false,
        }).Member;
    }

    public static async Task<StepOutcome> PrepareVersionAsync(RunScope run, Step.PrepareVersion step, CancellationToken cancellationToken)
    {
        if (run.State.Late.MayArrive(Preparation(run), askedBefore: run.Record.KubeadmVersion is ClusterRecord.UnsureVersion))
        {
            return new StepOutcome.Waiting(Reasons.Observing, "A change of kubeadm's configuration was interrupted and may still arrive.");
        }

        // Before the call: one whose answer is lost has changed it all the same, and the wish may be another one by then.
        await run.SaveAsync(run.Record with { KubeadmVersion = ClusterRecord.UnsureVersion }, cancellationToken);
        await run.State.Late.WatchAsync(Preparation(run), Workload(run).SetKubernetesVersionAsync(step.Version, cancellationToken));
        await run.SaveAsync(run.Record with { KubeadmVersion = step.Version }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> UpgradeAddonsAsync(RunScope run, Step.UpgradeAddons step, CancellationToken cancellationToken)
    {
        await Workload(run).UpgradeAddonsAsync(step.Version, cancellationToken);
        await run.SaveAsync(run.Record with { Version = step.Version }, cancellationToken);
        return StepOutcome.Finished;
    }

    // What is on its way to take a node away, as the late calls name it.
    private static string WayOut(SystemId machine) => $"leave {machine}";

    private static string Preparation(RunScope run) => $"kubeadm's configuration of {run.Spec.Id}";

    // The same pool and machine, the same marks: a node is looked at every few seconds.
    private static readonly ConditionalWeakTable<MachinePool, ConcurrentDictionary<(SystemId Machine, string Zone), NodeMetadata>> Made = new();

    public static NodeMetadata Marks(Member member, MachinePool pool) =>
        Made.GetOrCreateValue(pool).GetOrAdd((member.Machine, member.Zone), _ => Make(member, pool));

    private static NodeMetadata Make(Member member, MachinePool pool)
    {
        var labels = new Dictionary<string, string>(pool.Labels) { [PoolLabel] = pool.Name };
        if (member.Zone.Length > 0)
        {
            // MAAS lets a zone's name have spaces, a label's value does not.
            labels["topology.kubernetes.io/zone"] = member.Zone.Replace(' ', '-');
        }

        if (pool.Role is PoolRole.Worker || pool.AlsoWorker)
        {
            labels["node-role.kubernetes.io/worker"] = "";
        }

        return new NodeMetadata($"maas:///{member.Zone}/{member.Machine}", labels, pool.Annotations, pool.Taints);
    }

    private static IWorkloadCluster Workload(RunScope run) =>
        run.Workload ?? throw new WorkloadException(unreachable: true, "the API server does not answer");
}
