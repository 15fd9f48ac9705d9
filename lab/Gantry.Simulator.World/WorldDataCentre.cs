using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>A region, its machines and the clusters on them under virtual time, with the ports of a test's processes.</summary>
public sealed class WorldDataCentre
{
    private static readonly DateTimeOffset DefaultStart = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly Chance _chance;

    /// <param name="seed">Seeds all durations; another seed changes the order in which machines finish.</param>
    public WorldDataCentre(int machines, ulong seed = 1, DateTimeOffset? start = null)
    {
        Time = new VirtualTime(start ?? DefaultStart);
        _chance = new Chance(seed);
        Region = new WorldRegion(Time, (int)(seed % int.MaxValue), Operator.Name);
        Machines = new MachineModel(Time, _chance, Region, Documents)
        {
            InitializedTwice = (cluster, machine) =>
                throw new InvalidOperationException($"{machine} ran kubeadm init in {cluster.Id}, whose control plane lives."),
        };
        Region.MachineModel = Machines;
        Script.Arriving = FailOnForbiddenActs;
        Add(machines);
    }

    public static MaasUser Operator { get; } = new("gantry", IsAdmin: true);

    public VirtualTime Time { get; }

    public WorldRegion Region { get; }

    public MachineModel Machines { get; }

    public Documents Documents { get; } = new();

    public CallScript Script { get; } = new();

    /// <summary>Machines that are not free.</summary>
    public IEnumerable<WorldMachine> Held => Region.Machines.Where(machine => machine.Status is not MaasStatus.Ready);

    public WorldMachine this[SystemId machine] =>
        Region.Find(machine) ?? throw new ArgumentException($"MAAS has no machine {machine}.", nameof(machine));

    public WorldMachine this[string machine] => this[new SystemId(machine)];

    /// <summary>Adds free machines of one shape in three zones: <c>m01</c>, <c>m02</c>, …</summary>
    public void Add(int machines, string pool = "default")
    {
        for (var added = 0; added < machines; added++)
        {
            var number = Region.Machines.Count + 1;
            Region.Add(
                new WorldMachine
                {
                    Index = number,
                    Id = new SystemId($"m{number:00}"),
                    Hostname = $"host-m{number:00}",
                    Address = $"10.0.0.{number}",
                    Zone = $"az{(number % 3) + 1}",
                    Pool = pool,
                    Tags = [],
                    Cpu = 8,
                    MemoryMiB = 16384,
                    Disk = 500_000_000_000,
                }
            );
        }
    }

    /// <summary>Runs everything that is due within this time, for tests whose processes await none of it.</summary>
    public void Pass(TimeSpan span)
    {
        for (var end = Time.Ticks + span.Ticks; Time.Next(end); ) { }
    }

    /// <summary>The region as a process reaches it.</summary>
    public RegionPort Open(ITransport transport, MaasUser? user = null) => new(transport, Region, user ?? Operator, _chance);

    /// <summary>The clusters as a process reaches them.</summary>
    public WorkloadPorts OpenWorkloads(ITransport transport) => new(transport, Machines, _chance);

    // Fails on calls that no engine may send in any state.
    private void FailOnForbiddenActs(Act act)
    {
        if (
            act is { Kind: ActKind.Release, Machine: { } id }
            && Region.Find(id) is { Status: not MaasStatus.Ready } machine
            && !Region.IsOurs(machine)
        )
        {
            throw new InvalidOperationException($"{machine} is not ours, and a call releases it.");
        }
    }
}
