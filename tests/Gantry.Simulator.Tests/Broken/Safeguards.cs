using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator.Tests.Broken;

/// <summary>
/// A safeguard of the engine, and how it is disabled from outside: a port reports what the engine would see, or drops what it
/// would keep, without the safeguard. The engine itself is unchanged.
/// </summary>
/// <param name="Breaks">One of these invariants is violated.</param>
/// <param name="Within">Number of seeds within which a violation is found.</param>
internal sealed record Safeguard(
    string Name,
    FaultFamilies Faults,
    int Within,
    IReadOnlyList<string> Breaks,
    Func<EnginePorts, EnginePorts> Off
)
{
    /// <summary>False where the safeguard is the console's, which gives work to one instance.</summary>
    public bool TellsInstancesApart { get; init; } = true;

    public static IReadOnlyList<Safeguard> All { get; } =
    [
        new(
            "an intent is looked up in MAAS before it is dropped",
            FaultFamilies.Kill | FaultFamilies.Lost,
            40,
            ["I2"],
            ports => Region(ports, region => new NoIntentLookup(region))
        ),
        new(
            "an intent is in the ledger before MAAS is called",
            FaultFamilies.None,
            3,
            ["I1", "I2"],
            ports => ports with { Ledger = new IntentAfterAllocation(ports.Ledger) }
        ),
        new(
            "a machine counts as released when MAAS reports Ready",
            FaultFamilies.None,
            5,
            ["I2", "I5"],
            ports => Region(ports, region => new ReleasedAtOnce(region))
        ),
        new(
            "an address stays in the ledger until it is released",
            FaultFamilies.None,
            5,
            ["I2", "I5"],
            ports => Region(ports, region => new NeverReleasesAddresses(region))
        ),
        new(
            "the health of the other control planes is checked before one leaves",
            FaultFamilies.Machines,
            20,
            ["I3", "I4"],
            ports => Cluster(ports, cluster => new EveryControlPlaneIsHealthy(cluster))
        ),
        new(
            "a quorum of healthy members is left when a member leaves etcd",
            FaultFamilies.Machines | FaultFamilies.Etcd,
            60,
            ["I3"],
            ports => Cluster(ports, cluster => new AnyHealthyMemberIsEnough(cluster))
        ),
        new(
            "an endpoint that its operator keeps reaches another control plane before one leaves",
            FaultFamilies.Balancer,
            20,
            ["I15"],
            ports => Cluster(ports, cluster => new TheEndpointReachesEverybody(cluster))
        ),
        new(
            "one control plane joins at a time",
            FaultFamilies.None,
            10,
            ["I3"],
            ports => Cluster(ports, cluster => new LearnersAreHidden(cluster))
        ),
        new(
            "a member leaves etcd before its machine is released",
            FaultFamilies.None,
            10,
            ["I3"],
            ports => Cluster(ports, cluster => new EtcdHasNoMembers(cluster))
        ),
        new(
            "a replacement is Ready before the next machine leaves",
            FaultFamilies.None,
            20,
            ["I4"],
            ports => Cluster(ports, cluster => new EveryNodeIsReady(cluster))
        ),
        new(
            "what the API server does not report is unknown, not absent",
            FaultFamilies.Partitions | FaultFamilies.Errors,
            40,
            ["I3", "I8", "Converges"],
            ports => Cluster(ports, cluster => new NoAnswerMeansNoNodes(cluster))
        ),
        new(
            "unknown power is not off",
            FaultFamilies.Machines | FaultFamilies.Power,
            200,
            ["I8"],
            ports => Region(ports, region => new UnknownPowerIsOn(region))
        ),
        new(
            "a quarantined machine is not selected",
            FaultFamilies.Machines | FaultFamilies.Kill,
            60,
            ["I9"],
            ports => ports with { Ledger = new ForgetsQuarantine(ports.Ledger) }
        ),
        new(
            "a machine that fits is certain before one leaves to be replaced",
            FaultFamilies.None,
            200,
            ["I10"],
            ports => Region(ports, region => new EveryFreeMachineFits(region))
        ),
        new(
            "another user's key does not make machines count as given back",
            FaultFamilies.Key,
            60,
            ["I2", "I5", "Converges"],
            ports => Region(ports, region => new EveryKeyIsTheSame(region))
        ),
        new(
            "machines with a cluster's mark that the ledger does not know stop the cluster",
            FaultFamilies.Ledger,
            60,
            ["I1", "I2", "I3", "I5", "Converges"],
            ports => Region(ports, region => new NoMarks(region))
        ),
        new(
            "a cluster that has run is not begun on a lost ledger",
            FaultFamilies.Ledger,
            60,
            ["I1", "I2", "I3", "I5", "Converges"],
            ports => Region(ports, region => new NoMarks(region)) with { Desired = new NothingHasRun(ports.Desired) }
        ),
        new(
            "nodes that ran before the ledger was put back stop the cluster",
            FaultFamilies.Ledger,
            200,
            ["I1", "I2", "I3", "I4", "I8", "I10", "Converges"],
            ports => Region(ports, region => new NoInstallations(region)) with { Desired = new NothingWasComplete(ports.Desired) }
        ),
        new(
            "the comment of an allocation tells of a machine before its mark does",
            FaultFamilies.Ledger | FaultFamilies.Lost | FaultFamilies.Late | FaultFamilies.Kill,
            200,
            ["I2", "I5", "Converges"],
            ports => Region(ports, region => new NoComments(region))
        ),
        new("one instance of a gateway works, and not a copy of its folder too", FaultFamilies.Copy, 20, ["I11"], ports => ports)
        {
            TellsInstancesApart = false,
        },
        new(
            "texts contain no secrets",
            FaultFamilies.None,
            3,
            ["I7"],
            ports => ports with { Documents = new LeakingDocuments(ports.Documents) }
        ),
    ];

    public override string ToString() => Name;

    private static EnginePorts Region(EnginePorts ports, Func<IRegion, IRegion> around) =>
        ports with
        {
            Regions = new DecoratedRegions(ports.Regions, around),
        };

    private static EnginePorts Cluster(EnginePorts ports, Func<IWorkloadCluster, IWorkloadCluster> around) =>
        ports with
        {
            Workloads = new DecoratedClusters(ports.Workloads, around),
        };

    private sealed class NoIntentLookup(IRegion inner) : PassingRegion(inner)
    {
        public override Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(
            string intent,
            CancellationToken cancellationToken
        ) => Task.FromResult<IReadOnlyList<RegionMachine>>([]);
    }

    private sealed class EveryKeyIsTheSame(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
            [.. (await base.ListMachinesAsync(cancellationToken)).Select(machine => machine with { Mark = null })];

        public override Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new MaasIdentity("maas", "gantry"));

        public override Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
            Task.FromResult<MachineMark?>(null);
    }

    private sealed class NoMarks(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
            [.. (await base.ListMachinesAsync(cancellationToken)).Select(machine => machine with { Mark = null })];

        public override Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
            Task.FromResult<MachineMark?>(null);
    }

    private sealed class NoComments(IRegion inner) : PassingRegion(inner)
    {
        public override Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
            Task.FromResult<MachineMark?>(null);
    }

    private sealed class NoInstallations(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
            [
                .. (await base.ListMachinesAsync(cancellationToken)).Select(machine =>
                    machine.Mark is { } mark ? machine with { Mark = mark with { Installed = null } } : machine
                ),
            ];
    }

    private sealed class NothingWasComplete(IDesiredClusters inner) : IDesiredClusters
    {
        public IReadOnlyList<ClusterSpec> All => inner.All;

        public long Version => inner.Version;

        public ClusterSpec? Find(ClusterId cluster) => inner.Find(cluster);

        public Observation<ClusterStatus> FindLastReport(ClusterId cluster) =>
            inner.FindLastReport(cluster) is Observation<ClusterStatus>.Present { Value: var last }
                ? new Observation<ClusterStatus>.Present(last with { Phase = ClusterPhase.Provisioning })
                : inner.FindLastReport(cluster);

        public bool? HasEnded(ClusterId cluster) => inner.HasEnded(cluster);
    }

    private sealed class NothingHasRun(IDesiredClusters inner) : IDesiredClusters
    {
        public IReadOnlyList<ClusterSpec> All => inner.All;

        public long Version => inner.Version;

        public ClusterSpec? Find(ClusterId cluster) => inner.Find(cluster);

        public Observation<ClusterStatus> FindLastReport(ClusterId cluster) => new Observation<ClusterStatus>.Absent();

        public bool? HasEnded(ClusterId cluster) => inner.HasEnded(cluster);
    }

    private sealed class IntentAfterAllocation(ILedger inner) : PassingLedger(inner)
    {
        public override Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken) =>
            base.SaveAsync(
                cluster with
                {
                    Members = [.. cluster.Members.Where(member => member.State is not MachineState.Selected)],
                },
                cancellationToken
            );
    }

    private sealed class ReleasedAtOnce(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
            [
                .. (await base.ListMachinesAsync(cancellationToken)).Select(machine =>
                    machine.Status is MaasStatus.Releasing or MaasStatus.DiskErasing
                        ? machine with
                        {
                            Status = MaasStatus.Ready,
                            IsOurs = false,
                        }
                        : machine
                ),
            ];
    }

    private sealed class EveryFreeMachineFits(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
            [
                .. (await base.ListMachinesAsync(cancellationToken)).Select(machine =>
                    machine.Status is MaasStatus.Ready
                        ? machine with
                        {
                            CpuCount = 1024,
                            MemoryMiB = int.MaxValue,
                            Tags = ["nvme", "gpu"],
                        }
                        : machine
                ),
            ];
    }

    private sealed class NeverReleasesAddresses(IRegion inner) : PassingRegion(inner)
    {
        public override Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task RemoveDnsAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class UnknownPowerIsOn(IRegion inner) : PassingRegion(inner)
    {
        public override async Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken)
        {
            var power = await base.QueryPowerAsync(machine, cancellationToken);
            return power is "off" ? power : "on";
        }
    }

    // The engine checks two things: the members of etcd, and whether the nodes of control planes are Ready.
    private sealed class EveryControlPlaneIsHealthy(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
            [
                .. (await base.ListNodesAsync(cancellationToken)).Select(node =>
                    node.Labels.GetValueOrDefault("gantry.dev/pool") is "control-plane"
                        ? node with
                        {
                            Ready = true,
                            Silent = false,
                        }
                        : node
                ),
            ];

        public override async Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
            [.. (await base.ListEtcdAsync(cancellationToken)).Select(member => member with { Healthy = true })];
    }

    // If one member is healthy, all are reported healthy. The nodes of control planes are reported unchanged.
    private sealed class AnyHealthyMemberIsEnough(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken)
        {
            var members = await base.ListEtcdAsync(cancellationToken);
            return members.Any(member => member.Healthy)
                ? [.. members.Select(member => member with { Healthy = true })]
                : members;
        }
    }

    private sealed class TheEndpointReachesEverybody(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<EndpointReach> ProbeEndpointAsync(
            IReadOnlyList<string> controlPlanes,
            CancellationToken cancellationToken
        ) =>
            await base.ProbeEndpointAsync(controlPlanes, cancellationToken) is var reach
                ? reach with
                {
                    Reached = reach.Serving,
                }
                : reach;
    }

    private sealed class LearnersAreHidden(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
            [.. (await base.ListEtcdAsync(cancellationToken)).Where(member => member.Voting)];
    }

    private sealed class EtcdHasNoMembers(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<EtcdMember>>([]);
    }

    private sealed class EveryNodeIsReady(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
            [.. (await base.ListNodesAsync(cancellationToken)).Select(node => node with { Ready = true, Silent = false })];
    }

    private sealed class NoAnswerMeansNoNodes(IWorkloadCluster inner) : PassingCluster(inner)
    {
        public override async Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await base.ListNodesAsync(cancellationToken);
            }
            catch (WorkloadException)
            {
                return [];
            }
        }
    }

    private sealed class ForgetsQuarantine(ILedger inner) : PassingLedger(inner)
    {
        public override Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<QuarantinedMachine>>([]);
    }

    private sealed class LeakingDocuments(INodeDocuments inner) : INodeDocuments
    {
        public string Template => inner.Template;

        public string CreatePki(ClusterSpec cluster, DateTimeOffset now) => inner.CreatePki(cluster, now);

        public string JoinToken(byte[] key, string intent) => inner.JoinToken(key, intent);

        public string Render(NodeDocument node, string pki, DateTimeOffset now) =>
            throw new FormatException($"the document cannot be written with {pki}");

        public WorkloadAccess Access(
            ClusterId cluster,
            ApiEndpoint endpoint,
            IReadOnlyList<string> controlPlanes,
            string pki,
            DateTimeOffset now
        ) => inner.Access(cluster, endpoint, controlPlanes, pki, now);

        public IssuedAccess Issue(
            ClusterSpec cluster,
            ApiEndpoint endpoint,
            string pki,
            string user,
            DateTimeOffset now,
            TimeSpan validity
        ) => inner.Issue(cluster, endpoint, pki, user, now, validity);
    }
}
