using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

/// <summary>
/// The engine's memory. Every write is durable when its task completes. One engine writes to a ledger at a time.
/// </summary>
public interface ILedger
{
    /// <summary>Names this ledger in every mark that the engine leaves in MAAS; made once, eight characters.</summary>
    Task<string> GetIdAsync(CancellationToken cancellationToken);

    /// <summary>A number that was never given before, also not before a crash.</summary>
    Task<long> NextAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken);

    Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken);

    /// <summary>Forgets the cluster and its secrets.</summary>
    Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken);

    Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken);

    /// <summary>Written once, before the first machine gets a document.</summary>
    Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken);

    /// <summary>What machines have taken so far; <c>null</c> before anything was learned.</summary>
    Task<string?> LoadTimingsAsync(CancellationToken cancellationToken);

    Task SaveTimingsAsync(string timings, CancellationToken cancellationToken);

    Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken);

    Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken);

    /// <summary>A person has looked after the machine: it may be chosen again.</summary>
    Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken);
}
