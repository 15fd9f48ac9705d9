using Gantry.Clusters.Model;

namespace Gantry.Gateway.Sync;

/// <summary>
/// The newest undelivered status of each cluster. Not stored: after a restart the engine reconciles every cluster anyway.
/// An unchanged status is sent at most every five minutes.
/// </summary>
public sealed class StatusOutbox(TimeProvider time)
{
    /// <summary>The interval of unchanged statuses: a console restored from a backup is up to date after this time.</summary>
    private static readonly TimeSpan ResendInterval = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<ClusterId, ClusterStatus> _waiting = [];
    private readonly Dictionary<ClusterId, (ClusterStatus Status, DateTimeOffset At)> _delivered = [];

    /// <returns>Whether there is a new status to send.</returns>
    public bool Put(ClusterStatus status)
    {
        lock (_gate)
        {
            if (
                !_waiting.ContainsKey(status.Id)
                && _delivered.TryGetValue(status.Id, out var last)
                && IsUnchanged(last.Status, status)
                && time.GetUtcNow() - last.At < ResendInterval
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

    /// <summary>Removes delivered statuses; a newer one that arrived meanwhile stays.</summary>
    public void Delivered(IEnumerable<ClusterStatus> statuses)
    {
        lock (_gate)
        {
            foreach (var status in statuses)
            {
                _delivered[status.Id] = (status, time.GetUtcNow());
                if (_waiting.TryGetValue(status.Id, out var newest) && ReferenceEquals(newest, status))
                {
                    _waiting.Remove(status.Id);
                }
            }
        }
    }

    /// <summary>Forgets the delivered status, so that the next status of the cluster is sent even if unchanged.</summary>
    public void ForgetDelivered(ClusterId cluster)
    {
        lock (_gate)
        {
            _delivered.Remove(cluster);
        }
    }

    private static bool IsUnchanged(ClusterStatus delivered, ClusterStatus next) =>
        next with { ReportedAt = delivered.ReportedAt } == delivered;
}
