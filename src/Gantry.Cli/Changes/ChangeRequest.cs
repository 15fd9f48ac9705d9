using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Changes;

/// <param name="Question">What is about to happen: <c>Remove pool gpu of demo and release its 2 machines?</c></param>
/// <param name="Word">What a person types to confirm it: the name of what goes.</param>
public sealed record Loss(string Question, string Word);

/// <summary>A requested change of a cluster: planned with one call, or made by the operation of each part.</summary>
/// <param name="Summary">The change as text that follows the cluster's name: <c>scale worker-pool to 5 machines</c>.</param>
/// <param name="Change">Holds the generation that was read when the change depends on it: the console refuses the change
/// when the cluster has another generation by then.</param>
public sealed record ChangeRequest(string Summary, ClusterChange Change)
{
    /// <summary>What goes, where that is a whole pool; a person is asked first.</summary>
    public Loss? Loss { get; init; }

    /// <summary>Whether a deletion abandons resources that cannot be released.</summary>
    public bool Force { get; init; }

    public async Task MakeAsync(ConsoleSession console, DesiredCluster cluster, CancellationToken cancellationToken)
    {
        // Each part expects the generation that the part before it produced.
        var made = new ChangeAnswer(cluster.Uid, Change.Generation ?? cluster.Generation);
        foreach (var pool in Change.MachinePools ?? [])
        {
            made = await MakeAsync(console, made, pool, cancellationToken);
        }

        if (Change.Upgrade is { } upgrade)
        {
            made = await console.CallAsync(Operations.Clusters.Upgrade, Read(made), upgrade, cancellationToken);
        }

        if (Change.Profiles is { } profiles)
        {
            await console.CallAsync(
                Operations.Clusters.PatchProfiles,
                [.. Read(made), ("resolveNotification", "true")],
                new ProfilesInput(profiles, new SpcApplySettings("DownloadAndInstall")),
                cancellationToken
            );
        }

        if (Change.RenewCertificates is true)
        {
            await console.CallAsync(Operations.Clusters.RenewCertificates, [("uid", cluster.Uid)], cancellationToken);
        }

        foreach (var machine in Change.ReplaceMachines ?? [])
        {
            await console.CallAsync(
                Operations.Clusters.ReplaceMachine,
                [("uid", cluster.Uid), ("systemId", machine), ("quarantine", Change.QuarantineReplaced is true ? "true" : null)],
                cancellationToken
            );
        }

        if (Change.Delete is { } deletion)
        {
            await console.CallAsync(
                Operations.Clusters.Delete,
                [("uid", cluster.Uid), ("forceDelete", Force ? "true" : null), ("drain", deletion.Drain is true ? "true" : null)],
                cancellationToken
            );
        }
    }

    private static Task<ChangeAnswer> MakeAsync(
        ConsoleSession console,
        ChangeAnswer read,
        PoolChange change,
        CancellationToken cancellationToken
    ) =>
        change.Op switch
        {
            PoolOperations.Create => console.CallAsync(Operations.Clusters.AddPool, Read(read), change.Pool, cancellationToken),
            PoolOperations.Patch => console.CallAsync(
                Operations.Clusters.PatchPool,
                [.. Read(read), ("poolName", change.Name)],
                change.Patch,
                cancellationToken
            ),
            _ => console.CallAsync(Operations.Clusters.RemovePool, [.. Read(read), ("poolName", change.Name)], cancellationToken),
        };

    private static (string Name, string? Value)[] Read(ChangeAnswer read) =>
        [("uid", read.Uid), ("generation", $"{read.Generation}")];
}
