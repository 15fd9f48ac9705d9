using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// One region as everybody with the same account sees it: a single list of machines, asked for again when it is older than
/// the asker can use. What our own calls changed is seen at once, and a list that was under way while they were made
/// does not undo it.
/// </summary>
/// <param name="number">Tells views of one account apart, of which a later one takes the place of an earlier.</param>
public sealed class RegionView(IRegion region, TimeProvider time, long number = 0)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly AsyncLock _listing = new();
    private Dictionary<SystemId, RegionMachine> _machines = [];
    private readonly Dictionary<SystemId, long> _acts = [];
    private readonly Dictionary<SystemId, DateTimeOffset> _freeSince = [];

    // Of the monotonic clock: one that is set back would make an old list look new, and acts would rest on it.
    private long? _listed;
    private long _clock;
    private long _version;
    private IReadOnlyList<RegionImage> _images = [];
    private long? _imagesListed;
    private TimeSpan _pause;

    public IRegion Region { get; } = region;

    /// <summary>Another one after each list of machines, and after each change that is known without one.</summary>
    public (long View, long Change) Version => (number, Interlocked.Read(ref _version));

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

        using (await _listing.EnterAsync())
        {
            if (IsFresh(maxAge))
            {
                return;
            }

            var started = time.GetTimestamp();
            var before = Interlocked.Read(ref _clock);
            var all = await Region.ListMachinesAsync(cancellationToken);
            lock (_gate)
            {
                var next = all.ToDictionary(machine => machine.Id);
                foreach (var (machine, act) in _acts.ToList())
                {
                    if (act <= before)
                    {
                        _acts.Remove(machine);
                    }
                    else if (_machines.TryGetValue(machine, out var ours))
                    {
                        next[machine] = ours;
                    }
                }

                _machines = next;
                RememberFree();
                Interlocked.Increment(ref _version);
                _listed = started;
                var took = time.GetElapsedTime(started);
                _pause = took * 4 < LongestPause ? took * 4 : LongestPause;
            }
        }
    }

    public RegionMachine? Find(SystemId machine)
    {
        lock (_gate)
        {
            return _machines.GetValueOrDefault(machine);
        }
    }

    public IReadOnlyList<RegionMachine> All()
    {
        lock (_gate)
        {
            return [.. _machines.Values];
        }
    }

    /// <summary>
    /// When the machine was first seen free, of the time that it has been free without a break; now for one that is not.
    /// </summary>
    public DateTimeOffset FreeSince(SystemId machine)
    {
        lock (_gate)
        {
            return _freeSince.TryGetValue(machine, out var since) ? since : time.GetUtcNow();
        }
    }

    /// <summary>Somebody has cleared the machine's quarantine, so that it is free from now on.</summary>
    public void RecordFreed(SystemId machine)
    {
        lock (_gate)
        {
            _freeSince[machine] = time.GetUtcNow();
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>What MAAS answered to a call of ours.</summary>
    public void RecordResult(RegionMachine machine)
    {
        lock (_gate)
        {
            _machines[machine.Id] = machine;
            _acts[machine.Id] = Interlocked.Increment(ref _clock);
            RememberFree(machine);
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>The next look lists again: a call of ours met a machine in another state than the list says.</summary>
    public void Distrust()
    {
        lock (_gate)
        {
            _listed = null;
        }
    }

    /// <summary>
    /// The architectures that the image can be deployed on, none when MAAS does not have it; the answer may be a minute old when
    /// it has, ten seconds when it has not.
    /// </summary>
    public async Task<ValueList<string>> FindImageAsync(ImageName image, CancellationToken cancellationToken)
    {
        TimeSpan? age = _imagesListed is { } at ? time.GetElapsedTime(at) : null;
        if (age is null || age > TimeSpan.FromMinutes(1) || (age > TimeSpan.FromSeconds(10) && !Of(image.Value).Any()))
        {
            _images = await Region.ListImagesAsync(cancellationToken);
            _imagesListed = time.GetTimestamp();
        }

        return [.. Of(image.Value).Select(known => known.Architecture).Distinct().Order(StringComparer.Ordinal)];
    }

    private void RememberFree()
    {
        foreach (var machine in _machines.Values)
        {
            RememberFree(machine);
        }

        foreach (var gone in _freeSince.Keys.Where(known => !_machines.ContainsKey(known)).ToList())
        {
            _freeSince.Remove(gone);
        }
    }

    private void RememberFree(RegionMachine machine)
    {
        if (machine.Status is MaasStatus.Ready)
        {
            _freeSince.TryAdd(machine.Id, time.GetUtcNow());
        }
        else
        {
            _freeSince.Remove(machine.Id);
        }
    }

    // Up to MAAS 3.7 a custom image is listed without its prefix.
    private IEnumerable<RegionImage> Of(string image) =>
        _images.Where(known => known.Name == image || $"custom/{known.Name}" == image || known.Name == $"custom/{image}");

    private bool IsFresh(TimeSpan maxAge)
    {
        lock (_gate)
        {
            return _listed is { } at && time.GetElapsedTime(at) <= (maxAge > _pause ? maxAge : _pause);
        }
    }
}
