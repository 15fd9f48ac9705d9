using System.Collections.Concurrent;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

/// <summary>A ledger in memory for the simulator and for tests. It outlives an engine, but not the process.</summary>
public sealed class MemoryLedger(string id = "memory00") : ILedger
{
    private readonly ConcurrentDictionary<ClusterId, ClusterRecord> _clusters = new();
    private readonly ConcurrentDictionary<ClusterId, ClusterSecrets> _secrets = new();
    private readonly ConcurrentDictionary<SystemId, QuarantinedMachine> _quarantine = new();

    /// <summary>The ledger as it is now, which later writes do not change: a backup.</summary>
    public MemoryLedger Copy()
    {
        var copy = new MemoryLedger(id) { _last = Interlocked.Read(ref _last), _timings = _timings };
        Fill(copy._clusters, _clusters);
        Fill(copy._secrets, _secrets);
        Fill(copy._quarantine, _quarantine);
        return copy;

        static void Fill<TKey, TValue>(ConcurrentDictionary<TKey, TValue> to, ConcurrentDictionary<TKey, TValue> from)
            where TKey : notnull
        {
            foreach (var (key, value) in from)
            {
                to[key] = value;
            }
        }
    }

    private long _last;
    private string? _timings;

    public Task<string> GetIdAsync(CancellationToken cancellationToken) => Task.FromResult(id);

    public Task<long> NextAsync(CancellationToken cancellationToken) => Task.FromResult(Interlocked.Increment(ref _last));

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ClusterRecord>>([.. _clusters.Values]);

    public Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<UnreadableRecord>>([]);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken)
    {
        _clusters[cluster.Spec.Id] = cluster;
        return Task.CompletedTask;
    }

    public Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken)
    {
        _clusters[ended.Spec.Id] = ended;
        _secrets.TryRemove(ended.Spec.Id, out _);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        _clusters.TryRemove(cluster, out _);
        _secrets.TryRemove(cluster, out _);
        return Task.CompletedTask;
    }

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Task.FromResult(_secrets.GetValueOrDefault(cluster));

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken)
    {
        _secrets[cluster] = secrets;
        return Task.CompletedTask;
    }

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => Task.FromResult(_timings);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken)
    {
        _timings = timings;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<QuarantinedMachine>>([.. _quarantine.Values]);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken)
    {
        _quarantine[machine.Machine] = machine;
        return Task.CompletedTask;
    }

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken)
    {
        _quarantine.TryRemove(machine, out _);
        return Task.CompletedTask;
    }
}
