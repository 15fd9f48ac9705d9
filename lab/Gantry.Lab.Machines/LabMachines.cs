using System.Text.Json;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Store;

namespace Gantry.Lab.Machines;

/// <summary>
/// The servers of the lab. A booted machine runs cloud-init; after a completed kubeadm it is a node until it loses power. All
/// state is stored before it takes effect, so the lab resumes after a kill at any moment. Thread-safe.
/// </summary>
public sealed class LabMachines : IMachineHost, IAsyncDisposable
{
    // kube-controller-manager's default node-monitor-grace-period.
    private static readonly TimeSpan NodeGrace = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(60);

    private const int LongestReport = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, MachineRecord> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CancellationTokenSource> _boots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _lastBoots = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILabStore _store;
    private readonly TimeProvider _time;
    private IMachineReports? _reports;

    private LabMachines(LabMachinesOptions options, ILabStore store, TimeProvider time)
    {
        Options = options;
        _store = store;
        _time = time;
        Clusters = new LabClusters(
            store,
            options.Sockets ? new LoopbackApiNetwork(time) : new MemoryApiNetwork(),
            time,
            options.Speed,
            OnMembersChanged,
            cluster => Start(cancellationToken => Clusters!.FollowLeaseAsync(cluster, cancellationToken))
        );
    }

    internal LabMachinesOptions Options { get; }

    internal LabClusters Clusters { get; }

    /// <summary>
    /// Loads the stored machines: clusters serve at once. Machines that were booting wait for <see cref="Resume"/>.
    /// </summary>
    public static async Task<LabMachines> StartAsync(
        LabMachinesOptions options,
        ILabStore store,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var machines = new LabMachines(options, store, time);
        foreach (var (systemId, value) in store.All(MachineRecord.Kind))
        {
            machines._records[systemId] = JsonSerializer.Deserialize<MachineRecord>(value)!;
        }

        await machines.Clusters.LoadAsync(cancellationToken);
        return machines;
    }

    /// <summary>Sets the receiver of cloud-init reports and resumes interrupted machines.</summary>
    public void Resume(IMachineReports to)
    {
        _reports = to;
        foreach (var record in Records())
        {
            switch (record)
            {
                case { Phase: MachinePhase.Booting, Powered: true }:
                    Begin(record);
                    break;
                case { Phase: MachinePhase.Wiped }:
                    Start(cancellationToken => PowerLostAsync(record, cancellationToken));
                    break;
                case { Powered: false, Node: not null }:
                    Start(cancellationToken => PowerLostAsync(record, cancellationToken));
                    break;
                case { Node: not null, ClusterId: { } id } when Clusters.Find(id) is { } cluster && !Reports(record, cluster):
                    Start(cancellationToken => MarkNodeNotReadyAsync(record, cluster, cancellationToken));
                    break;
            }
        }
    }

    public void Boot(InstalledMachine machine)
    {
        CutBoot(machine.SystemId);
        MachineRecord record;
        lock (_gate)
        {
            _store.Delete(MachineRecord.DiskKind, machine.SystemId);
            record = Put(
                new MachineRecord
                {
                    Machine = machine,
                    Installation =
                        (_records.GetValueOrDefault(machine.SystemId)?.Installation ?? Installations(machine.SystemId)) + 1,
                }
            );
        }

        Begin(record);
    }

    /// <summary>
    /// Aligns the machines with the state of their region, because a kill can lose notifications from the region.
    /// </summary>
    /// <param name="installed">Every deployed machine, and whether it has power.</param>
    public void Reconcile(IReadOnlyList<(InstalledMachine Machine, bool Powered)> installed)
    {
        var known = Records()
            .Where(record => record.Phase is not MachinePhase.Wiped)
            .ToDictionary(record => record.Machine.SystemId, StringComparer.Ordinal);
        foreach (var (machine, powered) in installed)
        {
            if (!known.Remove(machine.SystemId, out var record))
            {
                Boot(machine);
                record = null;
            }

            if (powered && record is { Powered: false })
            {
                PowerOn(machine.SystemId);
            }
            else if (!powered && record is not { Powered: false })
            {
                PowerOff(machine.SystemId);
            }
        }

        foreach (var released in known.Keys)
        {
            Wipe(released);
        }
    }

