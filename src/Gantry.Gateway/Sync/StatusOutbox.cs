using Gantry.Clusters.Model;

namespace Gantry.Gateway.Sync;

/// <summary>
/// The newest status of each cluster that the console has not got yet. Not stored: after a restart the engine looks at
/// every cluster anyway. One that says the same as the last one is sent only now and then.
/// </summary>
public sealed class StatusOutbox(TimeProvider time)
{
    /// <summary>A console that was restored from a backup has the truth again after this time.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<ClusterId, ClusterStatus> _waiting = [];
    private readonly Dictionary<ClusterId, (ClusterStatus Status, DateTimeOffset At)> _said = [];

    /// <returns>Whether there is something new to send.</returns>
    public bool Put(ClusterStatus status)
    {
        lock (_gate)
        {
            if (
                !_waiting.ContainsKey(status.Id)
                && _said.TryGetValue(status.Id, out var last)
                && SaysTheSame(last.Status, status)
                && time.GetUtcNow() - last.At < SayAgain
            )
            {
                return false;
            }

            _waiting[status.Id] = status;
            return true;
        }
    }

    public IReadOnlyList<ClusterStatus> Peek(int atMost)
    {
        lock (_gate)
        {
            return [.. _waiting.Values.OrderBy(status => status.ReportedAt).Take(atMost)];
        }
    }

    /// <summary>The console has these; a newer one that came meanwhile still waits.</summary>
    public void Delivered(IEnumerable<ClusterStatus> statuses)
    {
        lock (_gate)
        {
            foreach (var status in statuses)
            {
                _said[status.Id] = (status, time.GetUtcNow());
                if (_waiting.TryGetValue(status.Id, out var newest) && ReferenceEquals(newest, status))
                {
                    _waiting.Remove(status.Id);
                }
            }
        }
    }

    /// <summary>The console has sent something new of this cluster: the next status is sent whatever it says.</summary>
    public void SayAnew(ClusterId cluster)
    {
        lock (_gate)
        {
            _said.Remove(cluster);
        }
    }

    private static bool SaysTheSame(ClusterStatus said, ClusterStatus now) => now with { ReportedAt = said.ReportedAt } == said;
}
