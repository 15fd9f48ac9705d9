using System.Text.Json.Serialization;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;

namespace Gantry.Lab.Machines;

internal enum MachinePhase
{
    /// <summary>cloud-init has not completed on this installation.</summary>
    Booting,

    Running,

    /// <summary>The machine is released. The record is kept until the cluster has noticed.</summary>
    Wiped,
}

/// <summary>The stored state of a machine, from which the lab resumes after a kill. Contains user-data.</summary>
internal sealed record MachineRecord
{
    public const string Kind = "installed-machine";

    /// <summary>Kind of the disk of a machine that lost power before it had joined.</summary>
    public const string DiskKind = "machine-disk";

    public required InstalledMachine Machine { get; init; }

    /// <summary>The number of installations; seeds the durations of this one.</summary>
    public required int Installation { get; init; }

    public MachinePhase Phase { get; init; } = MachinePhase.Booting;

    public bool Powered { get; init; } = true;

    /// <summary>The kubelet reports nothing; the other processes run on.</summary>
    public bool Hung { get; init; }

    /// <summary>The cluster the machine registers with, stored before its node exists there.</summary>
    public string? ClusterId { get; init; }

    /// <summary>The node the kubelet registers; null until kubeadm has started the kubelet.</summary>
    public LabNode? Node { get; init; }

    /// <summary>The kubelet has registered the node, and kubeadm has not ended yet.</summary>
    public bool Joining { get; init; }

    /// <summary>kubeadm has ended well on this installation.</summary>
    [JsonIgnore]
    public bool Joined => Node is not null && !Joining;

    public IReadOnlyList<LabTaint>? NodeTaints { get; init; }

    /// <summary>Swap returns with the next boot, and the kubelet then refuses to start.</summary>
    public bool SwapStopsKubelet { get; init; }

    public override string ToString() => $"{Machine.SystemId} {Phase}";
}
