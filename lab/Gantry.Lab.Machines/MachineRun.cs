using System.Net;
using System.Text;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Machines.Packages;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines;

/// <summary>
/// A boot of an installed system that is no node yet: the services that are enabled on its disk start, and cloud-init reads the
/// user-data and executes what no earlier boot has begun.
/// </summary>
internal sealed class MachineRun : IKubeadmHost
{
    // The program itself keeps its reports this short.
    private const int LongestReport = 800;

    /// <summary>Holds the number of cloud-init's steps that have begun on this installation.</summary>
    private const string Begun = "/var/lib/cloud/instance/sem/lab";

    private readonly LabMachines _machines;
    private readonly Random _chance;
    private readonly Dictionary<string, ShellProgram> _programs;
    private bool _swapStopsKubelet;
    private bool _hasReported;

    /// <param name="disk">As an earlier boot left it; <c>null</c> in the first one.</param>
    public MachineRun(LabMachines machines, MachineRecord record, MachineFiles? disk)
    {
        _machines = machines;
        Record = record;
        State = disk is null ? new MachineState(record.Machine) : MachineState.Rebooted(record.Machine, disk);
        _chance = new Random(Seed(machines.Options.Seed, record.Machine.SystemId, record.Installation));
        _programs = ShellPrograms.Standard(WaitAsync);
        SystemPrograms.Add(_programs, State, Clusters.Time);
        new AptPrograms(State, machines.Options.Packages, TakeAsync, AddInstalled).Add(_programs);
        _programs["python3"] = (call, _) => Task.FromResult(RunPython(call));
        AddInstalled();
    }

    // Programs of packages exist once those are installed.
    private void AddInstalled()
    {
        SystemPrograms.AddInstalled(_programs, State);
        if (State.Kubernetes is not null)
        {
            var kubeadm = new KubeadmProgram(this);
            _programs["kubeadm"] = kubeadm.RunAsync;
        }
    }

    public MachineRecord Record { get; private set; }

    public MachineState State { get; }

    public LabClusters Clusters => _machines.Clusters;

    public Task TakeAsync(double seconds, CancellationToken cancellationToken) =>
        WaitAsync(TimeSpan.FromSeconds(seconds * (0.7 + 0.6 * _chance.NextDouble())), cancellationToken);

    public Task WaitAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        Task.Delay(duration / _machines.Options.Speed, Clusters.Time, cancellationToken);

    public IReadOnlyList<IPAddress> Resolve(string host) => [.. _machines.Options.Resolve(host).Select(IPAddress.Parse)];

    public void Joins(string clusterId) => Record = _machines.Change(Record with { ClusterId = clusterId });

    public void Initialized() => _machines.ReportInitialized(Record.Machine.SystemId);

    public void Registers(LabNode node, NodeSettings settings)
    {
        State.KubeletRuns = true;
        Record = _machines.Change(Record with { Node = node, NodeTaints = settings.Taints, Joining = true });
    }

    public void Leaves()
    {
        State.KubeletRuns = false;
        var before = Record;
        Record = _machines.Change(Record with { Node = null, NodeTaints = null, Joining = false, ClusterId = null });
        _machines.Forsake(before);
    }

    public void Runs(LabNode node, NodeSettings settings, bool swapStopsKubelet)
    {
        _swapStopsKubelet = swapStopsKubelet;
        Record = _machines.Change(
            Record with
            {
                Node = node,
                NodeTaints = settings.Taints,
                Joining = false,
                SwapStopsKubelet = swapStopsKubelet && State.SwapAtNextStart,
            }
        );
    }

    /// <summary>Runs the boot to its end. A failed step is reported and the next one runs, as on a real system.</summary>
    public async Task BootAsync(CancellationToken cancellationToken)
    {
        await TakeAsync(20, cancellationToken);
        await new SystemdUnits(State).BootAsync(new ShellRun(State.Files, _programs), cancellationToken);
        await RunCloudInitAsync(cancellationToken);
        Settle();
        Record = _machines.Change(
            Record with
            {
                Phase = MachinePhase.Running,
                SwapStopsKubelet = _swapStopsKubelet && State.SwapAtNextStart,
            }
        );
    }

    private async Task RunCloudInitAsync(CancellationToken cancellationToken)
    {
        var result = UserData.Read(State.Machine.UserData, State.Facts());
        foreach (var warning in result.Warnings)
        {
            Report("init-network/consume-user-data", warning, success: false);
        }

        // A module runs once per instance, and counts as run when it begins.
        var begun = BitConverter.ToInt32(State.Files.Find(Begun)?.Content ?? new byte[sizeof(int)]);
        var allWell = result.Warnings.Count == 0;
        for (var number = begun; number < result.Steps.Count; number++)
        {
            State.Files.Write(Begun, BitConverter.GetBytes(number + 1));
            allWell &= await StepAsync(result.Steps[number], cancellationToken);
        }

        if (begun < result.Steps.Count)
        {
            Report("modules-final", "running modules for final", allWell);
        }
    }

