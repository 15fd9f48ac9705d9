using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

/// <summary>The engine's calls that can change the world.</summary>
public enum ActKind
{
    Allocate,
    Deploy,
    Annotate,
    Release,
    PowerOn,
    PowerOff,
    Commission,
    Reserve,
    ReleaseAddress,
    RecordDns,
    RemoveDns,
    Admit,
    Revoke,
    Apply,
    Label,
    Cordon,
    Uncordon,
    Drain,
    MoveVirtualIp,
    MoveEtcdLeader,
    RemoveEtcdMember,
    SetVersion,
    UpgradeAddons,
    DeleteNode,
    Prune,
}

/// <summary>A call of the engine that changes the world.</summary>
/// <param name="Cluster">The cluster of the called API server; <c>null</c> for a call to MAAS.</param>
/// <param name="Detail">The intent, address, node, member or version.</param>
public sealed record Act(ActKind Kind, SystemId? Machine, ClusterId? Cluster, string Detail)
{
    /// <summary>Whether the call removes a resource that may be in use.</summary>
    public bool IsDisruptive =>
        Kind
            is ActKind.Release
                or ActKind.PowerOff
                or ActKind.RemoveEtcdMember
                or ActKind.DeleteNode
                or ActKind.Drain
                or ActKind.Cordon;
}
