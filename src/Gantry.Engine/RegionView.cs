using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// The view of one region that all clusters of an account share: one list of machines, which is read again when it is older than
/// the caller accepts. Results of Gantry's own calls are visible at once, and a list that MAAS was preparing meanwhile does not
/// overwrite them.
/// </summary>
public sealed class RegionView
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // A run does not wait for a list that takes longer.
    private static readonly TimeSpan SlowList = TimeSpan.FromSeconds(2);

    // Beyond this age, and two more lists, a run waits for the list after all, and is told why there is none.
    private static readonly TimeSpan OldestList = TimeSpan.FromMinutes(2);

    // Their ids stand in the address of one request.
    private const int ReadAtOnce = 100;
    private const int ReadTries = 3;

    private static readonly TimeSpan AllocationHolds = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly AsyncLock _listing = new();
    private readonly TimeProvider _time;
    private readonly PendingCalls _reads;
    private readonly KeptList<IReadOnlyDictionary<string, IReadOnlyList<string>>> _dns;
    private readonly KeptList<IReadOnlySet<string>> _reserved;
    private readonly KeptList<IReadOnlyList<RegionImage>> _images;
    private Dictionary<SystemId, RegionMachine> _machines = [];
    private readonly Dictionary<SystemId, long> _results = [];
    private readonly Dictionary<SystemId, DateTimeOffset> _freeSince = [];
    private readonly Dictionary<ClusterId, HashSet<SystemId>> _marked = [];
    private readonly HashSet<SystemId> _unmarked = [];
    private readonly Dictionary<SystemId, (MachineMark? Mark, long At)> _allocations = [];
    private MaasIdentity? _identity;

    // A monotonic time: if the wall clock were set back, an old list would look new.
    private long? _listed;
    private long _sequence;
    private long _version;
    private (long Version, IReadOnlyList<MachineSubnet> Subnets) _subnets = (-1, []);
    private readonly ConcurrentDictionary<EndpointChoice, (EndpointSite Site, long At)> _sites = new();
    private TimeSpan _pause;
    private TimeSpan _took;
    private long? _newest;
    private long? _ended;
    private int _lists;
    private RegionException? _lastFailure;

    /// <param name="number">Distinguishes a view from the earlier view of the same account that it replaces.</param>
    /// <param name="patience">How long callers wait for an answer; <c>null</c> as long as the engine does by default.</param>
    public RegionView(IRegion region, TimeProvider time, long number = 0, TimeSpan? patience = null)
    {
        _time = time;
        _reads = new PendingCalls(time, patience ?? new EngineOptions().Patience, int.MaxValue);
        _dns = new("list its DNS records", region.ListDnsAsync, _reads, time);
        _reserved = new("list the reserved addresses", region.ListReservedAsync, _reads, time);
        _images = new("list its images", region.ListImagesAsync, _reads, time);
        Region = region;
        Number = number;
    }

    public IRegion Region { get; }

    /// <summary>Differs from that of the view that this one replaces.</summary>
    internal long Number { get; }

    /// <summary>Changes with each list of machines, and with each recorded result.</summary>
    public (long View, long Change) Version => (Number, Interlocked.Read(ref _version));

    /// <summary>Where and as whom this account acts; asked for once, because a key belongs to one user.</summary>
    public async Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        _identity ??= await ReadAsync(
            "identity",
            "tell the user of the account's key",
            Region.GetIdentityAsync,
            cancellationToken
        );

    /// <summary>
    /// Lists the machines unless the list is fresh enough. A slow region is asked less often: after a list, a pause of four times
    /// its duration follows, at most ten seconds, so that listing takes about a fifth of the region's time.
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

            var started = _time.GetTimestamp();
            var before = Interlocked.Read(ref _sequence);
            var all = await ListAllAsync(cancellationToken);
            lock (_gate)
            {
                _lists++;
                var next = all.ToDictionary(machine => machine.Id);
                foreach (var (machine, sequence) in _results.ToList())
                {
                    if (sequence <= before)
                    {
                        _results.Remove(machine);
                    }
                    else if (_machines.TryGetValue(machine, out var ours))
                    {
                        next[machine] = ours;
                    }
                    else
                    {
                        next.Remove(machine);
                    }
                }

                _machines = next;
                _marked.Clear();
                _unmarked.Clear();
                foreach (var machine in next.Values)
                {
                    RememberMark(machine);
                }

                foreach (var known in _allocations.Keys.Where(known => !_unmarked.Contains(known)).ToList())
                {
                    _allocations.Remove(known);
                }

                TrackFree();
                Interlocked.Increment(ref _version);
                _listed = _newest = started;
                _took = _time.GetElapsedTime(started);
                _pause = _took * 4 < LongestPause ? _took * 4 : LongestPause;
            }
        }
    }

    /// <summary>
    /// Brings up to date what a run acts on. A region that takes long to list its machines is asked for those of the cluster, and for
    /// all of them beside the run: what placement knows of the others may be some minutes old then.
    /// </summary>
    /// <param name="own">The machines that the run has to know as they are now; none where the list will do.</param>
    /// <returns>What MAAS has not answered about these machines; <c>null</c> when they are known.</returns>
    /// <exception cref="RegionException">MAAS did not answer, or has not listed its machines yet.</exception>
    public async Task<RegionException?> RefreshForRunAsync(
        TimeSpan maxAge,
        IReadOnlyCollection<SystemId> own,
        CancellationToken cancellationToken
    )
    {
        if (IsFresh(maxAge))
        {
            return null;
        }

        if (_took >= SlowList && IsUsable())
        {
            ListBeside();
        }
        else
        {
            try
            {
                await ListSharedAsync(maxAge, limit: null, cancellationToken);
                return null;
            }
            catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered && IsUsable())
            {
                // The list goes on; the run does without it.
            }
            catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered && _lastFailure is { } failure)
            {
                throw new RegionException(failure.Failure, failure.Message, failure);
            }
        }

        try
        {
            if (own.Count > 0)
            {
                await ReadMachinesAsync(own, cancellationToken);
            }

            return null;
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            return late;
        }
    }

    /// <summary>Lists the machines once for all who wait.</summary>
    /// <param name="limit">How long this caller waits; <c>null</c> as for any call.</param>
    private Task ListSharedAsync(TimeSpan maxAge, TimeSpan? limit, CancellationToken cancellationToken) =>
        _reads.AwaitAsync(
            new MaasCall("", "machines", "machines", "list its machines")
            {
                IsRead = true,
                IsShared = true,
                Patience = limit,
            },
            async () =>
            {
                await RefreshAsync(maxAge, CancellationToken.None);
                return true;
            },
            cancellationToken
        );

    private Task<T> ReadAsync<T>(
        string key,
        string what,
        Func<CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    ) =>
        _reads.AwaitAsync(
            new MaasCall("", key, key, what) { IsRead = true, IsShared = true },
            () => read(CancellationToken.None),
            cancellationToken
        );

    private Task ReadMachinesAsync(IReadOnlyCollection<SystemId> machines, CancellationToken cancellationToken) =>
        ReadAsync(
            $"machines {string.Join(',', machines)}",
            "read the machines of the cluster",
            async token =>
            {
                foreach (var some in machines.Chunk(ReadAtOnce))
                {
                    // A list that ends meanwhile may be older or newer than the answer: the machines are read once more then.
                    for (var left = ReadTries; !await TryReadAsync(some, --left is 0, token); ) { }
                }

                return true;
            },
            cancellationToken
        );

    private async Task<bool> TryReadAsync(
        IReadOnlyCollection<SystemId> machines,
        bool isLast,
        CancellationToken cancellationToken
    )
    {
        var (lists, before) = (_lists, Interlocked.Read(ref _sequence));
        var found = (await Region.ReadMachinesAsync(machines, cancellationToken)).ToDictionary(machine => machine.Id);
        lock (_gate)
        {
            if (_lists != lists && !isLast)
            {
                return false;
            }

            // The result of a call that came meanwhile may be newer.
            foreach (var machine in machines.Where(machine => _results.GetValueOrDefault(machine) <= before))
            {
                if (found.TryGetValue(machine, out var now))
                {
                    RecordResult(now);
                }
                else
                {
                    Forget(machine);
                }
            }

            return true;
        }
    }

    /// <summary>Whether a run may do with the newest list.</summary>
    private bool IsUsable()
    {
        lock (_gate)
        {
            return _newest is { } newest && _time.GetElapsedTime(newest) <= OldestList + (2 * _took);
        }
    }

    // Begins a list unless one is under way or has just ended.
    private void ListBeside()
    {
        bool isDue;
        lock (_gate)
        {
            isDue = _listed is null || _ended is not { } ended || _time.GetElapsedTime(ended) > LongestPause;
        }

        if (isDue)
        {
            _ = Waiting.EndOf(ListSharedAsync(_took, TimeSpan.Zero, CancellationToken.None));
        }
    }

    private async Task<IReadOnlyList<RegionMachine>> ListAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await Region.ListMachinesAsync(cancellationToken);
            _lastFailure = null;
            return all;
        }
        catch (RegionException failure)
        {
            _lastFailure = failure;
            throw;
        }
        finally
        {
            _ended = _time.GetTimestamp();
        }
    }

    /// <summary>
    /// Looks for a newer list on a person's question, and waits for it for a short time only: a region of thousands of machines takes
    /// half a minute to list them. The newest list that there is counts then. The listing goes on, whatever becomes of the question, so
    /// that the next one finds it.
    /// </summary>
    /// <returns>The age of the list that counts when it is not a new one; <c>null</c> when it is.</returns>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public async Task<TimeSpan?> RefreshForQuestionAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (IsFresh(TimeSpan.Zero))
        {
            return null;
        }

        var newest = _newest;
        try
        {
            // A list that was begun a moment ago is as new as one that would end as late as it.
            await ListSharedAsync(_took, newest is null ? Timeout.InfiniteTimeSpan : patience, cancellationToken);
            return null;
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered && newest is not null)
        {
            return _time.GetElapsedTime(newest.Value);
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

    /// <summary>The subnets in which MAAS shows machines, each with its machines, in a stable order.</summary>
    public IReadOnlyList<MachineSubnet> Subnets()
    {
        lock (_gate)
        {
            if (_subnets.Version != _version)
            {
                _subnets = (_version, SubnetsOf(_machines.Values));
            }

            return _subnets.Subnets;
        }
    }

    /// <summary>Machines with the mark of this cluster that are not free.</summary>
    public IReadOnlyList<RegionMachine> FindMarked(ClusterId cluster)
    {
        lock (_gate)
        {
            return _marked.TryGetValue(cluster, out var marked)
                ? [.. marked.Select(machine => _machines[machine]).Where(IsMarked)]
                : [];
        }

        bool IsMarked(RegionMachine machine) => machine is { Owner: not null, Mark: { } mark } && mark.Cluster == cluster;
    }

    /// <summary>Machines with the mark of any other cluster that are not free.</summary>
    public IReadOnlyList<RegionMachine> FindMarkedByOthers(ClusterId cluster)
    {
        lock (_gate)
        {
            return
            [
                .. _marked
                    .Where(others => others.Key != cluster)
                    .SelectMany(others => others.Value)
                    .Select(machine => _machines[machine])
                    .Where(machine => machine is { Owner: not null, Mark: { } mark } && mark.Cluster != cluster),
            ];
        }
    }

    /// <summary>
    /// Machines that the account's user has and that carry no mark: somebody has taken them by hand, or the call that marks them was
    /// lost.
    /// </summary>
    public IReadOnlyList<RegionMachine> FindUnmarked()
    {
        lock (_gate)
        {
            return _unmarked.Count is 0
                ? []
                : [.. _unmarked.OrderBy(machine => machine.Value, StringComparer.Ordinal).Select(machine => _machines[machine])];
        }
    }

    /// <summary>Whether <see cref="FindAllocationAsync"/> answers without a call.</summary>
    public bool KnowsAllocation(SystemId machine)
    {
        lock (_gate)
        {
            return _allocations.TryGetValue(machine, out var known) && _time.GetElapsedTime(known.At) < AllocationHolds;
        }
    }

    /// <inheritdoc cref="IRegion.FindAllocationAsync"/>
    /// <remarks>The answer for a machine without a mark is half an hour old at most.</remarks>
    public async Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_allocations.TryGetValue(machine, out var known) && _time.GetElapsedTime(known.At) < AllocationHolds)
            {
                return known.Mark;
            }
        }

        return await ReadAsync(
            $"allocation {machine}",
            $"tell who allocated {Find(machine)?.Hostname ?? machine.Value}",
            async token =>
            {
                var at = _time.GetTimestamp();
                var mark = await Region.FindAllocationAsync(machine, token);
                lock (_gate)
                {
                    if (_unmarked.Contains(machine))
                    {
                        _allocations[machine] = (mark, at);
                    }
                }

                return mark;
            },
            cancellationToken
        );
    }

    /// <summary>Who took the machine, where it carries no mark; <c>null</c> where it does, or nobody can tell.</summary>
    public Task<MachineMark?> FindUnmarkedAllocationAsync(SystemId machine, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_unmarked.Contains(machine))
            {
                return Task.FromResult<MachineMark?>(null);
            }
        }

        return FindAllocationAsync(machine, cancellationToken);
    }

    /// <summary>
    /// When the machine became free, as far as this view has seen; the current time for a machine that is not free.
    /// </summary>
    public DateTimeOffset FreeSince(SystemId machine)
    {
        lock (_gate)
        {
            return _freeSince.TryGetValue(machine, out var since) ? since : _time.GetUtcNow();
        }
    }

    /// <summary>Records that the machine left quarantine and is free from now on.</summary>
    public void RecordFreed(SystemId machine)
    {
        lock (_gate)
        {
            _freeSince[machine] = _time.GetUtcNow();
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Records the machine as MAAS answered it to one of Gantry's calls.</summary>
    public void RecordResult(RegionMachine machine)
    {
        lock (_gate)
        {
            _machines[machine.Id] = machine;
            RememberMark(machine);
            _results[machine.Id] = Interlocked.Increment(ref _sequence);
            TrackFree(machine);
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Makes the next refresh list again, because a call met a machine in another state than listed.</summary>
    public void Invalidate()
    {
        lock (_gate)
        {
            _listed = null;
        }
    }

    /// <inheritdoc cref="IRegion.FindDnsAsync"/>
    /// <remarks>The answer comes from a list that all clusters of the account share, as long as MAAS has a whole one.</remarks>
    public async Task<IReadOnlyList<string>?> FindDnsAsync(string name, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        try
        {
            return (await _dns.GetAsync(maxAge, cancellationToken)).GetValueOrDefault(name);
        }
        catch (RegionException odd) when (odd.Failure is RegionFailure.Unreadable)
        {
            return await ReadAsync(
                $"record {name}",
                $"find the DNS record {name}",
                token => Region.FindDnsAsync(name, token),
                cancellationToken
            );
        }
    }

    /// <inheritdoc cref="IRegion.IsReservedAsync"/>
    /// <inheritdoc cref="FindDnsAsync" path="/remarks"/>
    public async Task<bool> IsReservedAsync(string address, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        try
        {
            return (await _reserved.GetAsync(maxAge, cancellationToken)).Contains(address);
        }
        catch (RegionException odd) when (odd.Failure is RegionFailure.Unreadable)
        {
            return await ReadAsync(
                $"reservation {address}",
                $"look whether {address} is reserved",
                token => Region.IsReservedAsync(address, token),
                cancellationToken
            );
        }
    }

    /// <summary>A call has changed a record or a reservation: lists from before it count no more.</summary>
    public void InvalidateEndpoints()
    {
        _sites.Clear();
        _dns.Invalidate();
        _reserved.Invalidate();
    }

    /// <summary>
    /// What there is where clusters ask for their endpoint, at most as old as <paramref name="maxAge"/>: clusters that ask for the
    /// same share an answer.
    /// </summary>
    public async Task<EndpointSite> DescribeEndpointAsync(
        EndpointChoice choice,
        TimeSpan maxAge,
        CancellationToken cancellationToken
    )
    {
        if (_sites.TryGetValue(choice, out var kept) && _time.GetElapsedTime(kept.At) <= maxAge)
        {
            return kept.Site;
        }

        return await ReadAsync(
            $"site of {choice}",
            "tell what there is where the endpoint is asked for",
            async token =>
            {
                var at = _time.GetTimestamp();
                var site = await Region.DescribeEndpointAsync(choice, token);
                foreach (var (old, _) in _sites.Where(one => _time.GetElapsedTime(one.Value.At) > maxAge).ToList())
                {
                    _sites.TryRemove(old, out _);
                }

                _sites[choice] = (site, at);
                return site;
            },
            cancellationToken
        );
    }

    /// <summary>
    /// The architectures that the image can be deployed on; empty when MAAS does not have the image. A positive answer may be a
    /// minute old, an empty one ten seconds. While MAAS does not answer, a positive answer may be older: MAAS refuses to deploy an image
    /// that has gone.
    /// </summary>
    public async Task<ValueList<string>> FindImageAsync(ImageName image, CancellationToken cancellationToken)
    {
        try
        {
            var images = await _images.GetAsync(TimeSpan.FromMinutes(1), cancellationToken);
            return ArchitecturesOf(image, images) is { Count: > 0 } found
                ? found
                : RequireKnown(image, await _images.GetAsync(TimeSpan.FromSeconds(10), cancellationToken));
        }
        catch (RegionException late)
            when (late.Failure is RegionFailure.NotAnswered && ArchitecturesOf(image, _images.Newest ?? []).Count > 0)
        {
            return ArchitecturesOf(image, _images.Newest ?? []);
        }
    }

    /// <summary>How much MAAS has of an image whose upload has not ended, in per cent, in the newest list; <c>null</c> otherwise.</summary>
    public decimal? FindUpload(ImageName image) => FindImages(image.Value, _images.Newest ?? []).Max(known => known.Progress);

    // An image that cannot be read may be the one.
    private static ValueList<string> RequireKnown(ImageName image, IReadOnlyList<RegionImage> images) =>
        images.FirstOrDefault(known => known.Unreadable is not null) is { Unreadable: { } part } odd
        && FindImages(image.Value, images).All(known => known.Unreadable is not null)
            ? throw new RegionException(
                RegionFailure.Unreadable,
                $"MAAS's list of images has one that cannot be read ({odd.Name}{part}), which may be {image}."
            )
            : ArchitecturesOf(image, images);

    private static ValueList<string> ArchitecturesOf(ImageName image, IReadOnlyList<RegionImage> images) =>
        [
            .. FindImages(image.Value, images)
                .Where(known => known is { Progress: null, Unreadable: null })
                .Select(known => known.Architecture)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private static IReadOnlyList<MachineSubnet> SubnetsOf(IEnumerable<RegionMachine> machines) =>
        [
            .. machines
                .SelectMany(machine =>
                    machine.Networks.Select(link => link.Subnet).Distinct().Select(subnet => (subnet, machine))
                )
                .GroupBy(pair => pair.subnet, pair => pair.machine)
                .OrderBy(subnet => subnet.Key.Value, StringComparer.Ordinal)
                .Select(subnet => new MachineSubnet(
                    subnet.Key,
                    [.. subnet.OrderBy(machine => machine.Hostname, StringComparer.Ordinal).Select(EngineState.AsCandidate)]
                )),
        ];

    private void Forget(SystemId machine)
    {
        _machines.Remove(machine);
        _results[machine] = Interlocked.Increment(ref _sequence);
        _unmarked.Remove(machine);
        _allocations.Remove(machine);
        _freeSince.Remove(machine);
        foreach (var marked in _marked.Values)
        {
            marked.Remove(machine);
        }

        Interlocked.Increment(ref _version);
    }

    private void RememberMark(RegionMachine machine)
    {
        if (machine is { Owner: not null, Mark: { } mark })
        {
            if (!_marked.TryGetValue(mark.Cluster, out var marked))
            {
                _marked[mark.Cluster] = marked = [];
            }

            marked.Add(machine.Id);
        }

        if (machine is { IsOurs: true, Mark: null, IsAbandoned: false, Status: not (MaasStatus.Ready or MaasStatus.New) })
        {
            _unmarked.Add(machine.Id);
        }
        else
        {
            _unmarked.Remove(machine.Id);
            _allocations.Remove(machine.Id);
        }
    }

    private void TrackFree()
    {
        foreach (var machine in _machines.Values)
        {
            TrackFree(machine);
        }

        foreach (var gone in _freeSince.Keys.Where(known => !_machines.ContainsKey(known)).ToList())
        {
            _freeSince.Remove(gone);
        }
    }

    private void TrackFree(RegionMachine machine)
    {
        if (machine.Status is MaasStatus.Ready)
        {
            _freeSince.TryAdd(machine.Id, _time.GetUtcNow());
        }
        else
        {
            _freeSince.Remove(machine.Id);
        }
    }

    // Up to MAAS 3.7 a custom image is listed without its "custom/" prefix.
    private static IEnumerable<RegionImage> FindImages(string image, IReadOnlyList<RegionImage> images) =>
        images.Where(known => known.Name == image || $"custom/{known.Name}" == image || known.Name == $"custom/{image}");

    private bool IsFresh(TimeSpan maxAge)
    {
        lock (_gate)
        {
            return _listed is { } at && _time.GetElapsedTime(at) <= (maxAge > _pause ? maxAge : _pause);
        }
    }
}
