using Gantry.Clusters.Model;
using Gantry.Engine.Machines;

namespace Gantry.Engine.Ledger;

/// <summary>
/// The engine's memory. Every write is durable when its task completes. One engine writes to a ledger at a time.
/// </summary>
public interface ILedger : IMachineLedger
{
    /// <summary>Every record that can be read.</summary>
    Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Every record that cannot.</summary>
    Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken);

    Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken);

    /// <summary>Forgets the cluster and its secrets.</summary>
    Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken);

    Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken);

    /// <summary>Written once, before the first machine gets a document.</summary>
    Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken);

    /// <summary>What machines have taken so far; <c>null</c> before anything was learned.</summary>
    Task<string?> LoadTimingsAsync(CancellationToken cancellationToken);

    Task SaveTimingsAsync(string timings, CancellationToken cancellationToken);
}
