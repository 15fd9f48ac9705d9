using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Protocol;
using Gantry.Simulator.Consoles;
using Gantry.Simulator.Gateways;
using Gantry.Simulator.Invariants;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Scenarios;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;

namespace Gantry.Simulator;

/// <summary>
/// One run: a data centre, its clusters, a console and a gateway under virtual time on one thread, with the invariants checked
/// against them. It keeps the world's own record; no engine code takes part in the checks.
/// </summary>
internal sealed class Simulation
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly OneThread _thread = new();
    private bool _starts;
    private bool _killedAtStart;
    private readonly List<Invariant> _invariants;
    private readonly Dictionary<Act, ClusterId> _sentToDelete = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Act, int> _sentByLedger = new(ReferenceEqualityComparer.Instance);
    private int _gatewayStarts;
    private GatewayProcess? _copy;

    public Simulation(
        Scenario scenario,
        EngineOptions options,
        Func<EnginePorts, EnginePorts>? around = null,
        Action<string>? trace = null,
        bool tellsInstancesApart = true
    )
    {
        Scenario = scenario;
        EngineOptions = options;
        Around = around ?? (ports => ports);
        Time = new VirtualTime(Start);
        Chance = new Chance(scenario.Seed);
        History = new History(Time, trace);
        User = new MaasUser("gantry", Chance.Is(0.5, "administrator"));
        KeyOf = User;
        Region = new WorldRegion(Time, (int)(scenario.Seed % int.MaxValue), User.Name);
        Faults = new ActiveFaults(Chance);
        MachineModel = new MachineModel(Time, Chance, Region, Documents);
        Region.MachineModel = MachineModel;
        Console = new ConsoleModel(Time) { TellsInstancesApart = tellsInstancesApart };
        Inventories.Fill(Region, scenario.Settings.Machines, Chance);
        _invariants = Invariant.All(this);
        Operators = new Operators(this);
    }

    public Scenario Scenario { get; }

    public EngineOptions EngineOptions { get; }

    /// <summary>Wraps the engine's ports; tests use it to disable a safeguard.</summary>
    public Func<EnginePorts, EnginePorts> Around { get; }

    public VirtualTime Time { get; }

    public Chance Chance { get; }

    public History History { get; }

    public MaasUser User { get; }

    /// <summary>The MAAS user of the account's key now.</summary>
    public MaasUser KeyOf { get; private set; }

    /// <summary>Ownership of clusters has been in doubt: what an older ledger or another key leads to is judged at the end.</summary>
    public bool LedgerWasReplaced { get; private set; }

    public WorldRegion Region { get; }

    public MachineModel MachineModel { get; }

    public Documents Documents { get; } = new();

    public ActiveFaults Faults { get; }

    public ConsoleModel Console { get; }

    public GatewayDisk Disk { get; } = new();

    public LedgerRecord Ledger { get; } = new();

    public Operators Operators { get; }

    public GatewayProcess? Gateway { get; private set; }

    /// <summary>The knowledge of the running gateway process, or of the last one.</summary>
    public Knowledge? LastKnowledge { get; private set; }

    /// <summary>The number of calls through ports.</summary>
    public long Calls { get; set; }

    public Violation? Violation { get; private set; }

    public bool Ended => Violation is not null;

    /// <summary>The cluster of each intent in the ledger.</summary>
    public Dictionary<string, ClusterId> Intents { get; } = new(StringComparer.Ordinal);

    /// <summary>The cluster of each endpoint that was in the ledger.</summary>
    public Dictionary<string, ClusterId> Endpoints { get; } = new(StringComparer.Ordinal);

    public void StartGateway()
    {
        History.Note("gateway", "starts");
        _starts = true;
        Gateway = GatewayProcess.Start(this, _thread, ++_gatewayStarts, new GatewayFolder(Disk, new WatchedLedger(this)));
        _starts = false;
        LastKnowledge = Gateway.Knowledge;
        foreach (var invariant in _invariants)
        {
            invariant.GatewayStarted();
        }

        if (_killedAtStart)
        {
            _killedAtStart = false;
            KillGateway();
        }
    }

    /// <summary>Clusters the gateway has reported since counting began.</summary>
    public HashSet<ClusterId> ReportedClusters { get; } = [];

    public void ForgetGateway()
    {
        KillGateway(restarts: false);
        LastKnowledge = null;
    }

    public void KillGateway(bool restarts = true)
    {
        if (Gateway is null)
        {
            // The kill hits a first call, before the process is registered.
            _killedAtStart = _starts;
            return;
        }

        History.Note("gateway", "is killed");
        EndCopy();
        Faults.Disarm();
        Gateway.Kill();
        Gateway = null;
        if (restarts)
        {
            Time.In(Chance.Seconds(1, 120, "restarts after", _gatewayStarts), StartGateway);
        }
    }

    /// <summary>Somebody starts a gateway on a copy of the data folder; it is found and stopped after a while.</summary>
    public void StartCopy(TimeSpan lasting)
    {
        if (Gateway is null || _copy is not null || Ledger.Ledger is not MemoryLedger ledger)
        {
            return;
        }

        var folder = new GatewayFolder(Disk.Copy(), ledger.Copy(), IsCopy: true);
        Time.In(
            Chance.Seconds(1, 600, "copy starts", Time.Ticks),
            () =>
            {
                // While the original does not reach the console, a copy cannot be told from a restart of it.
                if (Gateway is { } original && _copy is null && Console.IsPolledBy(original.Instance))
                {
                    History.Note("gateway", "a copy starts");
                    _copy = GatewayProcess.Start(this, _thread, 1000 + _gatewayStarts, folder);
                }
            }
        );
        Time.In(lasting, EndCopy);
    }

    // While the original is down, a copy cannot be told from a restart of it: the fault is one of two that run.
    public void EndCopy()
    {
        _copy?.Kill();
        _copy = null;
    }

    /// <summary>Gives the account the key of another MAAS user, or its own back; the gateway learns of it from its console.</summary>
    public void ChangeKey(MaasUser user)
    {
        KeyOf = user;
        Gateway?.KeyChanged();
    }

    /// <summary>The gateway's data folder gets an older ledger, or loses its ledger; the gateway starts again.</summary>
    public void ReplaceLedger(bool lost)
    {
        if (Gateway is null)
        {
            Time.In(TimeSpan.FromMinutes(3), () => ReplaceLedger(lost));
            return;
        }

        KillGateway();
        LedgerWasReplaced |= Ledger.Replace(lost, $"lost{_gatewayStarts:0000}");
        LastKnowledge = null;
    }

    /// <summary>Runs everything that is due by then, or until an invariant is violated.</summary>
    public void RunUntil(long ticks)
    {
        do
        {
            _thread.RunUntilIdle();
            if (_thread.WasLeft)
            {
                Violate("OneThread", "something went on in another thread, so this run cannot be repeated");
            }
        } while (!Ended && Time.Next(ticks));
    }

    public void Violate(string invariant, string message)
    {
        if (Violation is null)
        {
            Violation = new Violation(invariant, message, Time.Elapsed);
            History.Note("VIOLATED", invariant, message);
        }
    }

    public ClusterSpec? SpecOf(ClusterId cluster) => Gateway?.Desired.Find(cluster) ?? Disk.Clusters.GetValueOrDefault(cluster);

    public bool IsLeaving(ClusterId cluster) =>
        Ledger.Clusters.GetValueOrDefault(cluster)?.Spec.Deletion is not null || SpecOf(cluster)?.Deletion is not null;

    /// <summary>Whether the act was sent to delete that cluster.</summary>
    public bool WasSentToDelete(Act act, ClusterId cluster) => _sentToDelete.TryGetValue(act, out var meant) && meant == cluster;

    /// <summary>
    /// Whether the ledger was lost or put back while the act was on its way: it was right by the ledger that it was sent by.
    /// </summary>
    public bool WasSentByAnotherLedger(Act act) =>
        _sentByLedger.TryGetValue(act, out var ledger) && ledger != Ledger.Replacements;

    // Notifications from ports, console and gateway.

    public void Sent(Act act, Knowledge knowledge)
    {
        _sentByLedger[act] = Ledger.Replacements;
        if ((act.Cluster ?? (act.Machine is { } id ? Region.Find(id)?.Cluster?.Id : null)) is { } cluster && IsLeaving(cluster))
        {
            _sentToDelete[act] = cluster;
        }

        foreach (var invariant in _invariants)
        {
            invariant.Sent(act, knowledge);
        }
    }

    public void Before(Act act)
    {
        foreach (var invariant in _invariants)
        {
            invariant.Before(act);
        }
    }

    public void After(Act act, string? refused)
    {
        if (act.Kind is not (ActKind.Label or ActKind.Annotate))
        {
            var secret = act.Kind is ActKind.Admit or ActKind.Revoke or ActKind.Deploy or ActKind.Apply;
            History.Note(
                act.Cluster is null ? "MAAS" : act.Cluster.Value.Value,
                $"{act.Kind} {(act.Machine is { } id ? Region.Find(id)?.Hostname : "")}{(secret ? "" : $" {act.Detail}")}",
                refused is null ? "" : $"refused: {refused}"
            );
        }

        foreach (var invariant in _invariants)
        {
            if (refused is null)
            {
                invariant.After(act);
            }
            else
            {
                invariant.Text(refused);
            }
        }

        _sentByLedger.Remove(act);
    }

    public void LedgerSaved(ClusterRecord record)
    {
        var before = Ledger.Clusters.GetValueOrDefault(record.Spec.Id);
        var (dropped, twice) = Ledger.Saved(record);
        foreach (var member in record.Members)
        {
            Intents.TryAdd(member.Intent, record.Spec.Id);
        }

        if (record.Endpoint is { } endpoint)
        {
            Endpoints[endpoint.Host] = record.Spec.Id;
        }

        foreach (var invariant in _invariants)
        {
            invariant.LedgerSaved(record, before, dropped, twice);
        }
    }

    public void LedgerRemoved(ClusterId cluster)
    {
        if (Ledger.Removed(cluster) is { } record)
        {
            foreach (var invariant in _invariants)
            {
                invariant.LedgerRemoved(record);
            }
        }
    }

    public void Published(ClusterStatus status)
    {
        ReportedClusters.Add(status.Id);
        foreach (var invariant in _invariants)
        {
            invariant.Published(status);
        }
    }

    public void Published(ClusterEvent happened)
    {
        History.Note(Name(happened.Cluster), happened.Reason, happened.Message);
        foreach (var invariant in _invariants)
        {
            invariant.Text(happened.Message);
        }
    }

    /// <summary>A cluster that cannot go on with what it has in MAAS is deleted by its operator, who makes another one.</summary>
    public void AdoptionRefused(ClusterId cluster, RegionFailure why)
    {
        if (why is RegionFailure.Conflict && Console.Find(cluster) is { Spec.Deletion: null, DeletedAt: null } lost)
        {
            History.Note("change", $"delete {lost.Spec.Name}, whose keys are lost");
            Console.Write(lost.Spec with { Generation = lost.Spec.Generation + 1, Deletion = new Deletion(Time.Now) });
        }
    }

    public void Said(string text)
    {
        foreach (var invariant in _invariants)
        {
            invariant.Text(text);
        }
    }

    public void Polled(long since)
    {
        foreach (var invariant in _invariants)
        {
            invariant.Polled(since);
        }
    }

    public void Reported(StatusReport report)
    {
        foreach (var status in report.Statuses)
        {
            History.Note(Name(status.Id), $"{status.Phase} {status.Progress} %", status.Message);

            // A cluster that was Running may carry workload from now on.
            if (status.Phase is ClusterPhase.Running && MachineModel.Find(status.Id) is { } cluster)
            {
                cluster.WasComplete = true;
            }
        }
    }

    public void PartEnded(string part, string why) => Violate("Gateway", $"the gateway's {part} gave way: {why}");

    public string Name(ClusterId cluster) => Console.Find(cluster)?.Spec.Name.Value ?? cluster.Value;
}

/// <summary>A violated invariant, and the time of the violation.</summary>
/// <param name="Invariant">
/// The short name: <c>I1</c> to <c>I15</c>, <c>Engine</c>, <c>Converges</c>, <c>Gateway</c>, <c>OneThread</c>.
/// </param>
public sealed record Violation(string Invariant, string Message, TimeSpan At);
