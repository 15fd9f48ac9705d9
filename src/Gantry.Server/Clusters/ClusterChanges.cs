namespace Gantry.Server.Clusters;

internal static class ClusterChanges
{
    public static ClusterChange None { get; } = new();

    /// <summary>Whether anything but a deletion is asked for.</summary>
    public static bool Edits(this ClusterChange change) =>
        change.MachinePools is { Count: > 0 } || change.Profiles is { Count: > 0 } || change.RenewCertificates is true
        || change.ReplaceMachines is { Count: > 0 };
}
