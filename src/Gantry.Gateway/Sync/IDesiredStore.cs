using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>What the gateway was told last.</summary>
/// <param name="Accounts">Their keys are sealed here too.</param>
/// <param name="Epoch">Epoch of the console's store when it gave <paramref name="Revision"/>.</param>
public sealed record KeptState(
    long Revision,
    IReadOnlyList<ClusterSpec> Clusters,
    IReadOnlyList<SealedAccount> Accounts,
    string? Epoch = null
);

/// <summary>Keeps the last desired state and what was released lately. A write is durable when it returns.</summary>
public interface IDesiredStore
{
    KeptState Load();

    /// <summary>Takes over what the console sent, together with the revision to ask from next: both or neither.</summary>
    void Apply(DesiredState state);

    /// <summary>
    /// Writes down that a machine is about to be released, unless too many others were since <paramref name="since"/>.
    /// </summary>
    /// <returns>How many others were, when that is too many; else <c>null</c>.</returns>
    int? BookRelease(SystemId machine, DateTimeOffset now, DateTimeOffset since, int atMost);
}
