using System.Text.Json.Serialization;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The states of a machine in a cluster, described in <c>docs/machine-states.md</c>. <see cref="MachineLife"/> holds the
/// transitions.
/// </summary>
public enum MachineState
{
    /// <summary>
    /// Placement selected the machine and its intent is stored; MAAS has no call yet, or its answer was lost.
    /// </summary>
    [JsonStringEnumMemberName("Chosen")]
    Selected,

    /// <summary>MAAS allocated the machine to us; it is powered off.</summary>
    Allocated,

    /// <summary>MAAS installs the operating system.</summary>
    Deploying,

    /// <summary>The operating system runs; kubeadm runs or waits for admission.</summary>
    Joining,

    /// <summary>The machine's node is Ready.</summary>
    Ready,

    /// <summary>The machine's node was Ready once and is not now.</summary>
    NotReady,

    /// <summary>The machine leaves the cluster: its node is cordoned, its pods are being evicted.</summary>
    Draining,

    /// <summary>The machine did not become a node; quarantine and release follow.</summary>
    Failed,

    /// <summary>The machine is being released; MAAS does not yet show it as free.</summary>
    Releasing,

    /// <summary>MAAS shows that the machine is no longer ours. The ledger drops it.</summary>
    Released,
}
