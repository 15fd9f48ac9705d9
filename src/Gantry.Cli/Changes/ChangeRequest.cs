using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Changes;

/// <param name="Op"><c>create</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Name">Of the pool as it is now.</param>
public sealed record PoolRequest(string Op, string Name, PoolEntity Pool);

public sealed record DeletionChange(bool Drain, bool Force);

/// <summary>What a person wants changed in a cluster: planned with one call, or made with those of the public API.</summary>
/// <param name="Summary">The change in words that follow the name of the cluster: <c>scale worker-pool to 5 machines</c>.</param>
public sealed record ChangeRequest(string Summary)
{
    public IReadOnlyList<PoolRequest> Pools { get; init; } = [];

    public IReadOnlyList<ProfileChoice>? Profiles { get; init; }

    public UpgradeChange? Upgrade { get; init; }

    /// <summary>The generation that was read; the console refuses the change when the cluster has another one by then.</summary>
    public long? Generation { get; init; }

    public DeletionChange? Deletion { get; init; }

    public bool RenewCertificates { get; init; }

    /// <summary>System ids.</summary>
    public IReadOnlyList<string> ReplaceMachines { get; init; } = [];

    /// <summary>The change as plan, why-not and what-if take it.</summary>
    public ClusterChange ToApi() =>
        new()
        {
            MachinePools = Pools.Count > 0 ? [.. Pools.Select(change => new PoolChange(change.Op, change.Pool))] : null,
            Profiles = Profiles,
            Upgrade = Upgrade,
            Generation = Generation,
            Delete = Deletion is { } deletion ? new DeleteChange(deletion.Drain) : null,
            RenewCertificates = RenewCertificates ? true : null,
            ReplaceMachines = ReplaceMachines.Count > 0 ? ReplaceMachines : null,
        };

    public async Task MakeAsync(ConsoleSession console, DesiredCluster cluster, CancellationToken cancellationToken)
    {
        foreach (var change in Pools)
        {
            await MakeAsync(console, cluster.ConfigUid, change, cancellationToken);
        }

        if (Profiles is not null)
        {
            await console.CallAsync(
                Operations.Clusters.PatchProfiles,
                [("uid", cluster.Uid), ("resolveNotification", "true")],
                new ProfilesInput(Profiles, new SpcApplySettings("DownloadAndInstall")),
                cancellationToken
            );
        }

        if (Upgrade is not null)
        {
            await console.CallAsync(
                Operations.Clusters.Upgrade,
                [("uid", cluster.Uid), ("generation", $"{Generation}")],
                Upgrade,
                cancellationToken
            );
        }

        if (RenewCertificates)
        {
            await console.CallAsync(Operations.Clusters.RenewCertificates, [("uid", cluster.Uid)], cancellationToken);
        }

        foreach (var machine in ReplaceMachines)
        {
            await console.CallAsync(
                Operations.Clusters.ReplaceMachine,
                [("uid", cluster.Uid), ("systemId", machine)],
                cancellationToken
            );
        }

        if (Deletion is { } deletion)
        {
            await console.CallAsync(
                Operations.Clusters.Delete,
                [
                    ("uid", cluster.Uid),
                    ("forceDelete", deletion.Force ? "true" : null),
                    ("drain", deletion.Drain ? "true" : null),
                ],
                cancellationToken
            );
        }
    }

    private static Task MakeAsync(
        ConsoleSession console,
        string config,
        PoolRequest change,
        CancellationToken cancellationToken
    ) =>
        change.Op switch
        {
            "create" => console.CallAsync(
                Operations.CloudConfigs.AddPool,
                [("configUid", config)],
                change.Pool,
                cancellationToken
            ),
            "update" => console.CallAsync(
                Operations.CloudConfigs.UpdatePool,
                [("configUid", config), ("machinePoolName", change.Name)],
                change.Pool,
                cancellationToken
            ),
            _ => console.CallAsync(
                Operations.CloudConfigs.DeletePool,
                [("configUid", config), ("machinePoolName", change.Name)],
                cancellationToken
            ),
        };
}
