using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Engine.Ledger;
using Gantry.Engine.Machines;
using Gantry.Engine.Ports;
using Gantry.Engine.Views;
using Gantry.Engine.Workloads;
using Microsoft.Extensions.Logging;

namespace Gantry.Engine;

/// <summary>The ports that the engine is built on.</summary>
public sealed record EnginePorts(
    ILedger Ledger,
    IRegionSource Regions,
    IWorkloadSource Workloads,
    INodeDocuments Documents,
    IDesiredClusters Desired,
    IEngineReports Reports
);

/// <summary>State that all reconciles share: ledger records, regions and the machine queue.</summary>
internal sealed class EngineState(EnginePorts ports, EngineOptions options, TimeProvider time, ILogger log) : IDisposable
{
    private readonly ConcurrentDictionary<ClusterId, ClusterRecord> _records = new();
    private readonly ConcurrentDictionary<ClusterId, UnreadableRecord> _unreadable = new();
    private readonly ConcurrentDictionary<AccountId, RegionView> _regions = new();
    private readonly ConcurrentDictionary<ClusterId, OpenClient> _workloads = new();
    private readonly ConcurrentDictionary<ClusterId, long> _holdingsLooks = new();

    private readonly ConcurrentDictionary<ClusterId, long> _addonLooks = new();
    private readonly ConcurrentDictionary<string, ValueList<AddonObject>> _addonObjects = new(StringComparer.Ordinal);

    /// <summary>Objects of add-ons that clusters lacked when they were last looked at.</summary>
    public ConcurrentDictionary<ClusterId, ValueList<AddonObject>> MissingAddons { get; } = new();

    /// <summary>Who was reached through given endpoints, and when somebody looked.</summary>
    public ConcurrentDictionary<ClusterId, (Observation<EndpointReach> Reach, long At)> Reaches { get; } = new();

    /// <summary>What the last look at MAAS found wrong with the endpoints of clusters.</summary>
    public ConcurrentDictionary<ClusterId, EndpointProblem> EndpointProblems { get; } = new();

    /// <summary>The lease of the virtual IP as it was last read.</summary>
    public ConcurrentDictionary<ClusterId, VirtualIpFacts> VirtualIps { get; } = new();

    /// <summary>What MAAS answered about the scripts of machines that report a failure and are no nodes yet.</summary>
    public ConcurrentDictionary<SystemId, ScriptReport> Scripts { get; } = new();
    private readonly ConcurrentDictionary<ClusterId, bool> _kubeconfigsIssued = new();
    private readonly ConcurrentDictionary<SystemId, long> _markLooks = new();
    private readonly ConcurrentDictionary<ClusterId, bool> _adoptions = new();
    private readonly ConcurrentDictionary<ClusterId, ValueList<AbandonmentRequest>> _abandonments = new();
    private readonly ConcurrentDictionary<ClusterId, bool> _settledReports = new();
    private readonly ConcurrentDictionary<ClusterId, (long Generation, Plan Plan)> _plans = new();
    private readonly ConcurrentDictionary<ClusterId, IReadOnlyList<StepRefusal>> _refusals = new();
    private readonly ConcurrentDictionary<ClusterId, Unanswered> _unanswered = new();
    private const string ByHand = "its power type in MAAS is manual, so a person has to switch it on and off";

    private long _events;
    private long _views;
    private WaitingClusters? _waiting;

    /// <summary>The clusters that wait for machines.</summary>
    public WaitingClusters Waiting => LazyInitializer.EnsureInitialized(ref _waiting, () => new WaitingClusters(this));

    /// <summary>Held while a machine or an address is chosen for a cluster.</summary>
    public AsyncLock PlacementLock { get; } = new();

    /// <summary>Calls whose answer was lost and that may still take effect.</summary>
    public InFlightCalls InFlight { get; } = new(time, options.LateAnswer);

    /// <summary>Allocates and releases machines; keeps the quarantine and the machines to avoid.</summary>
    public MachineService Machines { get; } =
        new(
            ports.Ledger,
            new MachineOptions(options.LateAnswer, options.AvoidRefusedMachine, options.Instance)
            {
                Patience = options.Patience,
                CallsAtOnce = options.CallsAtOnce,
            },
            time
        );

    public EnginePorts Ports { get; } = ports;

    public EngineOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public ILogger Log { get; } = log;

