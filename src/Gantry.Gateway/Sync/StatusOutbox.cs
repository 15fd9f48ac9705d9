using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>
/// The newest status of each cluster that the console has not got yet. Not stored: after a restart the engine looks at
/// every cluster anyway. One that says the same as the last one is sent only now and then.
/// </summary>
internal sealed class StatusOutbox(TimeProvider time)
{
    /// <summary>A console that was restored from a backup has the truth again after this time.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<ClusterId, ClusterStatus> waiting = [];
    private readonly Dictionary<ClusterId, (ClusterStatus Status, DateTimeOffset At)> said = [];

    /// <returns>Whether there is something new to send.</returns>
    public bool Put(ClusterStatus status)
    {
        lock (gate)
        {
            if (!waiting.ContainsKey(status.Id)
                && said.TryGetValue(status.Id, out var last) && SaysTheSame(last.Status, status) && time.GetUtcNow() - last.At < SayAgain)
            {
                return false;
            }

            waiting[status.Id] = status;
            return true;
        }
    }

    public IReadOnlyList<ClusterStatus> Peek(int atMost)
    {
        lock (gate)
        {
            return [.. waiting.Values.OrderBy(status => status.ReportedAt).Take(atMost)];
        }
    }

    /// <summary>The console has these; a newer one that came meanwhile still waits.</summary>
    public void Delivered(IEnumerable<ClusterStatus> statuses)
    {
        lock (gate)
        {
            foreach (var status in statuses)
            {
                said[status.Id] = (status, time.GetUtcNow());
                if (waiting.TryGetValue(status.Id, out var newest) && ReferenceEquals(newest, status))
                {
                    waiting.Remove(status.Id);
                }
            }
        }
    }

    /// <summary>The console has sent something new of this cluster: the next status is sent whatever it says.</summary>
    public void SayAnew(ClusterId cluster)
    {
        lock (gate)
        {
            said.Remove(cluster);
        }
    }

    // Most statuses of an idle cluster are equal part by part; what is not is compared as the console would read it.
    private static bool SaysTheSame(ClusterStatus said, ClusterStatus now)
    {
        var same = now with { ReportedAt = said.ReportedAt };
        return (said.Conditions.SequenceEqual(now.Conditions)
                && said.Machines.Count == now.Machines.Count
                && said.Machines.Zip(now.Machines).All(pair => SaysTheSame(pair.First, pair.Second))
                && said.Residue.SequenceEqual(now.Residue)
                && said.Drift.SequenceEqual(now.Drift)
                && same with { Conditions = said.Conditions, Machines = said.Machines, Residue = said.Residue, Drift = said.Drift } == said)
            || JsonSerializer.SerializeToUtf8Bytes(same, ProtocolJson.Options).AsSpan().SequenceEqual(
                JsonSerializer.SerializeToUtf8Bytes(said, ProtocolJson.Options));
    }

    private static bool SaysTheSame(MachineStatus said, MachineStatus now) =>
        said.Addresses.SequenceEqual(now.Addresses)
        && said.Tags.SequenceEqual(now.Tags)
        && said.StaleBecause.SequenceEqual(now.StaleBecause)
        && now with { Addresses = said.Addresses, Tags = said.Tags, StaleBecause = said.StaleBecause } == said;
}