    public void PowerOn(string systemId)
    {
        if (
            Update(systemId, record => record.Powered ? null : record with { Powered = true, Hung = false }) is
            { Phase: MachinePhase.Running } record
        )
        {
            Start(cancellationToken => RestartAsync(record, cancellationToken));
        }
    }

    public void PowerOff(string systemId)
    {
        CutBoot(systemId);

        // cloud-init does not resume an interrupted run: each module runs once per installation. Enabled services start again.
        if (
            Update(
                systemId,
                record => record.Powered ? record with { Powered = false, Hung = false, Phase = MachinePhase.Running } : null
            ) is
            { } record
        )
        {
            Start(cancellationToken => PowerLostAsync(record, cancellationToken));
        }
    }

    public void Hang(string systemId, bool hangs)
    {
        if (hangs)
        {
            CutBoot(systemId);
        }

        // As after a power loss, the interrupted run of cloud-init does not go on.
        var changed = Update(
            systemId,
            record =>
                record.Powered && record.Hung != hangs
                    ? record with
                    {
                        Hung = hangs,
                        Phase = hangs ? MachinePhase.Running : record.Phase,
                    }
                    : null
        );
        if (changed is not { Node: { } node, ClusterId: { } id } || Clusters.Find(id) is not { } cluster)
        {
            return;
        }

        if (hangs)
        {
            Start(cancellationToken => MarkNodeNotReadyAsync(changed, cluster, cancellationToken));
        }
        else if (Reports(changed, cluster))
        {
            Report(cluster, node, changed.NodeTaints);
        }
    }

    public void Wipe(string systemId)
    {
        CutBoot(systemId);
        if (Update(systemId, record => record with { Powered = false, Phase = MachinePhase.Wiped }) is { } record)
        {
            Start(cancellationToken => PowerLostAsync(record, cancellationToken));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] rest;
        lock (_gate)
        {
            rest = [.. _running];
        }

        await Task.WhenAll(rest);
        await Clusters.DisposeAsync();
        _stopping.Dispose();
    }

    internal void Report(string systemId, string module, string description, bool success) =>
        _reports?.CloudInit(systemId, module, description[..Math.Min(description.Length, LongestReport)], success);

    internal void ReportInitialized(string systemId) => _reports?.Initialized(systemId);

    internal void Follow(ControlPlane cluster) => Start(cancellationToken => Clusters.FollowAsync(cluster, cancellationToken));

    /// <summary>Stores a step of a run, unless the machine was powered off or reinstalled meanwhile.</summary>
    internal MachineRecord Change(MachineRecord record)
    {
        lock (_gate)
        {
            return
                _records.TryGetValue(record.Machine.SystemId, out var now)
                && now.Installation == record.Installation
                && now.Powered
                && now.Phase is MachinePhase.Booting
                ? Put(record)
                : throw new OperationCanceledException();
        }
    }

    private MachineRecord[] Records()
    {
        lock (_gate)
        {
            return [.. _records.Values];
        }
    }

    // Counts across releases, so that a reinstalled machine has other durations and its cluster another id.
    private int Installations(string systemId) =>
        _store.All("installations").FirstOrDefault(row => row.Key == systemId).Value is { } count
            ? BitConverter.ToInt32(count)
            : 0;

    private MachineRecord Put(MachineRecord record)
    {
        var systemId = record.Machine.SystemId;
        _records[systemId] = record;
        _store.Together(() =>
        {
            _store.Put(MachineRecord.Kind, systemId, JsonSerializer.SerializeToUtf8Bytes(record));
            _store.Put("installations", systemId, BitConverter.GetBytes(record.Installation));
        });
        return record;
    }

    private MachineRecord? Update(string systemId, Func<MachineRecord, MachineRecord?> change)
    {
        lock (_gate)
        {
            return
                _records.TryGetValue(systemId, out var record)
                && record.Phase is not MachinePhase.Wiped
                && change(record) is { } after
                ? Put(after)
                : null;
        }
    }

    private void Begin(MachineRecord record)
    {
        var systemId = record.Machine.SystemId;
        var cut = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _boots[systemId] = cut;
            _lastBoots[systemId] = ended.Task;
        }

