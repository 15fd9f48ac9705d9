using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>Builds what the planner reads from the record and the answers of MAAS and the cluster. Pure.</summary>
internal static class Observations
{
    public static ClusterObservation Describe(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        Observation<ApiFacts> api,
        Observation<EtcdFacts> etcd,
        ImageSight image
    ) =>
        new()
        {
            Members =
            [
                .. run.Record.Members.Select(member => new MemberObservation(
                    member,
                    SightMachine(run, member),
                    SightNode(run, member, nodes)
                )),
            ],
            Endpoint = run.Record.Endpoint is { } endpoint
                ? new EndpointFacts(endpoint.Host, endpoint.Port, endpoint.DnsAddresses, endpoint.Taken)
                : null,
            Initialized = run.Record.Initialized,
            Formed = run.Record.Formed || run.Record.InUse,
            Api = api,
            AppliedAddons = run.Record.AppliedAddons,
            Version = run.Record.Version,
            KubeadmVersion = run.Record.KubeadmVersion,
            KubeadmArguments = run.Record.KubeadmArguments,
            Etcd = etcd,
            OrphanNodes = Orphans(run, nodes),
            Template = run.State.Ports.Documents.Template,
            LastRepaved = run.Record.LastRepaved,
            Ends = run.Spec.Deletion is not null,
            SilentFor = run.Record.SilentSince is { } since ? run.Now - since : null,
            RepairsHeldUp =
                (run.Record.Formed || run.Record.InUse) && MayNeedRepair(run.Record) ? run.State.RepairsHeldUp(run.Now) : null,
            Image = image.Image,
            Architectures = image.Architectures,
            InstallFailures = InstallFailuresOf(run),
        };

    // Once a machine with this build has joined, the build works and a failure belongs to its machine. While no machine of the
    // cluster has joined with the image and version, failures of all pools count together.
    private static IReadOnlyList<InstallFailure> InstallFailuresOf(RunScope run)
    {
        var failed = run
            .State.Machines.Quarantined.Where(machine => machine.Cluster == run.Spec.Id && machine.Build is not null)
            .ToList();
        if (failed.Count is 0)
        {
            return [];
        }

        var joined = run.Record.Members.Where(member => member is { JoinedAt: not null, Build: not null }).ToList();
        var failures = new List<InstallFailure>();
        foreach (var pool in run.Spec.Pools)
        {
            var build = NodeBuild.Of(run.Spec, pool, run.State.Ports.Documents.Template);
            var works = joined.Exists(member => AreAlike(member.Build!, build));
            if (works && joined.Exists(member => member.Pool == pool.Name && build.Equals(member.Build)))
            {
                continue;
            }

            var alike = failed
                .Where(machine =>
                    works ? machine.Pool == pool.Name && build.Equals(machine.Build) : AreAlike(machine.Build!, build)
                )
                .ToList();
            if (alike.MaxBy(machine => machine.At) is { } last)
            {
                failures.Add(new InstallFailure(pool.Name, alike.Count, last.Reason));
            }
        }

        return failures;
    }

    private static bool AreAlike(NodeBuild one, NodeBuild other) =>
        one.Image == other.Image && one.KubernetesVersion == other.KubernetesVersion && one.Template == other.Template;

    // Whether repairs are held up depends on every machine of the gateway, so it is computed only when needed.
    private static bool MayNeedRepair(ClusterRecord record) =>
        record.Members.Any(member =>
            member is { Repair: not null } or { State: MachineState.NotReady or MachineState.Joining or MachineState.Draining }
        );

    // A node of a MAAS machine that this cluster does not hold. It has Gantry's label; or its kubelet registered it again after
    // it was deleted, and the machine is no longer deployed or belongs to another cluster.
    private static IReadOnlyList<string> Orphans(RunScope run, Observation<IReadOnlyList<WorkloadNode>> nodes) =>
        nodes.ValueOrDefault is not { } seen
            ? []
            :
            [
                .. seen.Where(node =>
                        !node.Ready
                        && MachineOf(node) is { } machine
                        && run.Record.Members.All(member => member.NodeName != node.Name)
                        && (
                            node.Labels.ContainsKey(PoolMetadata.Label)
                            || run.State.IsHeld(machine)
                            || run.View.Find(machine) is { Status: not MaasStatus.Deployed }
                        )
                    )
                    .Select(node => node.Name),
            ];

    private static SystemId? MachineOf(WorkloadNode node) =>
        node.ProviderId is { } id
        && id.StartsWith("maas:///", StringComparison.Ordinal)
        && id.Split('/')[^1] is { Length: > 0 } machine
            ? new SystemId(machine)
            : null;

    private static Observation<MaasFacts> SightMachine(RunScope run, Member member) =>
        member.State is MachineState.Selected ? new Observation<MaasFacts>.Unknown("its allocation is not confirmed")
        : run.View.Find(member.Machine) is null && run.Unlisted.TryGetValue(member.Machine, out var found)
            ? found is null ? new Observation<MaasFacts>.Absent()
                : MaasStatus.Sight(found)
        : MaasStatus.Sight(run.View.Find(member.Machine));

    // The provider id tells whose node it is; a name may be that of another machine, or of this one in an earlier life. A node with
    // another name than the machine's counts only where the machine's own cannot be meant.
    private static WorkloadNode? FindNode(RunScope run, Member member, IReadOnlyList<WorkloadNode> nodes)
    {
        var its = nodes.Where(node => MachineOf(node) == member.Machine).ToList();
        return its.Find(node => node.Name == member.NodeName)
            ?? its.Find(node => node.Ready || member.JoinedAt is not null)
            ?? nodes.FirstOrDefault(node =>
                node.Name == member.NodeName
                && (MachineOf(node) is not { } other || run.Record.Members.All(known => known.Machine != other))
            );
    }

    private static Observation<NodeFacts> SightNode(RunScope run, Member member, Observation<IReadOnlyList<WorkloadNode>> nodes)
    {
        switch (nodes)
        {
            case Observation<IReadOnlyList<WorkloadNode>>.Present present:
                var node = FindNode(run, member, present.Value);
                if (node is null)
                {
                    return new Observation<NodeFacts>.Absent();
                }

                var pool = run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool);
                var labelled = pool is null || NodeMetadataCheck.Carries(node, PoolMetadata.Of(member, pool));
                return new Observation<NodeFacts>.Present(
                    new NodeFacts(
                        node.Name,
                        node.Ready,
                        node.Unschedulable,
                        labelled,
                        node.KubeletVersion,
                        node.Message,
                        node.Silent,
                        node.Problems
                    )
                );
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown:
                return new Observation<NodeFacts>.Unknown(unknown.Reason);
            default:
                return new Observation<NodeFacts>.Absent();
        }
    }
}

/// <param name="Architectures">The architectures that MAAS has the image for; empty when nobody asked.</param>
internal sealed record ImageSight(Observation<ImageName> Image, ValueList<string> Architectures);
