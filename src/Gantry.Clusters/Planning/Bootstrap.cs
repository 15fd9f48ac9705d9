namespace Gantry.Clusters.Planning;

/// <summary>What a machine's first boot does.</summary>
public enum Bootstrap
{
    InitControlPlane,
    JoinControlPlane,
    JoinWorker,
}
