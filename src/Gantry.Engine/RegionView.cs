using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// One region as everybody with the same account sees it: a single list of machines, asked for again when it is older than
/// the asker can use. What our own calls changed is seen at once, and a list that was under way while they were made
/// does not undo it.
/// </summary>
public sealed class RegionView(IRegion region, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly AsyncLock listing = new();
    private Dictionary<SystemId, RegionMachine> machines = [];
    private readonly Dictionary<SystemId, long> acts = [];
    private readonly Dictionary<SystemId, DateTimeOffset> freeSince = [];

    // Of the monotonic clock: one that is set back would make an old list look new, and acts would rest on it.
    private long? listed;
    private long clock;
    private IReadOnlyList<string> images = [];
    private long? imagesListed;
    private TimeSpan pause;

    public IRegion Region { get; } = region;

    /// <summary>
    /// Makes sure that the list is not older than this. A region that takes long to list its machines is asked less often,
    /// so that we never take more than a fifth of its time; ten seconds at most.
    /// </summary>
    public async Task RefreshAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (IsFresh(maxAge))
        {
            return;
        }

        using (await listing.EnterAsync())
        {
            if (IsFresh(maxAge))
            {
                return;
            }

            var started = time.GetTimestamp();
            var before = Interlocked.Read(ref clock);
            var all = await Region.ListMachinesAsync(cancellationToken);
            lock (gate)
            {
                var next = all.ToDictionary(machine => machine.Id);
                foreach (var (machine, act) in acts.ToList())
                {
                    if (act <= before)
                    {
                        acts.Remove(machine);
                    }
                    else if (machines.TryGetValue(machine, out var ours))
                    {
                        next[machine] = ours;
                    }
                }

                machines = next;
                RememberFree();
                listed = started;
                var took = time.GetElapsedTime(started);
                pause = took * 4 < LongestPause ? took * 4 : LongestPause;
            }
        }
    }

    public RegionMachine? Find(SystemId machine)
    {
        lock (gate)
        {
            return machines.GetValueOrDefault(machine);
        }
    }

    public IReadOnlyList<RegionMachine> All()
    {
        lock (gate)
        {
            return [.. machines.Values];
        }
    }

    /// <summary>When the machine was first seen free, of the time that it has been free without a break; now for one that is not.</summary>
    public DateTimeOffset FreeSince(SystemId machine)
    {
        lock (gate)
        {
            return freeSince.TryGetValue(machine, out var since) ? since : time.GetUtcNow();
        }
    }

    /// <summary>Somebody has cleared the machine's quarantine, so that it is free from now on.</summary>
    public void RecordFreed(SystemId machine)
    {
        lock (gate)
        {
            freeSince[machine] = time.GetUtcNow();
        }
    }

    /// <summary>What MAAS answered to a call of ours.</summary>
    public void RecordResult(RegionMachine machine)
    {
        lock (gate)
        {
            machines[machine.Id] = machine;
            acts[machine.Id] = Interlocked.Increment(ref clock);
            if (machine.Status is not MaasStatus.Ready)
            {
                freeSince.Remove(machine.Id);
            }
        }
    }

    /// <summary>The next look lists again: a call of ours met a machine in another state than the list says.</summary>
    public void Distrust()
    {
        lock (gate)
        {
            listed = null;
        }
    }

    /// <summary>Whether the image can be deployed; the answer may be a minute old when it is yes, ten seconds when it is no.</summary>
    public async Task<bool> HasImageAsync(string image, CancellationToken cancellationToken)
    {
        TimeSpan? age = imagesListed is { } at ? time.GetElapsedTime(at) : null;
        if (age is null || age > TimeSpan.FromMinutes(1) || (age > TimeSpan.FromSeconds(10) && !Has(image)))
        {
            images = await Region.ListImagesAsync(cancellationToken);
            imagesListed = time.GetTimestamp();
        }

        return Has(image);
    }

    private void RememberFree()
    {
        var now = time.GetUtcNow();
        foreach (var machine in machines.Values)
        {
            if (machine.Status is MaasStatus.Ready)
            {
                freeSince.TryAdd(machine.Id, now);
            }
            else
            {
                freeSince.Remove(machine.Id);
            }
        }

        foreach (var gone in freeSince.Keys.Where(known => !machines.ContainsKey(known)).ToList())
        {
            freeSince.Remove(gone);
        }
    }

    // Up to MAAS 3.7 a custom image is listed without its prefix.
    private bool Has(string image) => images.Any(name => name == image || $"custom/{name}" == image || name == $"custom/{image}");

    private bool IsFresh(TimeSpan maxAge)
    {
        lock (gate)
        {
            return listed is { } at && time.GetElapsedTime(at) <= (maxAge > pause ? maxAge : pause);
        }
    }
}
