using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>
/// A poll of a gateway for changes after a revision. The console answers at once, or as soon as something changes.
/// </summary>
/// <param name="Since">The newest revision that the gateway holds; 0 requests everything.</param>
/// <param name="WaitSeconds">How long the console may hold the request; at most 60.</param>
/// <param name="Gateway">The gateway's report about itself.</param>
/// <param name="Epoch">Epoch of the answer that carried <paramref name="Since"/>; <c>null</c> from a gateway without one.</param>
/// <param name="Unrecorded">
/// Desired clusters that have never run as far as the gateway's ledger knows. It begins none without a record before the answer
/// tells whether it has run.
/// </param>
/// <param name="Undesired">
/// Clusters that the gateway has a record of and that are not desired. It leaves them alone before the answer tells whether they
/// have ended.
/// </param>
/// <param name="Instance">The process that asks; one at a time is given work.</param>
public sealed record DesiredStateRequest(
    long Since,
    int WaitSeconds,
    GatewayReport Gateway,
    string? Epoch = null,
    IReadOnlyList<ClusterId>? Unrecorded = null,
    IReadOnlyList<ClusterId>? Undesired = null,
    GatewayInstance? Instance = null
);

/// <param name="Version">Version of the gateway's program.</param>
/// <param name="Problem">What keeps the gateway from working, for an operator: a full disk. <c>null</c> when nothing does.</param>
public sealed record GatewayReport(string Version, DateTimeOffset Clock, int Clusters, string? Problem = null);

/// <summary>The objects of a gateway that changed after <see cref="DesiredStateRequest.Since"/>.</summary>
/// <param name="Revision">The revision to send with the next poll.</param>
/// <param name="Clusters">
/// Changed clusters, each complete. A cluster to delete stays until the gateway reports it deleted.
/// </param>
/// <param name="Accounts">Changed accounts; their keys are sealed to this gateway.</param>
/// <param name="RemovedClusters">Clusters that the console has recorded as deleted; the gateway drops them.</param>
/// <param name="RemovedAccounts">Accounts that no cluster uses any more.</param>
/// <param name="Requests">Requests that wait for an answer.</param>
/// <param name="Epoch">
/// Changes with each start of the console. The store may have been restored from a backup before a start, and the console then
/// assigns the same revisions again. A gateway with a revision of another epoch gets everything.
/// </param>
/// <param name="LastReports">
/// The last status of each cluster of <see cref="DesiredStateRequest.Unrecorded"/> that held machines or an address then. A
/// gateway whose ledger was lost learns from it that such a cluster must not be installed a second time.
/// </param>
/// <param name="Ended">Those of <see cref="DesiredStateRequest.Undesired"/> whose end the console has recorded.</param>
/// <param name="Strange">
/// Those of <see cref="DesiredStateRequest.Unrecorded"/> that the console has no cluster of: it was put back to a backup from before
/// them. Neither side knows what such a cluster holds, so it is not begun; <c>null</c> from an older console.
/// </param>
/// <param name="Rival">That another instance of this gateway asks for work and is refused, as a sentence.</param>
public sealed record DesiredState(
    long Revision,
    IReadOnlyList<ClusterSpec> Clusters,
    IReadOnlyList<SealedAccount> Accounts,
    IReadOnlyList<ClusterId> RemovedClusters,
    IReadOnlyList<AccountId> RemovedAccounts,
    [property: JsonPropertyName("asks")] IReadOnlyList<GatewayRequest> Requests,
    string? Epoch = null,
    IReadOnlyList<ClusterStatus>? LastReports = null,
    IReadOnlyList<ClusterId>? Ended = null,
    string? Rival = null,
    IReadOnlyList<ClusterId>? Strange = null
);

/// <summary>A MAAS region and its key, which only one gateway can read.</summary>
/// <param name="Endpoint">MAAS base URL.</param>
/// <param name="Key">
/// The MAAS key, sealed to the gateway's public key and bound to <see cref="Destination"/>. Version 0.1 sealed it without its
/// destination.
/// </param>
/// <param name="CaPem">PEM certificates to trust in addition to the system's.</param>
public sealed record SealedAccount(AccountId Id, string Name, string Endpoint, SealedSecret Key, string? CaPem = null)
{
    /// <summary>Where the key may be sent: all of the record but its name and the key itself.</summary>
    [JsonIgnore]
    public KeyDestination Destination => new(Endpoint, CaPem);
}

/// <summary>Reports from a gateway: the newest status of each cluster and the events since the last report.</summary>
/// <param name="Instance">The process that reports; the console takes nothing from one that has no work.</param>
public sealed record StatusReport(
    IReadOnlyList<ClusterStatus> Statuses,
    IReadOnlyList<ClusterEvent> Events,
    string? Instance = null
);
