using System.Text.Json.Serialization;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The life of a machine inside a cluster, as <c>docs/machine-states.md</c> describes it. <see cref="MachineLife"/>
/// holds the ways from one to the next.
/// </summary>
public enum MachineState
{
    /// <summary>Placement named it and the intent is stored; MAAS was not asked, or its answer was lost.</summary>
    [JsonStringEnumMemberName("Chosen")]
    Selected,

    /// <summary>MAAS gave it to us; it is powered off.</summary>
    Allocated,

    /// <summary>MAAS installs the operating system.</summary>
    Deploying,

    /// <summary>The operating system runs; kubeadm works or waits for its turn.</summary>
    Joining,

    /// <summary>Its node is Ready.</summary>
    Ready,

    /// <summary>Its node was Ready once and is not now.</summary>
    NotReady,

    /// <summary>It is to leave: cordoned, its pods are being evicted.</summary>
    Draining,

    /// <summary>It did not become a node; it is to be quarantined and given back.</summary>
    Failed,

    /// <summary>It is to be given back; MAAS has not yet shown that it is free.</summary>
    Releasing,

    /// <summary>MAAS shows that it is not ours any more. The ledger drops it.</summary>
    Released,
}
