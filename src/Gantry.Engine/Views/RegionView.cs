using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Views;

/// <summary>
/// The view of one region that all clusters of an account share, and how long a run or a question waits for MAAS to bring it up to
/// date: each list is read again when it is older than the caller accepts.
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

    private readonly Lock _gate = new();
    private readonly AsyncLock _listing = new();
    private readonly TimeProvider _time;
    private readonly PendingCalls _reads;
    private MaasIdentity? _identity;

    // A monotonic time: if the wall clock were set back, an old list would look new.
    private long? _listed;
    private TimeSpan _pause;
    private TimeSpan _took;
    private long? _newest;
    private long? _ended;
    private RegionException? _lastFailure;

    /// <param name="number">Distinguishes a view from the earlier view of the same account that it replaces.</param>
    /// <param name="patience">How long callers wait for an answer; <c>null</c> as long as the engine does by default.</param>
    public RegionView(IRegion region, TimeProvider time, long number = 0, TimeSpan? patience = null)
    {
        _time = time;
        _reads = new PendingCalls(time, patience ?? new EngineOptions().Patience, int.MaxValue);
        Region = region;
        Number = number;
        Machines = new MachineView(time);
        Endpoints = new EndpointView(region, _reads, time);
        Images = new ImageView(region, _reads, time);
    }

    public IRegion Region { get; }

    public MachineView Machines { get; }

    public EndpointView Endpoints { get; }

    public ImageView Images { get; }

    /// <summary>Differs from that of the view that this one replaces.</summary>
    internal long Number { get; }

    /// <summary>Changes with each list of machines, and with each recorded result.</summary>
    public (long View, long Change) Version => (Number, Machines.Version);

    /// <summary>Where and as whom this account acts; asked for once, because a key belongs to one user.</summary>
    public async Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        _identity ??= await _reads.ReadSharedAsync(
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
            var asked = Machines.Position;
            Machines.Replace(await ListAllAsync(cancellationToken), asked);
            lock (_gate)
            {
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

    /// <inheritdoc cref="IRegion.FindAllocationAsync"/>
    /// <remarks>The answer for a machine without a mark is half an hour old at most.</remarks>
    public async Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken)
    {
        if (Machines.TryGetAllocation(machine, out var known))
        {
            return known;
        }

        return await _reads.ReadSharedAsync(
            $"allocation {machine}",
            $"tell who allocated {Machines.Find(machine)?.Hostname ?? machine.Value}",
            async token =>
            {
                var asked = _time.GetTimestamp();
                var mark = await Region.FindAllocationAsync(machine, token);
                Machines.RememberAllocation(machine, mark, asked);
                return mark;
            },
            cancellationToken
        );
    }

    /// <summary>Who took the machine, where it carries no mark; <c>null</c> where it does, or nobody can tell.</summary>
    public Task<MachineMark?> FindUnmarkedAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
        Machines.IsUnmarked(machine) ? FindAllocationAsync(machine, cancellationToken) : Task.FromResult<MachineMark?>(null);

    /// <summary>Makes the next refresh list again, because a call met a machine in another state than listed.</summary>
    public void Invalidate()
    {
        lock (_gate)
        {
            _listed = null;
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

    private Task ReadMachinesAsync(IReadOnlyCollection<SystemId> machines, CancellationToken cancellationToken) =>
        _reads.ReadSharedAsync(
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
        var asked = Machines.Position;
        return Machines.TryRecord(machines, await Region.ReadMachinesAsync(machines, cancellationToken), asked, isLast);
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

    private bool IsFresh(TimeSpan maxAge)
    {
        lock (_gate)
        {
            return _listed is { } at && _time.GetElapsedTime(at) <= (maxAge > _pause ? maxAge : _pause);
        }
    }
}
