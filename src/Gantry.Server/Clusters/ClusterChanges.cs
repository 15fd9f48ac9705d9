namespace Gantry.Server.Clusters;

internal static class ClusterChanges
{
    public static ClusterChange None { get; } = new();

    /// <summary>Whether the change holds more than a deletion.</summary>
    public static bool Edits(this ClusterChange change) => change.Document is not null || change.EditsParts();

    /// <summary>Whether the change holds single parts of the desired state.</summary>
    public static bool EditsParts(this ClusterChange change) =>
        change.MachinePools is { Count: > 0 }
        || change.Profiles is { Count: > 0 }
        || change.Upgrade is not null
        || change.Packs is { Count: > 0 }
        || change.RenewCertificates is true
        || change.ReplaceMachines is { Count: > 0 };
}
