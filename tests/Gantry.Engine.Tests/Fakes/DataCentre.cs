using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Engine.Tests.Fakes;

/// <summary>A fake world under fake time with one engine in it, all on the test's thread.</summary>
public sealed class DataCentre : IDesiredClusters, IEngineReports, IDisposable
{
    private readonly OneThread _thread = new();
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly Dictionary<ClusterId, ClusterSpec> _desired = [];
    private ClusterEngine? _engine;
    private CancellationTokenSource? _stop;

    public DataCentre(int machines, ILedger? ledger = null)
    {
        SynchronizationContext.SetSynchronizationContext(_thread);
        Clock = new WrongClock(Time);
        Maas = new FakeMaas(Time).With(machines);
        Ledger = ledger ?? new MemoryLedger();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));

    /// <summary>What the engine takes for the time; its timers are <see cref="Time"/>'s all the same.</summary>
    public WrongClock Clock { get; }

    public FakeMaas Maas { get; }

    public ILedger Ledger { get; }

    public LogLines Log { get; } = new();

    public Lifeline Line { get; private set; } = new();

    public List<ClusterEvent> Events { get; } = [];

    public Dictionary<ClusterId, ClusterStatus> Statuses { get; } = [];

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    public long Version { get; private set; }

    public ClusterEngine Engine => _engine ?? throw new InvalidOperationException("The engine has not been started.");

    public FakeRegion? Region { get; private set; }

    public FakeDocuments Documents { get; } = new();

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public void Report(ClusterStatus status)
    {
        Statuses[status.Id] = status;
        EachStatus?.Invoke(status);
    }

    public void Report(ClusterEvent happened) => Events.Add(happened);

    public void Dispose()
    {
        Stop();
        SynchronizationContext.SetSynchronizationContext(_before);
    }

    /// <summary>Starts an engine on the ledger; an earlier one is as good as dead.</summary>
    public DataCentre Start(Lifeline? line = null)
    {
        Stop();
        Line = line ?? new Lifeline();
        Region = new FakeRegion(Maas, Line, Time);
        _engine = new ClusterEngine(
            new EnginePorts(new FragileLedger(Ledger, Line), Region, new FakeWorkloads(Maas, Line), Documents, this, this),
            new EngineOptions(),
            Clock,
            Log
        );
        _stop = new CancellationTokenSource();
        _ = _engine.RunAsync(_stop.Token);
        _thread.RunUntilIdle();
        return this;
    }

    public void Want(ClusterSpec cluster)
    {
        _desired[cluster.Id] = cluster;
        Version++;
        _engine?.Enqueue(cluster.Id);
        _thread.RunUntilIdle();
    }

    public ClusterStatus Status(ClusterSpec cluster) => Statuses[cluster.Id];

    public T Now<T>(Func<Task<T>> ask)
    {
        var answer = ask();
        _thread.RunUntilIdle();
        return answer.GetAwaiter().GetResult();
    }

    /// <summary>Lets time pass until something is so.</summary>
    public void Until(Func<bool> reached, TimeSpan? limit = null)
    {
        var end = Time.GetUtcNow() + (limit ?? TimeSpan.FromHours(4));
        while (!reached())
        {
            Assert.True(Time.GetUtcNow() < end, NotReached());
            Pass(TimeSpan.FromSeconds(1));
        }
    }

    private string NotReached()
    {
        var clusters = Statuses.Values.Select(status =>
        {
            var machines = status.Machines.Select(machine => $"{machine.Hostname} {machine.State}");
            return $"{status.Phase}: {status.Message} [{string.Join(", ", machines)}]";
        });
        var events = Events
            .Where(happened => happened.Reason is not "QueryPower")
            .TakeLast(60)
            .Select(happened => $"{happened.At:HH:mm:ss} {happened.Reason} {happened.Message}");
        return $"not reached; {string.Join(" | ", clusters)}\n{string.Join('\n', events)}";
    }

    public void Pass(TimeSpan span)
    {
        for (var end = Time.GetUtcNow() + span; Time.GetUtcNow() < end; )
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Maas.Progress();
            _thread.RunUntilIdle();
            EachSecond?.Invoke();
        }
    }

    /// <summary>Lets days pass in which nothing happens but time.</summary>
    public void Leap(TimeSpan span)
    {
        Time.Advance(span);
        Pass(TimeSpan.FromMinutes(3));
    }

    /// <summary>Looks at the world after each second of it.</summary>
    public Action? EachSecond { get; set; }

    /// <summary>Looks at each status that the engine reports.</summary>
    public Action<ClusterStatus>? EachStatus { get; set; }

    public bool Is(ClusterSpec cluster, ClusterPhase phase) =>
        Statuses.TryGetValue(cluster.Id, out var status) && status.Phase == phase;

    public void Stop()
    {
        _stop?.Cancel();
        _thread.RunUntilIdle();
        _stop?.Dispose();
        _stop = null;
    }
}

/// <summary>A clock that can be set; what is monotonic does not follow it.</summary>
public sealed class WrongClock(TimeProvider right) : TimeProvider
{
    public TimeSpan Off { get; set; }

    public override long TimestampFrequency => right.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Off;

    public override long GetTimestamp() => right.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        right.CreateTimer(callback, state, dueTime, period);
}

public static class Some
{
    public static ClusterSpec Cluster(
        int controlPlanes = 1,
        int workers = 0,
        string name = "demo",
        EndpointChoice? endpoint = null
    ) =>
        new()
        {
            Id = new ClusterId($"id-{name}"),
            Name = name,
            Account = new AccountId("account"),
            CreatedAt = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = "ubuntu/noble",
            Endpoint = endpoint ?? new EndpointChoice.VirtualIp(),
            Addons =
            [
                new AddonLayer("storage", "1", "csi", "storage manifest"),
                new AddonLayer("cilium", "1.18", "cni", "network manifest"),
            ],
            Pools =
            [
                new MachinePool
                {
                    Name = "control-plane",
                    Role = PoolRole.ControlPlane,
                    Size = controlPlanes,
                },
                new MachinePool
                {
                    Name = "workers",
                    Role = PoolRole.Worker,
                    Size = workers,
                },
            ],
        };

    public static ClusterSpec WithWorkers(this ClusterSpec cluster, int size) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? pool with { Size = size } : pool)],
        };

    public static ClusterSpec Workers(this ClusterSpec cluster, Func<MachinePool, MachinePool> change) =>
        cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? change(pool) : pool)],
        };

    public static ClusterSpec WithControlPlanes(this ClusterSpec cluster, int size) =>
        cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.ControlPlane ? pool with { Size = size } : pool)],
        };

    public static ClusterSpec WithImage(this ClusterSpec cluster, string image) => cluster with { Image = image };

    public static ClusterSpec WithVersion(this ClusterSpec cluster, string version) =>
        cluster with
        {
            KubernetesVersion = KubernetesVersion.Parse(version),
        };

    public static ClusterSpec Deleted(this ClusterSpec cluster, DateTimeOffset at, bool force = false) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Deletion = new Deletion(at, force),
        };
}
