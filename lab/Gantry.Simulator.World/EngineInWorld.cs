using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>
/// One engine in a data centre without faults, on the calling thread under virtual time: the ground for tests of engine and
/// provider.
/// </summary>
public sealed class EngineInWorld : IDesiredClusters, IEngineReports, IRegionSource, IDisposable
{
    private static readonly MaasUser User = new("gantry", IsAdmin: true);

    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly OneThread _thread = new();
    private readonly Dictionary<ClusterId, ClusterSpec> _desired = [];
    private readonly Chance _chance;
    private readonly RegionPort _port;
    private ProcessContext _process;

    /// <param name="seed">Of the machines' shapes and of all durations.</param>
    public EngineInWorld(int machines, ulong seed = 1)
    {
        _chance = new Chance(seed);
        _process = new ProcessContext(_thread);
        Transport = new ReliableTransport(Time);
        Region = new WorldRegion(Time, (int)(seed % int.MaxValue), User.Name);
        Machines = new MachineModel(Time, _chance, Region, Documents);
        Region.MachineModel = Machines;
        Inventories.Fill(Region, machines, _chance);
        _port = new RegionPort(Transport, Region, User, _chance);
        Engine = Start();
    }

    public VirtualTime Time { get; } = new(new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));

    public WorldRegion Region { get; }

    public MachineModel Machines { get; }

    public Documents Documents { get; } = new();

    public ReliableTransport Transport { get; }

    public MemoryLedger Ledger { get; } = new();

    public ClusterEngine Engine { get; private set; }

    public Dictionary<ClusterId, ClusterStatus> Statuses { get; } = [];

    public List<ClusterEvent> Events { get; } = [];

    /// <summary>Machines that are not free.</summary>
    public IEnumerable<WorldMachine> Held => Region.Machines.Where(machine => machine.Status is not MaasStatus.Ready);

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public IRegion? Find(AccountId account) => _port;

    public void Report(ClusterStatus status) => Statuses[status.Id] = status;

    public void Report(ClusterEvent happened) => Events.Add(happened);

    public void Want(ClusterSpec cluster)
    {
        _desired[cluster.Id] = cluster;
        _process.Run(() => Engine.Enqueue(cluster.Id));
    }

    public bool Is(ClusterSpec cluster, ClusterPhase phase) =>
        Statuses.TryGetValue(cluster.Id, out var status) && status.Phase == phase;

    /// <summary>Kills the engine between two of its calls and starts another one on the same ledger.</summary>
    public void Restart()
    {
        _process.Dead = true;
        _process = new ProcessContext(_thread);
        Engine = Start();
    }

    /// <summary>Lets time pass until something holds.</summary>
    /// <exception cref="InvalidOperationException">It does not hold within the limit.</exception>
    public void Until(Func<bool> holds, TimeSpan limit)
    {
        var end = Time.Ticks + limit.Ticks;
        while (!holds())
        {
            if (Time.Ticks >= end)
            {
                throw new InvalidOperationException(
                    $"not reached within {limit}: "
                        + $"{string.Join(" | ", Statuses.Values.Select(status => $"{status.Phase}: {status.Message}"))}"
                );
            }

            Pass(TimeSpan.FromSeconds(1));
        }
    }

    public void Pass(TimeSpan span)
    {
        var end = Time.Ticks + span.Ticks;
        do
        {
            _thread.RunUntilIdle();
        } while (Time.Next(end));
        _thread.RunUntilIdle();
    }

    public void Dispose()
    {
        _process.Dead = true;
        SynchronizationContext.SetSynchronizationContext(_before);
    }

    private ClusterEngine Start()
    {
        var engine = new ClusterEngine(
            new EnginePorts(Ledger, this, new WorkloadPorts(Transport, Machines, _chance), Documents, this, this),
            new EngineOptions(),
            new ProcessClock(Time, _process)
        );
        _process.Run(() => _ = engine.RunAsync(CancellationToken.None));
        return engine;
    }
}
