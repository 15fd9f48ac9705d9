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
    private readonly OneThread thread = new();
    private readonly SynchronizationContext? before = SynchronizationContext.Current;
    private readonly Dictionary<ClusterId, ClusterSpec> desired = [];
    private ClusterEngine? engine;
    private CancellationTokenSource? stop;

    public DataCentre(int machines, ILedger? ledger = null)
    {
        SynchronizationContext.SetSynchronizationContext(thread);
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

    public IReadOnlyList<ClusterSpec> All => [.. desired.Values];

    public ClusterEngine Engine => engine ?? throw new InvalidOperationException("The engine has not been started.");

    public FakeRegion? Region { get; private set; }

    public FakeDocuments Documents { get; } = new();

    public ClusterSpec? Find(ClusterId cluster) => desired.GetValueOrDefault(cluster);

    public void Report(ClusterStatus status)
    {
        Statuses[status.Id] = status;
        EachStatus?.Invoke(status);
    }

    public void Report(ClusterEvent happened) => Events.Add(happened);

    public void Dispose()
    {
        Stop();
        SynchronizationContext.SetSynchronizationContext(before);
    }

    /// <summary>Starts an engine on the ledger; an earlier one is as good as dead.</summary>
    public DataCentre Start(Lifeline? line = null)
    {
        Stop();
        Line = line ?? new Lifeline();
        Region = new FakeRegion(Maas, Line, Time);
        engine = new ClusterEngine(
            new EnginePorts(new FragileLedger(Ledger, Line), Region, new FakeWorkloads(Maas, Line), Documents, this, this),
            new EngineOptions(),
            Clock,
            Log);
        stop = new CancellationTokenSource();
        _ = engine.RunAsync(stop.Token);
        thread.RunUntilIdle();
        return this;
    }

    public void Want(ClusterSpec cluster)
    {
        desired[cluster.Id] = cluster;
        engine?.Enqueue(cluster.Id);
        thread.RunUntilIdle();
    }

    public ClusterStatus Status(ClusterSpec cluster) => Statuses[cluster.Id];

    public T Now<T>(Func<Task<T>> ask)
    {
        var answer = ask();
        thread.RunUntilIdle();
        return answer.GetAwaiter().GetResult();
    }

    /// <summary>Lets time pass until something is so.</summary>
    public void Until(Func<bool> reached, TimeSpan? limit = null)
    {
        var end = Time.GetUtcNow() + (limit ?? TimeSpan.FromHours(4));
        while (!reached())
        {
            Assert.True(Time.GetUtcNow() < end, $"not reached; {string.Join(" | ", Statuses.Values.Select(status => $"{status.Phase}: {status.Message} [{string.Join(", ", status.Machines.Select(machine => $"{machine.Hostname} {machine.State}"))}]"))}\n{string.Join('\n', Events.Where(happened => happened.Reason is not "QueryPower").TakeLast(60).Select(happened => $"{happened.At:HH:mm:ss} {happened.Reason} {happened.Message}"))}");
            Pass(TimeSpan.FromSeconds(1));
        }
    }

    public void Pass(TimeSpan span)
    {
        for (var end = Time.GetUtcNow() + span; Time.GetUtcNow() < end;)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Maas.Progress();
            thread.RunUntilIdle();
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

    public bool Is(ClusterSpec cluster, ClusterPhase phase) => Statuses.TryGetValue(cluster.Id, out var status) && status.Phase == phase;

    public void Stop()
    {
        stop?.Cancel();
        thread.RunUntilIdle();
        stop?.Dispose();
        stop = null;
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
    public static ClusterSpec Cluster(int controlPlanes = 1, int workers = 0, string name = "demo", EndpointChoice? endpoint = null) => new()
    {
        Id = new ClusterId($"id-{name}"),
        Name = name,
        Account = new AccountId("account"),
        CreatedAt = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero),
        KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
        Image = "ubuntu/noble",
        Endpoint = endpoint ?? new EndpointChoice.VirtualIp(),
        Addons = [new AddonLayer("storage", "1", "csi", "storage manifest"), new AddonLayer("cilium", "1.18", "cni", "network manifest")],
        Pools =
        [
            new MachinePool { Name = "control-plane", Role = PoolRole.ControlPlane, Size = controlPlanes },
            new MachinePool { Name = "workers", Role = PoolRole.Worker, Size = workers },
        ],
    };

    public static ClusterSpec WithWorkers(this ClusterSpec cluster, int size) => cluster with
    {
        Generation = cluster.Generation + 1,
        Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? pool with { Size = size } : pool)],
    };

    public static ClusterSpec Workers(this ClusterSpec cluster, Func<MachinePool, MachinePool> change) => cluster with
    {
        Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? change(pool) : pool)],
    };

    public static ClusterSpec WithControlPlanes(this ClusterSpec cluster, int size) => cluster with
    {
        Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.ControlPlane ? pool with { Size = size } : pool)],
    };

    public static ClusterSpec WithImage(this ClusterSpec cluster, string image) => cluster with { Image = image };

    public static ClusterSpec WithVersion(this ClusterSpec cluster, string version) => cluster with { KubernetesVersion = KubernetesVersion.Parse(version) };

    public static ClusterSpec Deleted(this ClusterSpec cluster, DateTimeOffset at, bool force = false) =>
        cluster with { Generation = cluster.Generation + 1, Deletion = new Deletion(at, force) };
}
