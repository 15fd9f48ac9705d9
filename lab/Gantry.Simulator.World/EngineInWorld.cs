using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Microsoft.Extensions.Logging;

namespace Gantry.Simulator.World;

/// <summary>
/// One engine in a data centre, on the calling thread under virtual time: the fixture of engine and provider tests.
/// </summary>
public sealed class EngineInWorld : IDesiredClusters, IEngineReports, IRegionSource, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(4);

    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly OneThread _thread = new();
    private readonly Dictionary<ClusterId, ClusterSpec> _desired = [];
    private readonly WorldDataCentre _dataCentre;
    private readonly ILogger? _log;
    private ProcessContext _process;
    private ProcessClock? _clock;
    private TimeSpan _clockOffset;
    private ITransport? _transport;
    private IRegion? _region;
    private ClusterEngine? _engine;
    private CancellationTokenSource? _stop;

    /// <param name="seed">Seeds all durations; another seed changes the order in which machines finish.</param>
    public EngineInWorld(int machines, ulong seed = 1, ILedger? ledger = null, ILogger? log = null)
    {
        _dataCentre = new WorldDataCentre(machines, seed);
        _log = log;
        _process = new ProcessContext(_thread) { Dead = true };
        Ledger = ledger ?? new MemoryLedger();
    }

    public VirtualTime Time => _dataCentre.Time;

    public WorldRegion Region => _dataCentre.Region;

    public MachineModel Machines => _dataCentre.Machines;

    public Documents Documents => _dataCentre.Documents;

    /// <summary>The script for the engine's calls, and their record.</summary>
    public CallScript Script => _dataCentre.Script;

    /// <summary>What engines started from now on remember; tests put an older one back.</summary>
    public ILedger Ledger { get; set; }

    public EngineOptions Options { get; init; } = new();

    public ClusterEngine Engine => _engine ?? throw new InvalidOperationException("The engine has not been started.");

    /// <summary>The engine was killed or has not been started.</summary>
    public bool IsDead => _process.Dead;

    /// <summary>The error of the engine's clock, also after a restart.</summary>
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

    /// <summary>The region the engine gets for an account; tests replace it.</summary>
    public Func<IRegion?, IRegion?> Account { get; set; } = region => region;

    public Dictionary<ClusterId, ClusterStatus> Statuses { get; } = [];

    public List<ClusterEvent> Events { get; } = [];

    /// <summary>Called after each simulated second.</summary>
    public Action? EachSecond { get; set; }

    /// <summary>Called with each status the engine reports.</summary>
    public Action<ClusterStatus>? EachStatus { get; set; }

    /// <summary>The MAAS user of the account's key, also after a restart.</summary>
    public MaasUser User { get; private set; } = WorldDataCentre.Operator;

    /// <summary>Gives the account the key of another MAAS user.</summary>
    public void ChangeKey(MaasUser user)
    {
        User = user;
        _region = _dataCentre.Open(_transport!, user);
        foreach (var cluster in All)
        {
            Want(cluster);
        }
    }

    /// <summary>Machines that are not free.</summary>
    public IEnumerable<WorldMachine> Held => _dataCentre.Held;

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    public long Version { get; private set; }

    public WorldMachine this[SystemId machine] => _dataCentre[machine];

    public WorldMachine this[string machine] => _dataCentre[machine];

    /// <summary>What the console tells of clusters that have no record; nothing of those that are not named.</summary>
    public Dictionary<ClusterId, Observation<ClusterStatus>> LastReports { get; } = [];

    /// <summary>Clusters that are not desired any more; the value says whether the console has recorded their end.</summary>
    public Dictionary<ClusterId, bool?> Ended { get; } = [];

    public bool? HasEnded(ClusterId cluster) => Ended.TryGetValue(cluster, out var ended) ? ended : false;

    /// <summary>Nobody desires the cluster any more.</summary>
    public void Forget(ClusterSpec cluster)
    {
        _desired.Remove(cluster.Id);
        Version++;
    }

    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) =>
        LastReports.GetValueOrDefault(cluster) ?? new Observation<ClusterStatus>.Absent();

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public IRegion? Find(AccountId account) => Account(_region);

    public void Report(ClusterStatus status)
    {
        Statuses[status.Id] = status;
        EachStatus?.Invoke(status);
    }

    public void Report(ClusterEvent happened) => Events.Add(happened);

    /// <summary>Adds free machines.</summary>
    public void Add(int machines) => _dataCentre.Add(machines);

    /// <summary>Starts an engine on the ledger; a running engine is killed between two calls.</summary>
    public EngineInWorld Start()
    {
        Kill();
        _process = new ProcessContext(_thread);
        _clock = new ProcessClock(Time, _process) { Offset = ClockOffset };
        _stop = new CancellationTokenSource();
        var transport = new ScriptedTransport(Time, _process, Script);
        _transport = transport;
        _region = _dataCentre.Open(transport, User);
        _engine = new ClusterEngine(
            new EnginePorts(new LedgerPort(transport, Ledger), this, _dataCentre.OpenWorkloads(transport), Documents, this, this),
            Options,
            _clock,
            _log
        );
        _process.Run(() => _ = _engine.RunAsync(_stop.Token));
        Settle();
        return this;
    }

    /// <summary>Stops the engine gracefully.</summary>
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

    /// <summary>The true state of the cluster.</summary>
    /// <exception cref="InvalidOperationException">No machine of the cluster has booted yet.</exception>
    public WorldCluster Inside(ClusterSpec cluster) =>
        Machines.Find(cluster.Id) ?? throw new InvalidOperationException($"{cluster.Name} has no machine that is up.");

    /// <summary>Makes the cluster's API server unreachable, or reachable again; its workload runs on.</summary>
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

    /// <summary>Calls the engine and advances time until it answers.</summary>
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

    /// <summary>Advances time until a condition holds.</summary>
    /// <param name="limit">Four hours by default.</param>
    /// <exception cref="InvalidOperationException">The condition does not hold within the limit.</exception>
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

    /// <summary>Advances time until the engine has reported a matching status.</summary>
    public void Until(ClusterSpec cluster, Func<ClusterStatus, bool> holds, TimeSpan? limit = null) =>
        Until(() => Statuses.TryGetValue(cluster.Id, out var status) && holds(status), limit);

    public void Pass(TimeSpan span)
    {
        for (var end = Time.Ticks + span.Ticks; Time.Ticks < end; EachSecond?.Invoke())
        {
            Advance(TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, end - Time.Ticks)));
        }
    }

    /// <summary>Advances time without a running engine.</summary>
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

    // Runs all work that needs no time to pass.
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
