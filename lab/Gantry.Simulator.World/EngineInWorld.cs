using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Microsoft.Extensions.Logging;

namespace Gantry.Simulator.World;

/// <summary>
/// One engine in a data centre, on the calling thread under virtual time: the ground for tests of engine and provider.
/// </summary>
public sealed class EngineInWorld : IDesiredClusters, IEngineReports, IRegionSource, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(4);

    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly OneThread _thread = new();
    private readonly Dictionary<ClusterId, ClusterSpec> _desired = [];
    private readonly WorldDataCentre _place;
    private readonly ILogger? _log;
    private ProcessContext _process;
    private ProcessClock? _clock;
    private TimeSpan _clockOffset;
    private IRegion? _region;
    private ClusterEngine? _engine;
    private CancellationTokenSource? _stop;

    /// <param name="seed">Of all durations: another one lets machines overtake each other.</param>
    public EngineInWorld(int machines, ulong seed = 1, ILedger? ledger = null, ILogger? log = null)
    {
        _place = new WorldDataCentre(machines, seed);
        _log = log;
        _process = new ProcessContext(_thread) { Dead = true };
        Ledger = ledger ?? new MemoryLedger();
    }

    public VirtualTime Time => _place.Time;

    public WorldRegion Region => _place.Region;

    public MachineModel Machines => _place.Machines;

    public Documents Documents => _place.Documents;

    /// <summary>The engine's calls, and what becomes of them.</summary>
    public CallScript Script => _place.Script;

    public ILedger Ledger { get; }

    public EngineOptions Options { get; init; } = new();

    public ClusterEngine Engine => _engine ?? throw new InvalidOperationException("The engine has not been started.");

    /// <summary>The engine was killed, or has not been started yet.</summary>
    public bool IsDead => _process.Dead;

    /// <summary>How wrong the engine's clock is, from now on and after a restart.</summary>
    public TimeSpan ClockOffset
    {
        get => _clockOffset;
        set
        {
            _clockOffset = value;
            if (_clock is not null)
            {
                _clock.Offset = value;
            }
        }
    }

    /// <summary>What the engine finds for an account: its region, unless a test says otherwise.</summary>
    public Func<IRegion?, IRegion?> Account { get; set; } = region => region;

    public Dictionary<ClusterId, ClusterStatus> Statuses { get; } = [];

    public List<ClusterEvent> Events { get; } = [];

    /// <summary>Looks at the world after each second of it.</summary>
    public Action? EachSecond { get; set; }

    /// <summary>Looks at each status that the engine reports.</summary>
    public Action<ClusterStatus>? EachStatus { get; set; }

    /// <summary>Machines that are not free.</summary>
    public IEnumerable<WorldMachine> Held => _place.Held;

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    public long Version { get; private set; }

    public WorldMachine this[SystemId machine] => _place[machine];

    public WorldMachine this[string machine] => _place[machine];

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public IRegion? Find(AccountId account) => Account(_region);

    public void Report(ClusterStatus status)
    {
        Statuses[status.Id] = status;
        EachStatus?.Invoke(status);
    }

    public void Report(ClusterEvent happened) => Events.Add(happened);

    /// <summary>Adds free machines.</summary>
    public void Add(int machines) => _place.Add(machines);

    /// <summary>Starts an engine on the ledger; a running engine is killed between two of its calls.</summary>
    public EngineInWorld Start()
    {
        Kill();
        _process = new ProcessContext(_thread);
        _clock = new ProcessClock(Time, _process) { Offset = ClockOffset };
        _stop = new CancellationTokenSource();
        var transport = new ScriptedTransport(Time, _process, Script);
        _region = _place.Open(transport);
        _engine = new ClusterEngine(
            new EnginePorts(new LedgerPort(transport, Ledger), this, _place.OpenWorkloads(transport), Documents, this, this),
            Options,
            _clock,
            _log
        );
        _process.Run(() => _ = _engine.RunAsync(_stop.Token));
        Settle();
        return this;
    }

    /// <summary>Asks the engine to end, and lets it.</summary>
    public void Stop()
    {
        _stop?.Cancel();
        Settle();
        Kill();
    }

    public void Want(ClusterSpec cluster)
    {
        _desired[cluster.Id] = cluster;
        Version++;
        if (!IsDead)
        {
            _process.Run(() => Engine.Enqueue(cluster.Id));
            Settle();
        }
    }

    public bool Is(ClusterSpec cluster, ClusterPhase phase) =>
        Statuses.TryGetValue(cluster.Id, out var status) && status.Phase == phase;

    public ClusterStatus Status(ClusterSpec cluster) => Statuses[cluster.Id];

    /// <summary>The cluster as it really is.</summary>
    /// <exception cref="InvalidOperationException">No machine of it has come up yet.</exception>
    public WorldCluster Inside(ClusterSpec cluster) =>
        Machines.Find(cluster.Id) ?? throw new InvalidOperationException($"{cluster.Name} has no machine that is up.");

    /// <summary>The API server of the cluster cannot be reached, or again; what it runs goes on.</summary>
    public void Cut(ClusterSpec cluster, bool cut = true)
    {
        if (cut)
        {
            Script.Unreachable.Add(cluster.Id);
        }
        else
        {
            Script.Unreachable.Remove(cluster.Id);
        }
    }

    /// <summary>Asks the engine something and lets time pass until it answers.</summary>
    public T Now<T>(Func<Task<T>> ask)
    {
        Task<T>? answer = null;
        _process.Run(() => answer = ask());
        Settle();
        for (var end = Time.Ticks + Patience.Ticks; !answer!.IsCompleted && Time.Ticks < end; )
        {
            Advance(TimeSpan.FromMilliseconds(100));
        }

        return answer.IsCompleted
            ? answer.GetAwaiter().GetResult()
            : throw new InvalidOperationException($"no answer within {Patience}");
    }

    /// <summary>Lets time pass until something holds.</summary>
    /// <param name="limit">Four hours unless it is said.</param>
    /// <exception cref="InvalidOperationException">It does not hold within the limit.</exception>
    public void Until(Func<bool> holds, TimeSpan? limit = null)
    {
        for (var end = Time.Ticks + (limit ?? Patience).Ticks; !holds(); Pass(TimeSpan.FromSeconds(1)))
        {
            if (Time.Ticks >= end)
            {
                throw new InvalidOperationException(NotReached());
            }
        }
    }

    /// <summary>Lets time pass until the engine has reported a status that is so.</summary>
    public void Until(ClusterSpec cluster, Func<ClusterStatus, bool> holds, TimeSpan? limit = null) =>
        Until(() => Statuses.TryGetValue(cluster.Id, out var status) && holds(status), limit);

    public void Pass(TimeSpan span)
    {
        for (var end = Time.Ticks + span.Ticks; Time.Ticks < end; EachSecond?.Invoke())
        {
            Advance(TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, end - Time.Ticks)));
        }
    }

    /// <summary>Lets a long time pass in which no engine runs.</summary>
    public void Sleep(TimeSpan span)
    {
        Kill();
        Advance(span);
        Start();
    }

    public void Dispose()
    {
        Kill();
        SynchronizationContext.SetSynchronizationContext(_before);
    }

    private void Kill()
    {
        _process.Dead = true;
        _stop?.Dispose();
        _stop = null;
    }

    private void Advance(TimeSpan span)
    {
        var end = Time.Ticks + span.Ticks;
        do
        {
            Settle();
        } while (Time.Next(end));
        Settle();
    }

    // What goes on without any time.
    private void Settle()
    {
        _thread.RunUntilIdle();
        if (_thread.WasLeft)
        {
            throw new InvalidOperationException("Something went on in another thread, so this run cannot be repeated.");
        }
    }

    private string NotReached()
    {
        var clusters = Statuses.Values.Select(status =>
            $"{status.Phase}: {status.Message} "
            + $"[{string.Join(", ", status.Machines.Select(machine => $"{machine.Hostname} {machine.State}"))}]"
        );
        var events = Events
            .Where(happened => happened.Reason is not "QueryPower")
            .TakeLast(60)
            .Select(happened => $"{happened.At:HH:mm:ss} {happened.Reason} {happened.Message}");
        return $"not reached; {string.Join(" | ", clusters)}\n{string.Join('\n', events)}";
    }
}
