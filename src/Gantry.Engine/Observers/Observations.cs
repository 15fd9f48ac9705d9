using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine.Observers;

/// <summary>
/// Builds the planner's observation from the record and the answers of MAAS and the cluster. Changes nothing and makes no call.
/// </summary>
internal static class Observations
{
    public static ClusterObservation Describe(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        Observation<ApiFacts> api,
        Observation<EtcdFacts> etcd,
        Observation<VirtualIpFacts> virtualIp,
        ImageObservation image
    ) =>
        new()
        {
            Members =
            [
                .. run.Record.Members.Select(member => new MemberObservation(
                    member,
                    DescribeMachine(run, member),
                    DescribeNode(run, member, nodes)
                )
                {
                    IsBroken = MachineOf(run, member) is { Status: MaasStatus.Broken },
                }),
            ],
            Endpoint = run.Record.Endpoint is { } endpoint
                ? new EndpointFacts(endpoint.Host, endpoint.Port, endpoint.DnsAddresses, endpoint.Taken)
                {
                    Problem = run.State.EndpointProblems.GetValueOrDefault(run.Spec.Id),
                }
                : null,
            Initialized = run.Record.Initialized,
            Formed = run.Record.Formed || run.Record.InUse,
            Api = api,
            AppliedAddons = run.Record.AppliedAddons,
            Addons = AddonsOf(run),
            Version = run.Record.Version,
            KubeadmVersion = run.Record.KubeadmVersion,
            ControlPlaneSettings = run.Record.ControlPlaneSettings,
            Etcd = etcd,
            VirtualIp = virtualIp,
            OrphanNodes = Orphans(run, nodes),
            Template = run.State.Ports.Documents.Template,
            LastRepaved = run.Record.LastRepaved,
            ReachedSizes = run.Record.ReachedSizes,
            Ends = run.Spec.Deletion is not null,
            SilentFor = run.Record.SilentSince is { } since ? run.Now - since : null,
            RepairsHeldUp =
                (run.Record.Formed || run.Record.InUse) && MayNeedRepair(run.Record)
                    ? HeldUpByEndpoint(run) ?? run.State.RepairsHeldUp(run.Now)
                    : null,
            ImageChoice = run.Record.ImageChoice,
            EtcdRoll = run.Record.EtcdRoll,
            Image = image.Image,
            MissingImage = image.Missing,
            AwaitsImages = image.IsAwaited,
            Unanswered = run.Unanswered.Texts,
            Architectures = image.Architectures,
            ImageProgress = image.Progress,
            InstallFailures = InstallFailuresOf(run),
            PackageFailure = PackageFailureOf(run),
            Lost = run.Record.Lost ?? [],
            Refusals = run.State.FindRefusals(run.Spec.Id),
            Reach = ReachOf(run),
            EndpointCutAt = run.Record.EndpointCutAt,
            EndpointSeen = run.Record.EndpointSeen ?? [],
            IsUntouched = run.Record.IsUntouched,
            Subnets = run.Record.IsUntouched ? run.View.Machines.Subnets() : [],
        };

    // Once a machine with this build has joined, the build works, and a later failure is the fault of its machine. Until a
    // machine of the cluster has joined with the image and version, the failures of all pools count together.
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
            var build = NodeBuild.Of(run.Installs, pool, run.State.Ports.Documents.Template);
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

    // Another version or repository may work.
    private static PackageFailure? PackageFailureOf(RunScope run) =>
        run.Record.PackageFailure is { } failure
        && run.Spec.Pools.Any(pool =>
            failure.Build.InstallsAs(NodeBuild.Of(run.Installs, pool, run.State.Ports.Documents.Template))
        )
            ? failure
            : null;

    private static bool AreAlike(NodeBuild one, NodeBuild other) =>
        one.Image == other.Image && one.KubernetesVersion == other.KubernetesVersion && one.Template == other.Template;

    private static Observation<EndpointReach> ReachOf(RunScope run)
    {
        if (run.Record.Endpoint is not { Kind: EndpointKind.Given })
        {
            return new Observation<EndpointReach>.Absent();
        }

        return
            run.State.Reaches.TryGetValue(run.Spec.Id, out var last)
            && run.State.Time.GetElapsedTime(last.At) < GivenEndpointObserver.ReachHolds
            ? last.Reach
            : new Observation<EndpointReach>.Unknown("nobody has connected to it yet");
    }

    // The kubelets of workers report through the endpoint.
    private static string? HeldUpByEndpoint(RunScope run) =>
        IsCut(run) ? "the endpoint of the API server reaches no control plane" : null;

    /// <summary>API servers answer at their own addresses, and their endpoint reaches none of them.</summary>
    public static bool IsCut(RunScope run) => ReachOf(run) is Observation<EndpointReach>.Present { Value.IsCut: true };

    // Whether repairs are held up depends on every machine of the gateway, so it is computed only when needed.
    private static bool MayNeedRepair(ClusterRecord record) =>
        record.Members.Any(member =>
            member is { Repair: not null } or { State: MachineState.NotReady or MachineState.Joining or MachineState.Draining }
        );

    // Orphans are nodes of MAAS machines that this cluster does not hold. An orphan has Gantry's label; or its kubelet
    // registered it again after its deletion, and the machine is no longer deployed or belongs to another cluster.
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
                            || run.View.Machines.Find(machine) is { Unreadable: null, Status: not MaasStatus.Deployed }
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