    public string LedgerId { get; private set; } = "";

    /// <summary>Measured durations of machines of this gateway.</summary>
    public Timings Timings { get; private set; } = Timings.Empty;

    public IEnumerable<ClusterRecord> Records => _records.Values;

    public void Dispose()
    {
        foreach (var workload in _workloads.Values)
        {
            workload.Client?.Dispose();
        }
    }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        LedgerId = await Ports.Ledger.GetIdAsync(cancellationToken);
        foreach (var record in await Ports.Ledger.LoadAsync(cancellationToken))
        {
            _records[record.Spec.Id] = record;
            Waiting.RequestChanged(record.Spec.Id);
        }

        foreach (var record in await Ports.Ledger.LoadUnreadableAsync(cancellationToken))
        {
            _unreadable[record.Cluster] = record;
            Log.RecordUnreadable(record.Cluster, record.Why, record.Machines.Count);
        }

        Waiting.HoldingsChanged();
        Timings = ReadTimings(await Ports.Ledger.LoadTimingsAsync(cancellationToken));
        await Machines.LoadAsync(cancellationToken);
    }

    // Lost durations only make estimates less precise; no decision depends on them.
    private Timings ReadTimings(string? json)
    {
        try
        {
            return Timings.FromJson(json);
        }
        catch (JsonException failure)
        {
            Log.TimingsUnreadable(failure);
            return Timings.Empty;
        }
    }

    public ClusterRecord? Find(ClusterId cluster) => _records.GetValueOrDefault(cluster);

    /// <summary>The cluster's unreadable record; <c>null</c> when the record can be read, or there is none.</summary>
    public UnreadableRecord? FindUnreadable(ClusterId cluster) => _unreadable.GetValueOrDefault(cluster);

    /// <summary>Whether a cluster of this gateway holds the machine. An unreadable record holds every machine it names.</summary>
    public bool IsHeld(SystemId machine) =>
        _records.Values.Any(record => record.FindMember(machine) is not null)
        || _unreadable.Values.Any(record => record.Machines.Contains(machine));

    /// <summary>
    /// Whether a cluster of this gateway holds the machine by this allocation. An unreadable record holds every machine it names.
    /// </summary>
    public bool IsHeld(SystemId machine, string intent) =>
        _records.Values.Any(record => record.FindMember(machine)?.Intent == intent)
        || _unreadable.Values.Any(record => record.Machines.Contains(machine));

    public async Task SaveAsync(ClusterRecord record, CancellationToken cancellationToken)
    {
        if (FindUnreadable(record.Spec.Id) is not null)
        {
            throw new InvalidOperationException($"The record of {record.Spec.Name} cannot be read and must not be overwritten.");
        }

        await Ports.Ledger.SaveAsync(record, cancellationToken);
        Keep(record);
    }

    /// <summary>Nothing is left of the cluster. The record stays until the console knows, so that a restart does not begin anew.</summary>
    public async Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken)
    {
        await Ports.Ledger.EndAsync(ended, cancellationToken);
        Keep(ended);
        SettleReport(ended.Spec.Id);
        CloseWorkload(ended.Spec.Id);
    }

    private void Keep(ClusterRecord record)
    {
        var before = Find(record.Spec.Id);
        _records[record.Spec.Id] = record;
        Waiting.RequestChanged(record.Spec.Id);
        if (
            before?.Members != record.Members
            || before.Spec.Deletion != record.Spec.Deletion
            || before.Spec.Account != record.Spec.Account
        )
        {
            Waiting.HoldingsChanged();
        }
    }

    public async Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        await Ports.Ledger.RemoveAsync(cluster, cancellationToken);
        SettleReport(cluster);
        _records.TryRemove(cluster, out _);
        _kubeconfigsIssued.TryRemove(cluster, out _);
        _plans.TryRemove(cluster, out _);
        _refusals.TryRemove(cluster, out _);
        _unanswered.TryRemove(cluster, out _);
        EndpointProblems.TryRemove(cluster, out _);
        VirtualIps.TryRemove(cluster, out _);
        Waiting.RequestChanged(cluster);
        Waiting.HoldingsChanged();
        CloseWorkload(cluster);
    }

    public async Task LearnAsync(TimingSample sample, CancellationToken cancellationToken)
    {
        Timings = Timings.Learn(sample);
        await Ports.Ledger.SaveTimingsAsync(Timings.ToJson(), cancellationToken);
    }

    /// <summary>The shared view of an account's region; <c>null</c> while the gateway does not know the account.</summary>
    public RegionView? FindRegion(AccountId account)
    {
        if (Ports.Regions.Find(account) is not { } region)
        {
            return null;
        }

        return _regions.AddOrUpdate(
            account,
            _ => NewView(),
            (_, known) => ReferenceEquals(known.Region, region) ? known : NewView()
        );

        RegionView NewView() => new(region, Time, Interlocked.Increment(ref _views), Options.Patience);
    }

    /// <summary>A client of the cluster's API server. It is reused for twelve hours while the addresses stay the same.</summary>
    public IWorkloadCluster OpenWorkload(ClusterRecord record, ClusterSecrets secrets, IReadOnlyList<string> controlPlanes)
    {
        var endpoint = new ApiEndpoint(record.Endpoint!.Host, record.Endpoint.Port);
        var target = $"{endpoint.Host}:{endpoint.Port} {string.Join(' ', controlPlanes)}";
        var now = Time.GetUtcNow();
        if (_workloads.TryGetValue(record.Spec.Id, out var open) && open.Target == target && now < open.RenewAt)
        {
            return open.Client ??= Ports.Workloads.Open(open.Access);
        }

        CloseWorkload(record.Spec.Id);
        var access = AccessTo(record, secrets, controlPlanes);
        var client = Ports.Workloads.Open(access);
        _workloads[record.Spec.Id] = new OpenClient(access, target, now + TimeSpan.FromHours(12)) { Client = client };
        return client;
    }

    /// <summary>Addresses and credentials of the API server of a cluster that has an endpoint.</summary>
    public WorkloadAccess AccessTo(ClusterRecord record, ClusterSecrets secrets, IReadOnlyList<string> controlPlanes) =>
        Ports.Documents.Access(
            record.Spec.Id,
            new ApiEndpoint(record.Endpoint!.Host, record.Endpoint.Port),
            controlPlanes,
            secrets.Pki,
            Time.GetUtcNow()
        );

    /// <summary>The last plan for this generation of the cluster; <c>null</c> before the first one.</summary>
    public Plan? FindPlan(ClusterSpec cluster) =>
        _plans.TryGetValue(cluster.Id, out var last) && last.Generation == cluster.Generation ? last.Plan : null;

    public void RecordPlan(ClusterSpec cluster, Plan plan)
    {
        _plans[cluster.Id] = (cluster.Generation, plan);
        Waiting.RequestChanged(cluster.Id);
    }

    /// <summary>What the engine could not carry out in its last run of the cluster.</summary>
    public IReadOnlyList<StepRefusal> FindRefusals(ClusterId cluster) => _refusals.GetValueOrDefault(cluster, []);

    /// <summary>What MAAS had not answered in the last run of the cluster; <c>null</c> before the first one.</summary>
    public Unanswered? FindUnanswered(ClusterId cluster) => _unanswered.GetValueOrDefault(cluster);

    public void RecordUnanswered(ClusterId cluster, Unanswered unanswered) => _unanswered[cluster] = unanswered;

    public void RecordRefusals(ClusterId cluster, IReadOnlyList<StepRefusal> refusals)
    {
        if (refusals.Count > 0)
        {
            _refusals[cluster] = refusals;
        }
        else
        {
            _refusals.TryRemove(cluster, out _);
        }
    }

    /// <summary>
    /// Closes the client of an idle cluster, so that idle clusters hold no connections. The next observation opens a new one.
    /// </summary>
    public void ParkWorkload(ClusterId cluster)
    {
        if (_workloads.TryGetValue(cluster, out var open))
        {
            open.Client?.Dispose();
            open.Client = null;
        }
    }

    public void CloseWorkload(ClusterId cluster)
    {
        if (_workloads.TryRemove(cluster, out var open))
        {
            open.Client?.Dispose();
        }
    }

    /// <summary>Records that a kubeconfig was issued. The next reconcile stores that the cluster is in use.</summary>
    public void RecordKubeconfigIssued(ClusterId cluster) => _kubeconfigsIssued[cluster] = true;

    public bool WasKubeconfigIssued(ClusterId cluster) => _kubeconfigsIssued.ContainsKey(cluster);

    /// <summary>Claims the next look at what MAAS holds for the cluster beside its machines.</summary>
    /// <returns>False when it was looked at within <paramref name="interval"/>.</returns>
    public bool TryTakeHoldingsObservation(ClusterId cluster, TimeSpan interval)
    {
        if (_holdingsLooks.TryGetValue(cluster, out var last) && Time.GetElapsedTime(last) < interval)
        {
            return false;
        }

        _holdingsLooks[cluster] = Time.GetTimestamp();
        return true;
    }

    /// <summary>MAAS has not answered: the next run looks again.</summary>
    public void PutBackHoldingsObservation(ClusterId cluster) => _holdingsLooks.TryRemove(cluster, out _);

    /// <returns>False when they were looked at within <paramref name="interval"/>.</returns>
    public bool TryTakeAddonObservation(ClusterId cluster, TimeSpan interval)
    {
        if (_addonLooks.TryGetValue(cluster, out var last) && Time.GetElapsedTime(last) < interval)
        {
            return false;
        }

        _addonLooks[cluster] = Time.GetTimestamp();
        return true;
    }

    /// <summary>The objects that the layers bring; <c>null</c> when a manifest cannot be read. Manifests are large, and read once.</summary>
    public ValueList<AddonObject>? FindAddonObjects(AddonLayers layers)
    {
        if (!_addonObjects.TryGetValue(layers.Digest, out var objects) && AddonManifests.TryRead(layers) is { } read)
        {
            objects = _addonObjects[layers.Digest] = read;
        }

        return objects;
    }

    /// <summary>Takes the turn to ask MAAS about a machine without a mark.</summary>
    /// <returns>False when it was asked a minute ago.</returns>
    public bool TryTakeMarkObservation(SystemId machine)
    {
        if (_markLooks.TryGetValue(machine, out var last) && Time.GetElapsedTime(last) < Options.BetweenMarks)
        {
            return false;
        }

        _markLooks[machine] = Time.GetTimestamp();
        return true;
    }

    /// <summary>MAAS has not answered: the next run asks again.</summary>
    public void PutBackMarkObservation(SystemId machine) => _markLooks.TryRemove(machine, out _);

    /// <summary>A person has asked that the cluster's unknown machines be taken into the ledger; its next run does so.</summary>
    public void AskForAdoption(ClusterId cluster) => _adoptions[cluster] = true;

    /// <summary>What the console was told of the cluster has been taken into the ledger, and counts for nothing from now on.</summary>
    public void SettleReport(ClusterId cluster) => _settledReports[cluster] = true;

    /// <summary>What the console was told of a cluster before the ledger knew of it; absent once that is settled.</summary>
    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) =>
        _settledReports.ContainsKey(cluster) ? new Observation<ClusterStatus>.Absent() : Ports.Desired.FindLastReport(cluster);

    /// <summary>
    /// Asks the cluster's next run to forget a machine that MAAS does not release. Only a run may change the record.
    /// </summary>
    public AbandonmentRequest AskForAbandonment(ClusterId cluster, SystemId machine)
    {
        var request = new AbandonmentRequest(
            machine,
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        _abandonments.AddOrUpdate(cluster, _ => [request], (_, others) => [.. others, request]);
        return request;
    }

    public IReadOnlyList<AbandonmentRequest> TakeAbandonments(ClusterId cluster) =>
        _abandonments.TryRemove(cluster, out var requests) ? requests : [];

    public bool TryTakeAdoption(ClusterId cluster) => _adoptions.TryRemove(cluster, out _);

    /// <summary>
    /// Why no machine may be repaired now; <c>null</c> when repairs are allowed. Many silent nodes in several clusters point to
    /// an outage, and a repair during an outage costs capacity.
    /// </summary>
    public string? RepairsHeldUp(DateTimeOffset now)
    {
        var (nodes, silent, clusters, underRepair) = (0, 0, 0, 0);
        foreach (var record in _records.Values.Where(record => record is { Formed: true, Spec.Deletion: null }))
        {
            var before = silent;
            foreach (var member in record.Members)
            {
                nodes += member.State is MachineState.Ready or MachineState.NotReady ? 1 : 0;
                silent += member.State is MachineState.NotReady ? 1 : 0;
                underRepair +=
                    member is { Removal.Kind: RemovalKind.Repair, State: not MachineState.Releasing }
                    || (member.Repair?.ActedAt is { } at && now - at < Options.Limits.Boot)
                        ? 1
                        : 0;
            }

            clusters += silent > before ? 1 : 0;
        }

        if (clusters > 1 && silent > 2 && silent > nodes * Options.OutageShare)
        {
            return $"{silent} of {nodes} nodes of this gateway are silent in {clusters} clusters, which looks like an outage "
                + "rather than broken machines";
        }

        return underRepair >= Options.RepairsAtOnce
            ? $"{Counted.Of(underRepair, "machine")} of this gateway under repair already, and the limit is "
                + $"{Options.RepairsAtOnce}"
            : null;
    }

    /// <summary>The free machines of a region. The caller holds <see cref="PlacementLock"/>.</summary>
    /// <param name="records">The records whose members are not free.</param>
    public IReadOnlyList<Candidate> FreeMachines(RegionView region, IReadOnlyCollection<ClusterRecord> records)
    {
        var held = records.SelectMany(record => record.Members).Select(member => member.Machine).ToHashSet();
        held.UnionWith(_unreadable.Values.SelectMany(record => record.Machines));
        var lost = FindLost(records);
        var lacking = FindLackingPackages(records);
        return
        [
            .. region
                .Machines.All()
                .Where(machine =>
                    machine is { Status: MaasStatus.Ready, Locked: false }
                    && !held.Contains(machine.Id)
                    && Machines.FindQuarantined(machine.Id) is null
                    && Machines.AvoidedUntil(machine.Id) is null
                    && !(lost.GetValueOrDefault(machine.Id)?.FreeFrom(Options.Limits) > Time.GetUtcNow())
                )
                .Select(machine => AsCandidate(machine, lost.GetValueOrDefault(machine.Id), lacking)),
        ];
    }

    // It may be the way of the machine to the repository.
    private static HashSet<SystemId> FindLackingPackages(IEnumerable<ClusterRecord> records) =>
        [.. records.SelectMany(record => record.PackageFailure?.Machines ?? [])];

    /// <summary>Machines that persons took from clusters in MAAS within the last day.</summary>
    public IReadOnlyDictionary<SystemId, LostMachine> FindLost(IEnumerable<ClusterRecord> records)
    {
        var now = Time.GetUtcNow();
        return records
            .SelectMany(record => record.Lost ?? [])
            .Where(lost => lost.Counts(Options.Limits, now))
            .OrderBy(lost => lost.At)
            .GroupBy(lost => lost.Machine)
            .ToDictionary(losses => losses.Key, losses => losses.Last());
    }

    private static Candidate AsCandidate(RegionMachine machine, LostMachine? lost, HashSet<SystemId> lackingPackages)
    {
        string?[] why =
        [
            lost?.OfItself,
            lackingPackages.Contains(machine.Id) ? PackageFailure.Excuse : null,
            machine.IsSwitchedByHand ? ByHand : null,
        ];
        return AsCandidate(machine) with
        {
            LastChoice = why.Any(one => one is not null) ? string.Join(", and ", why.OfType<string>()) : null,
        };
    }

    /// <summary>Every machine of a region, with the reason why it is not free; <c>null</c> for a free machine.</summary>
    public IReadOnlyList<KnownMachine> KnownMachines(RunScope run, Turn turn)
    {
        var holders = run
            .Records.SelectMany(record => record.Members.Select(member => (member.Machine, Name: record.Spec.Name.Value)))
            .Concat(
                _unreadable.Values.SelectMany(record =>
                    record.Machines.Select(machine => (Machine: machine, Name: NameOf(record)))
                )
            )
            .DistinctBy(held => held.Machine)
            .ToDictionary(held => held.Machine, held => held.Name);
        var claimed = turn
            .Claims.SelectMany(claim => claim.Machines.Select(machine => (machine.Machine, claim.Cluster)))
            .ToDictionary(pair => pair.Machine, pair => pair.Cluster);
        var lost = FindLost(run.Records);
        var lacking = FindLackingPackages(run.Records);
        return
        [
            .. run
                .View.Machines.All()
                .Select(machine => new KnownMachine(
                    AsCandidate(machine, lost.GetValueOrDefault(machine.Id), lacking),
                    WhyNotFree(machine)
                )),
        ];

        string NameOf(UnreadableRecord record) => Ports.Desired.Find(record.Cluster)?.Name.Value ?? record.Cluster.Value;

        Unavailable? WhyNotFree(RegionMachine machine) =>
            machine switch
            {
                _ when holders.TryGetValue(machine.Id, out var cluster) => Unavailable.HeldBy(cluster),
                _ when Machines.FindQuarantined(machine.Id) is { } failed => Unavailable.InQuarantine(failed.Reason),
                { Locked: true } => Unavailable.Locked,
                { Status: not MaasStatus.Ready } => Unavailable.InMaas(
                    machine.StatusName.Length > 0 ? machine.StatusName : "not Ready"
                ),
                _ when Machines.AvoidedUntil(machine.Id) is { } until => Unavailable.Refused(until),
                _ when lost.GetValueOrDefault(machine.Id) is { } loss
                        && loss.FreeFrom(Options.Limits) is var from
                        && from > Time.GetUtcNow() => Unavailable.LeftAlone(loss, from),
                _ when claimed.TryGetValue(machine.Id, out var cluster) => Unavailable.ClaimedBy(cluster),
                _ => null,
            };
    }

    public static Candidate AsCandidate(RegionMachine machine) =>
        new Candidate(
            machine.Id,
            machine.Hostname,
            machine.Zone,
            machine.ResourcePool,
            machine.CpuCount,
            machine.MemoryMiB,
            machine.Disks.DefaultIfEmpty().Max(),
            machine.Architecture,
            machine.Tags
        )
        {
            LastChoice = machine.IsSwitchedByHand ? ByHand : null,
            Networks = machine.Networks,
        };

    public void RecordEvent(
        ClusterSpec cluster,
        EventSeverity severity,
        string reason,
        string message,
        SystemId? machine,
        EventKind kind
    ) =>
        RecordEvent(
            cluster,
            new ClusterEvent(
                NextEventId(),
                cluster.Id,
                machine,
                severity,
                reason,
                message,
                Time.GetUtcNow(),
                cluster.Generation,
                kind
            )
        );

    /// <summary>Records the end of a cluster. After a restart in between it is recorded again, in place of the first one.</summary>
    public void RecordEnd(ClusterSpec cluster) =>
        RecordEvent(
            cluster,
            new ClusterEvent(
                $"{LedgerId}-{cluster.Id}-deleted",
                cluster.Id,
                null,
                EventSeverity.Info,
                "Deleted",
                "nothing is left of the cluster",
                Time.GetUtcNow(),
                cluster.Generation,
                EventKind.Result
            )
        );

    /// <summary>Records a warning that takes the place of the one with the same key before it.</summary>
    public void RecordRepeated(ClusterSpec cluster, string reason, string message, SystemId machine, string key) =>
        RecordEvent(
            cluster,
            new ClusterEvent(
                key,
                cluster.Id,
                machine,
                EventSeverity.Warning,
                reason,
                message,
                Time.GetUtcNow(),
                cluster.Generation
            )
        );

    private void RecordEvent(ClusterSpec cluster, ClusterEvent happened)
    {
        var machine = happened.Machine is { } known ? $" {known}" : "";
        if (happened.Severity is EventSeverity.Info)
        {
            Log.Recorded(cluster.Name, cluster.Id, happened.Reason, machine, happened.Message);
        }
        else
        {
            Log.RecordedWarning(cluster.Name, cluster.Id, happened.Reason, machine, happened.Message);
        }

        Ports.Reports.Report(happened);
    }

    /// <summary>Event ids are unique and ascending within a gateway, also across restarts.</summary>
    public string NextEventId() =>
        $"{LedgerId}-{Time.GetUtcNow().ToUnixTimeMilliseconds():x12}-{Interlocked.Increment(ref _events):x8}";

    // Not synchronized: only the cluster's own reconcile uses it, and a cluster has one reconcile at a time.
    private sealed record OpenClient(WorkloadAccess Access, string Target, DateTimeOffset RenewAt)
    {
        public IWorkloadCluster? Client { get; set; }
    }
}

/// <param name="Reported">MAAS's status message when it was asked.</param>
/// <param name="Node">Of the script that runs kubeadm; <c>null</c> when another part of cloud-init failed.</param>
internal sealed record ScriptReport(string Reported, NodeReport? Node);