        Start(async _ =>
        {
            var run = new MachineRun(this, record, FindDisk(systemId));
            try
            {
                await run.BootAsync(cut.Token);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // A fault of the lab itself is reported as an event, because a machine without any report cannot be diagnosed.
                Report(
                    systemId,
                    "modules-final",
                    $"the lab could not go on: {error.GetType().Name}: {error.Message}",
                    success: false
                );
            }
            finally
            {
                Keep(run);
                lock (_gate)
                {
                    if (_boots.GetValueOrDefault(systemId) == cut)
                    {
                        _boots.Remove(systemId);
                        cut.Dispose();
                    }
                }

                ended.SetResult();
            }
        });
    }

    private MachineFiles? FindDisk(string systemId) =>
        _store.All(MachineRecord.DiskKind).FirstOrDefault(row => row.Key == systemId).Value is { } saved
            ? MachineFiles.Load(saved)
            : null;

    // The next boot goes on from the disk, unless the machine has joined or another installation has begun. A lab that is stopped
    // begins the boot anew, because its machines did not lose power.
    private void Keep(MachineRun run)
    {
        var systemId = run.Record.Machine.SystemId;
        lock (_gate)
        {
            if (_records.GetValueOrDefault(systemId) is not { } now || now.Installation != run.Record.Installation)
            {
                return;
            }

            if (now.Joined || now.Phase is MachinePhase.Wiped)
            {
                _store.Delete(MachineRecord.DiskKind, systemId);
            }
            else if (!_stopping.IsCancellationRequested)
            {
                _store.Put(MachineRecord.DiskKind, systemId, run.State.Files.Save());
            }
        }
    }

    private void CutBoot(string systemId)
    {
        CancellationTokenSource? cut;
        lock (_gate)
        {
            _boots.Remove(systemId, out cut);
        }

        cut?.Cancel();
    }

    private void Start(Func<CancellationToken, Task> work)
    {
        // The run starts after it is in the list, so that it cannot end before.
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = RunAsync(ready.Task, work);
        lock (_gate)
        {
            _running.Add(task);
        }

        _ = RemoveAsync(task);
        ready.SetResult();
    }

    private async Task RunAsync(Task ready, Func<CancellationToken, Task> work)
    {
        await ready;
        try
        {
            await work(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The machine lost power, or the lab is stopping.
        }
        catch (KubeException)
        {
            // The node or its whole cluster was deleted meanwhile.
        }
    }

    private async Task RemoveAsync(Task task)
    {
        await Task.WhenAny(task);
        lock (_gate)
        {
            _running.Remove(task);
        }
    }

    // The system boots from its disk: etcd and the kubelet start without cloud-init.
    private async Task RestartAsync(MachineRecord record, CancellationToken cancellationToken)
    {
        await Task.Delay(Restart / Options.Speed, _time, cancellationToken);
        await LastBootOf(record.Machine.SystemId);
        if (!record.Joined && IsCurrent(record) && FindDisk(record.Machine.SystemId) is not null)
        {
            BootAgain(record.Machine.SystemId);
        }

        if (
            !IsCurrent(record)
            || record.Node is not { } node
            || record.ClusterId is null
            || record.SwapStopsKubelet
            || Clusters.Find(record.ClusterId) is not { } cluster
        )
        {
            return;
        }

        if (node.IsControlPlane)
        {
            cluster.ChangeMember(record.Machine.SystemId, member => member with { Up = true });
            await Clusters.FollowAsync(cluster, cancellationToken);
        }

        if (Reports(record, cluster))
        {
            Report(cluster, node, record.NodeTaints);
        }
    }

    private Task LastBootOf(string systemId)
    {
        lock (_gate)
        {
            return _lastBoots.GetValueOrDefault(systemId) ?? Task.CompletedTask;
        }
    }

    private void BootAgain(string systemId)
    {
        if (Update(systemId, record => record with { Phase = MachinePhase.Booting }) is { } booting)
        {
            Begin(booting);
        }
    }

    /// <summary>The kubelet of a machine has been stopped for good; its cluster notices after the node grace period.</summary>
    internal void Forsake(MachineRecord before)
    {
        if (before is { Node: not null, ClusterId: { } id } && Clusters.Find(id) is { } cluster)
        {
            Start(cancellationToken => MarkNodeNotReadyAsync(before, cluster, cancellationToken, unlessRegistered: true));
        }
    }

    private static void Report(ControlPlane cluster, LabNode node, IReadOnlyList<LabTaint>? taints)
    {
        if (cluster.Cluster.Find(KubeResources.Nodes, null, node.Name) is null)
        {
            // A kubelet is not notified when its node is deleted; it registers again.
            JoinedNode.Register(cluster.Cluster, node, taints);
        }
        else
        {
            cluster.Cluster.SetNodeReports(node.Name, reports: true);
        }
    }

    // A control plane machine without its etcd member no longer serves its API server.
    private void OnMembersChanged(ControlPlane cluster)
    {
        Follow(cluster);
        foreach (
            var record in Records()
                .Where(record =>
                    record.ClusterId == cluster.Record.Id
                    && record is { Powered: true, Node: not null }
                    && !Reports(record, cluster)
                )
        )
        {
            Start(cancellationToken => MarkNodeNotReadyAsync(record, cluster, cancellationToken));
        }
    }

    /// <summary>
    /// Whether a kubelet reaches an API server. From 1.31 on, the kubelet of a control plane machine connects only to its own
    /// machine's API server (<c>ControlPlaneKubeletLocalMode</c>).
    /// </summary>
    private static bool Reports(MachineRecord record, ControlPlane cluster) =>
        record is { Powered: true, Hung: false, Node: { } node }
        && !(
            node.IsControlPlane
            && KubeVersion.TryParse(node.KubeletVersion) is { } version
            && version.IsAtLeast(31)
            && cluster.Record.Members.All(member => member.SystemId != record.Machine.SystemId)
        );

    /// <param name="unlessRegistered">A kubelet that has registered the node again in the meantime reports.</param>
    private async Task MarkNodeNotReadyAsync(
        MachineRecord record,
        ControlPlane cluster,
        CancellationToken cancellationToken,
        bool unlessRegistered = false
    )
    {
        await Task.Delay(NodeGrace / Options.Speed, _time, cancellationToken);
        if (
            IsCurrent(record)
            && !(unlessRegistered && IsRegistered(record.Machine.SystemId))
            && record.Node is { } node
            && cluster.Cluster.Find(KubeResources.Nodes, null, node.Name) is not null
        )
        {
            cluster.Cluster.SetNodeReports(node.Name, reports: false);
        }
    }

    private bool IsRegistered(string systemId)
    {
        lock (_gate)
        {
            return _records.GetValueOrDefault(systemId)?.Node is not null;
        }
    }

    // The machine's processes stop at once; the cluster notices after the node grace period.
    private async Task PowerLostAsync(MachineRecord record, CancellationToken cancellationToken)
    {
        var systemId = record.Machine.SystemId;
        var cluster = record.ClusterId is null ? null : Clusters.Find(record.ClusterId);
        if (cluster is not null && cluster.Record.Members.Any(member => member.SystemId == systemId))
        {
            cluster.ChangeMember(systemId, member => member with { Up = false });
            if (record.Phase is MachinePhase.Wiped && cluster.Record.Members.All(member => IsGone(member, cluster.Record.Id)))
            {
                await Clusters.ForgetAsync(cluster);
                cluster = null;
            }
            else
            {
                Follow(cluster);
            }
        }

        if (cluster is not null && cluster.Record.Former.Any(member => member.SystemId == systemId))
        {
            cluster.Change(before => before with { Former = [.. before.Former.Where(member => member.SystemId != systemId)] });
            Follow(cluster);
        }

        if (cluster is not null && record.Node is not null)
        {
            await MarkNodeNotReadyAsync(record, cluster, cancellationToken);
        }

        if (record.Phase is MachinePhase.Wiped)
        {
            Drop(record);
        }
    }

    private bool IsGone(ControlPlaneMember member, string clusterId)
    {
        lock (_gate)
        {
            return !_records.TryGetValue(member.SystemId, out var record)
                || record.Phase is MachinePhase.Wiped
                || record.ClusterId != clusterId;
        }
    }

    private bool IsCurrent(MachineRecord record)
    {
        lock (_gate)
        {
            return _records.GetValueOrDefault(record.Machine.SystemId) is { } now
                && now.Installation == record.Installation
                && now.Powered == record.Powered
                && now.Hung == record.Hung;
        }
    }

    private void Drop(MachineRecord record)
    {
        lock (_gate)
        {
            if (
                _records.GetValueOrDefault(record.Machine.SystemId) is { Phase: MachinePhase.Wiped } now
                && now.Installation == record.Installation
            )
            {
                _records.Remove(record.Machine.SystemId);
                _lastBoots.Remove(record.Machine.SystemId);
                _store.Delete(MachineRecord.DiskKind, record.Machine.SystemId);
                _store.Delete(MachineRecord.Kind, record.Machine.SystemId);
            }
        }
    }
}
