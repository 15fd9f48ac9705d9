using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;

namespace Gantry.Lab.Machines;

internal enum MachinePhase
{
    /// <summary>cloud-init has not come to its end on this installation.</summary>
    Booting,

    Running,

    /// <summary>Released. Kept only until its cluster has noticed.</summary>
    Wiped,
}

/// <summary>What the lab writes down of a machine, so that a kill at any moment resumes where it was. Holds user-data.</summary>
internal sealed record MachineRecord
{
    public const string Kind = "installed-machine";

    public required InstalledMachine Machine { get; init; }

    /// <summary>Counts installations; seeds the durations of this one.</summary>
    public required int Installation { get; init; }

    public MachinePhase Phase { get; init; } = MachinePhase.Booting;

    public bool Powered { get; init; } = true;

    /// <summary>Its kubelet reports nothing; what else runs on it runs on.</summary>
    public bool Hung { get; init; }

    /// <summary>The cluster this machine registers with: written before its node exists there.</summary>
    public string? ClusterId { get; init; }

    /// <summary>What its kubelet registers; null until kubeadm has come to its end.</summary>
    public LabNode? Node { get; init; }

    public IReadOnlyList<LabTaint>? NodeTaints { get; init; }

    /// <summary>Swap comes back with the next start, and the kubelet then refuses to run.</summary>
    public bool SwapStopsKubelet { get; init; }

    public override string ToString() => $"{Machine.SystemId} {Phase}";
}