    private static int Seed(int seed, string systemId, int installation) =>
        systemId.Aggregate(seed * 31 + installation, (sum, c) => unchecked(sum * 31 + c));

    private async Task<bool> StepAsync(CloudInitStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case CloudInitStep.WriteFile { File: var file }:
                Write(file);
                return true;
            case CloudInitStep.SetHostname name:
                State.Hostname = name.Name;
                State.Files.Write("/etc/hostname", name.Name + "\n");
                return true;
            case CloudInitStep.Swap swap:
                State.Swap |= swap.Bytes > 0;
                return true;
            case CloudInitStep.RunScript script:
                return await RunScriptAsync(script, cancellationToken);
            case CloudInitStep.Fail fail:
                Report(fail.Module, fail.Because, success: false);
                return false;
            default:
                return true;
        }
    }

    private void Write(WrittenFile file)
    {
        if (file.Append)
        {
            State.Files.Append(file.Path, file.Content);
            State.Files.Change(file.Path, file.Mode, $"{file.Owner}:{file.Group}");
        }
        else
        {
            State.Files.Write(file.Path, file.Content, file.Mode, $"{file.Owner}:{file.Group}");
        }
    }

    private async Task<bool> RunScriptAsync(CloudInitStep.RunScript script, CancellationToken cancellationToken)
    {
        State.Files.Write(script.Path, Encoding.UTF8.GetBytes(script.Text), 0b111_000_000);
        State.LastProblem = null;
        _hasReported = false;
        var output = new StringBuilder();
        var status = await new ShellRun(State.Files, _programs).RunAsync(
            script.Text,
            script.Path,
            [],
            "",
            output,
            output,
            cancellationToken
        );
        State.Files.Append("/var/log/cloud-init-output.log", Encoding.UTF8.GetBytes(output.ToString()));
        var module = $"running {script.Module[(script.Module.LastIndexOf('/') + 1)..]} with frequency once-per-instance";
        var problem = State.LastProblem ?? NotFound(output);
        if (!_hasReported && (status != 0 || problem is not null))
        {
            // kubeadm's output is diagnostic and holds no secret; other programs' output may, and stays on the disk.
            module +=
                $": {script.Path[(script.Path.LastIndexOf('/') + 1)..]}: "
                + $"{(status is 0 ? "went on after" : $"exit status {status}")}{(problem is null ? "" : $": {problem}")}";
        }

        Report(script.Module, module, status == 0);
        return status == 0;
    }

    // Of Python the lab knows two programs, by what they use. One reports a failure through cloud-init's webhook; as on a real
    // system, the failure of the module itself says nothing more then. The other removes copies that the lab's cloud-init does
    // not keep.
    private int RunPython(ShellCall call)
    {
        if (call.Arguments is [var own] && call.Files.Find(own)?.Text.Contains("obj.pkl", StringComparison.Ordinal) is true)
        {
            return 0;
        }

        if (
            call.Arguments is not [var path, .. var words]
            || call.Files.Find(path)?.Text.Contains("events.report_finish_event(", StringComparison.Ordinal) is not true
        )
        {
            return call.Fail("the lab's machines run no Python except for reports through cloudinit.reporting");
        }

        var text = string.Join(' ', string.Join(' ', words).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Report("modules-final/config-scripts_user/kubeadm", text[..Math.Min(text.Length, LongestReport)], success: false);
        _hasReported = true;
        return 0;
    }

    // Detects a command the image lacks, or a script the shell cannot parse.
    private static string? NotFound(StringBuilder output) =>
        output
            .ToString()
            .Split('\n')
            .LastOrDefault(line =>
                line.EndsWith(": not found", StringComparison.Ordinal)
                || line.Contains(": Syntax error: ", StringComparison.Ordinal)
            );

    // Static pods follow the current manifests.
    private void Settle()
    {
        if (Record.Node is not { } node || Record.ClusterId is null || Clusters.Find(Record.ClusterId) is not { } cluster)
        {
            return;
        }

        JoinedNode.PutStaticPods(cluster.Cluster, State.Files, node.Name);
        if (node.IsControlPlane)
        {
            var vip = KubeVip.Read(State.Files, State.Machine, initializing: false);
            cluster.ChangeMember(State.Machine.SystemId, member => member with { VirtualIp = vip.Address });
            _machines.Follow(cluster);
        }
    }

    private void Report(string module, string description, bool success) =>
        _machines.Report(State.Machine.SystemId, module, description, success);
}
