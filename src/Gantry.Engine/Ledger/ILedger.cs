using Gantry.Clusters.Model;
using Gantry.Engine.Machines;

namespace Gantry.Engine.Ledger;

/// <summary>
/// The engine's durable store. A write is durable when its task completes. One engine uses a ledger at a time.
/// </summary>
public interface ILedger : IMachineLedger
{
    /// <summary>Loads every record that can be read.</summary>
    Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Lists every record that cannot be read.</summary>
    Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken);

    Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken);

    /// <summary>Stores the record of a cluster of which nothing is left, and removes its secrets.</summary>
    Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken);

    /// <summary>Removes the cluster's record and its secrets.</summary>
    Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken);

    Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken);

    /// <summary>Stores the secrets, once, before the first machine gets a document.</summary>
    Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken);

    /// <summary>Loads the measured durations as JSON; <c>null</c> before the first one.</summary>
    Task<string?> LoadTimingsAsync(CancellationToken cancellationToken);

    Task SaveTimingsAsync(string timings, CancellationToken cancellationToken);
}
