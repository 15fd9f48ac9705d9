using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Clusters and worlds to plan for.</summary>
internal static class Scenes
{
    public static DateTimeOffset Now { get; } = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    public static Gen<EndpointChoice> Endpoints { get; } =
        One<EndpointChoice>(
            new EndpointChoice.VirtualIp(),
            new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")),
            new EndpointChoice.Given(HostAddress.Parse("api.example"))
        );

    public static Gen<ClusterSpec> Clusters { get; } =
        from controlPlanes in One(1, 3, 5)
        from workers in Gen.Int[0, 6].Array[0, 3]
        from endpoint in Endpoints
        select Cluster(controlPlanes, workers, endpoint);

    public static Gen<Inventory> Inventories { get; } =
        from cpus in One(4, 8, 16).Array[0, 40]
        from zones in Gen.Int[1, 3].Array[40]
        select new Inventory([.. cpus.Select((cpu, index) => Machine(index, cpu, $"az{zones[index]}"))]);

    public static Gen<MaasProgress> Progresses { get; } = One(Enum.GetValues<MaasProgress>());

    public static ClusterSpec Cluster(int controlPlanes, int[] workers, EndpointChoice? endpoint = null) =>
        new()
        {
            Id = new ClusterId("id-demo"),
            Name = DnsLabel.Parse("demo"),
            Account = new AccountId("account"),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = endpoint ?? new EndpointChoice.VirtualIp(),
            Addons = [new AddonLayer("cilium", "1.18", "cni", "manifest")],
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    Size = controlPlanes,
                },
                .. workers.Select(
                    (size, index) =>
                        new MachinePool
                        {
                            Name = DnsLabel.Parse($"pool-{index}"),
                            Role = PoolRole.Worker,
                            Size = size,
                        }
                ),
            ],
        };

    public static Candidate Machine(int number, int cpu = 8, string zone = "az1") =>
        new(new SystemId($"m{number:000}"), $"host-{number:000}", zone, "default", cpu, 16384, 500_000_000_000, "amd64", []);

    public static ClusterObservation Nothing { get; } =
        ClusterObservation.Nothing with
        {
            Image = new Observation<ImageName>.Present(ImageName.Parse("ubuntu/noble")),
        };

    /// <summary>A member in any state with any observation, including ones that a healthy engine never produces.</summary>
    public static Gen<MemberObservation> AnyMember(IReadOnlyList<MachinePool> pools, int number) =>
        from pool in One([.. pools])
        from state in One(Enum.GetValues<MachineState>())
        from maas in AnyMaas
        from node in AnyNode
        from admitted in Gen.Bool
        from quarantined in Gen.Bool
        from drained in Gen.Bool
        from minutes in Gen.Int[0, 300]
        select new MemberObservation(
            new Member
            {
                Machine = new SystemId($"m{number:000}"),
                Hostname = $"host-{number:000}",
                Pool = pool.Name,
                Role = pool.Role,
                State = state,
                Since = Now.AddMinutes(-minutes),
                Intent = $"intent-{number}",
                AdmittedAt = admitted ? Now.AddMinutes(-minutes / 2) : null,
                AdmittedUntil = admitted ? Now.AddMinutes(60 - (minutes / 2)) : null,
                Quarantined = quarantined,
                Drained = drained,
                Addresses = [$"10.0.0.{number}"],
            },
            maas,
            node
        );

    public static Gen<Observation<MaasFacts>> AnyMaas { get; } =
        from kind in Gen.Int[0, 2]
        from progress in Progresses
        from locked in Gen.Bool
        select kind switch
        {
            0 => (Observation<MaasFacts>)new Observation<MaasFacts>.Present(new MaasFacts(progress, "words", [], locked)),
            1 => new Observation<MaasFacts>.Absent(),
            _ => new Observation<MaasFacts>.Unknown("MAAS does not answer"),
        };

    public static Gen<Observation<NodeFacts>> AnyNode { get; } =
        from kind in Gen.Int[0, 2]
        from ready in Gen.Bool
        from labelled in Gen.Bool
        select kind switch
        {
            0 => (Observation<NodeFacts>)
                new Observation<NodeFacts>.Present(new NodeFacts("node", ready, false, labelled, "v1.33.4")),
            1 => new Observation<NodeFacts>.Absent(),
            _ => new Observation<NodeFacts>.Unknown("the API server does not answer"),
        };

    public static Gen<ClusterObservation> AnyWorld(ClusterSpec cluster) =>
        from count in Gen.Int[0, 8]
        from members in Gen.Int[0, 0]
            .SelectMany(_ => Sequence([.. Enumerable.Range(0, count).Select(number => AnyMember(cluster.Pools, number))]))
        from initialized in Gen.Bool
        from formed in Gen.Bool
        from api in Gen.Int[0, 2]
        from endpoint in Gen.Int[0, 2]
        from image in Gen.Int[0, 2]
        select new ClusterObservation
        {
            Members = members,
            Initialized = initialized || formed,
            Formed = formed,
            Api = api switch
            {
                0 => new Observation<ApiFacts>.Present(new ApiFacts(1)),
                1 when !formed => new Observation<ApiFacts>.Absent(),
                _ => new Observation<ApiFacts>.Unknown("it does not answer"),
            },
            Endpoint = endpoint is 0 ? null : new EndpointFacts("10.0.0.250", 6443, [], Taken: endpoint is 1),
            Image = image switch
            {
                0 => new Observation<ImageName>.Present(ImageName.Parse("ubuntu/noble")),
                1 => new Observation<ImageName>.Absent(),
                _ => new Observation<ImageName>.Unknown("MAAS does not answer"),
            },
        };

    private static Gen<IReadOnlyList<MemberObservation>> Sequence(IReadOnlyList<Gen<MemberObservation>> members) =>
        members.Aggregate(
            Gen.Const((IReadOnlyList<MemberObservation>)[]),
            (before, member) =>
                before.SelectMany(known => member.Select(next => (IReadOnlyList<MemberObservation>)[.. known, next]))
        );

    public static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
