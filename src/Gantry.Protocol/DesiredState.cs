using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>A gateway asks what has changed since a revision; the console answers at once or when something has.</summary>
/// <param name="Since">The newest revision the gateway holds; 0 asks for everything.</param>
/// <param name="WaitSeconds">How long the console may hold the request; at most 60.</param>
/// <param name="Gateway">What the gateway tells of itself with each poll.</param>
/// <param name="Epoch">Epoch of the answer with <paramref name="Since"/>; <c>null</c> from a gateway that knows none.</param>
public sealed record DesiredStateRequest(long Since, int WaitSeconds, GatewayReport Gateway, string? Epoch = null);

/// <param name="Version">Version of the gateway's program.</param>
public sealed record GatewayReport(string Version, DateTimeOffset Clock, int Clusters);

/// <summary>Everything of a gateway that changed after <see cref="DesiredStateRequest.Since"/>.</summary>
/// <param name="Revision">What to ask from next time.</param>
/// <param name="Clusters">Changed clusters, each whole; one with a deletion stays until the gateway reports it deleted.</param>
/// <param name="Accounts">Changed accounts, their keys sealed to this gateway.</param>
/// <param name="RemovedClusters">Clusters whose end the console has recorded: the gateway may forget them.</param>
/// <param name="RemovedAccounts">Accounts that no cluster uses any more.</param>
/// <param name="Requests">Those that wait for an answer now.</param>
/// <param name="Epoch">
/// Another one after each start of the console: its store may have been put back to a backup before that, and then numbers
/// that were given already are given again. A gateway that holds a revision of another epoch is sent everything.
/// </param>
public sealed record DesiredState(
    long Revision,
    IReadOnlyList<ClusterSpec> Clusters,
    IReadOnlyList<SealedAccount> Accounts,
    IReadOnlyList<ClusterId> RemovedClusters,
    IReadOnlyList<AccountId> RemovedAccounts,
    [property: JsonPropertyName("asks")] IReadOnlyList<GatewayRequest> Requests,
    string? Epoch = null
);

/// <summary>A MAAS region and the key to it, readable by one gateway only.</summary>
/// <param name="Endpoint">MAAS base URL.</param>
/// <param name="Key">The MAAS key, sealed to the gateway's public key.</param>
/// <param name="CaPem">Certificates to trust beside the system's.</param>
public sealed record SealedAccount(
    AccountId Id,
    string Name,
    string Endpoint,
    SealedSecret Key,
    string? CaPem = null,
    string? Proxy = null
);

/// <summary>Reports from a gateway: the newest status of each cluster and the events since the last report.</summary>
public sealed record StatusReport(IReadOnlyList<ClusterStatus> Statuses, IReadOnlyList<ClusterEvent> Events);
