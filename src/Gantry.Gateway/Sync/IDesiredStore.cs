using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>The stored desired state.</summary>
/// <param name="Accounts">The accounts; their keys are sealed here too.</param>
/// <param name="Epoch">Epoch of the console's store when it issued <paramref name="Revision"/>.</param>
public sealed record KeptState(
    long Revision,
    IReadOnlyList<ClusterSpec> Clusters,
    IReadOnlyList<SealedAccount> Accounts,
    string? Epoch = null
);

/// <summary>Keeps the last desired state and the recent releases. A write is durable when it returns.</summary>
public interface IDesiredStore
{
    KeptState Load();

    /// <summary>Why nothing can be stored now, for an operator; <c>null</c> when it can.</summary>
    string? FindProblem();

    /// <summary>Stores the console's changes together with the revision for the next poll, atomically.</summary>
    void Apply(DesiredState state);

    /// <summary>Records that another process runs on this folder.</summary>
    /// <returns>The processes before it, newest last; at most <paramref name="atMost"/>.</returns>
    IReadOnlyList<string> BeginInstance(string id, int atMost);

    /// <summary>
    /// Records that a machine is about to be released, unless too many others were released since <paramref name="since"/>.
    /// </summary>
    /// <returns>The number of other releases when that is too many; else <c>null</c>.</returns>
    int? BookRelease(SystemId machine, DateTimeOffset now, DateTimeOffset since, int atMost);
}