    // While a manifest cannot be read, nothing counts as left over.
    private static AddonFacts AddonsOf(RunScope run)
    {
        var applied = run.Record.AddonObjects ?? [];
        var wanted = run.State.FindAddonObjects(run.Spec.Addons) ?? applied;
        return new AddonFacts(
            wanted,
            applied,
            [.. run.State.MissingAddons.GetValueOrDefault(run.Spec.Id, []).Where(wanted.Contains)]
        );
    }

    /// <summary>The machine as MAAS last showed it; <c>null</c> when MAAS does not show it.</summary>
    public static RegionMachine? MachineOf(RunScope run, Member member) =>
        run.View.Machines.Find(member.Machine) ?? run.Unlisted.GetValueOrDefault(member.Machine)?.ValueOrDefault;

    private static Observation<MaasFacts> DescribeMachine(RunScope run, Member member)
    {
        if (member.State is MachineState.Selected)
        {
            return new Observation<MaasFacts>.Unknown("its allocation is not confirmed");
        }

        if (run.TakenElsewhere.Contains(member.Machine))
        {
            return new Observation<MaasFacts>.Absent();
        }

        if (run.Unanswered.Unseen.Contains(member.Machine) || run.Unanswered.Doubtful.Contains(member.Machine))
        {
            return new Observation<MaasFacts>.Unknown("MAAS has not answered how it is now");
        }

        if (IsOursUnderAnotherOwner(MachineOf(run, member), member))
        {
            return new Observation<MaasFacts>.Unknown("MAAS shows it with our mark and another owner");
        }

        if (run.View.Machines.Find(member.Machine) is null && run.Unlisted.TryGetValue(member.Machine, out var found))
        {
            return found switch
            {
                Observation<RegionMachine>.Present { Value: var one } => MaasStatus.Observe(one),
                Observation<RegionMachine>.Unknown { Reason: var reason } => new Observation<MaasFacts>.Unknown(reason),
                _ => new Observation<MaasFacts>.Absent(),
            };
        }

        var machine = run.View.Machines.Find(member.Machine);
        var seen = MaasStatus.Observe(machine);
        if (
            seen is Observation<MaasFacts>.Present { Value: var shown }
            && run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is { } pool
        )
        {
            var network = NodeNetwork.Choose(machine!.Networks, run.Spec, pool, run.Record.Endpoint?.Host);
            seen = new Observation<MaasFacts>.Present(shown with { Addresses = NodeNetwork.Order(shown.Addresses, network) });
        }

        return
            member.State is MachineState.Joining
            && seen is Observation<MaasFacts>.Present { Value: var facts }
            && run.State.Scripts.TryGetValue(member.Machine, out var script)
            ? new Observation<MaasFacts>.Present(facts with { Script = script.Node })
            : seen;
    }

    // The provider id identifies the machine's node. A node name alone may belong to another machine, or to an earlier node of
    // this machine. A node with another name than expected counts when it is Ready or the machine has joined; a node with the
    // expected name, but without the provider id, counts unless another member has its id.
    private static WorkloadNode? FindNode(RunScope run, Member member, IReadOnlyList<WorkloadNode> nodes)
    {
        var own = nodes.Where(node => MachineOf(node) == member.Machine).ToList();
        return own.Find(node => node.Name == member.NodeName)
            ?? own.Find(node => node.Ready || member.JoinedAt is not null)
            ?? nodes.FirstOrDefault(node =>
                node.Name == member.NodeName
                && (MachineOf(node) is not { } other || run.Record.Members.All(known => known.Machine != other))
            );
    }

    private static bool IsOursUnderAnotherOwner(RegionMachine? machine, Member member) =>
        machine is { IsOurs: false, Owner: not null, Status: not (MaasStatus.Ready or MaasStatus.New), Mark: { } mark }
        && mark.Intent == member.Intent;

    private static Observation<NodeFacts> DescribeNode(
        RunScope run,
        Member member,
        Observation<IReadOnlyList<WorkloadNode>> nodes
    )
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
                var labelled = pool is null || NodeMetadataCheck.Matches(node, PoolMetadata.Of(member, pool));
                return new Observation<NodeFacts>.Present(
                    new NodeFacts(
                        node.Name,
                        node.Ready,
                        node.Unschedulable,
                        labelled,
                        node.KubeletVersion,
                        node.Message,
                        node.Silent,
                        node.Problems,
                        node.AwaitsNetwork,
                        NodeMetadataCheck.IsMarkedAsLeaving(node),
                        member.Role is PoolRole.Worker || node.Labels.ContainsKey(PoolMetadata.ControlPlaneLabel)
                    )
                );
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown:
                return new Observation<NodeFacts>.Unknown(unknown.Reason);
            default:
                return new Observation<NodeFacts>.Absent();
        }
    }
}

/// <summary>The image in MAAS, and the architectures that MAAS has it for.</summary>
/// <param name="Architectures">Empty when the image was not queried.</param>
/// <param name="Progress"><see cref="ClusterObservation.ImageProgress"/>.</param>
internal sealed record ImageObservation(Observation<ImageName> Image, ValueList<string> Architectures, decimal? Progress = null)
{
    /// <inheritdoc cref="ClusterObservation.MissingImage"/>
    public ImageName? Missing { get; init; }

    /// <inheritdoc cref="ClusterObservation.AwaitsImages"/>
    public bool IsAwaited { get; init; }
}
