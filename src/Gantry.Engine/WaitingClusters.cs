using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Builds the machine queue of each account from the clusters that lack machines and the machines of the region. All clusters of
/// an account share its queue, which is rebuilt when these facts change. The caller holds
/// <see cref="EngineState.PlacementLock"/>.
/// </summary>
internal sealed class WaitingClusters(EngineState state)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ClusterId> _changed = [];
    private readonly Dictionary<AccountId, MachineRequests> _requests = [];
    private readonly Dictionary<ClusterId, AccountId> _accounts = [];
    private readonly Dictionary<AccountId, (Facts Facts, MachineQueue Queue)> _queues = [];
    private long? _desired;
    private long _holdings;

    public Turn TurnOf(RunScope run)
    {
        var desired = ReadRequests();
        var account = run.Spec.Account;
        var requests = RequestsOf(account);
        var facts = new Facts(desired, requests.Version, HoldingsVersion, state.Machines.Version, run.View.Version);
        var queue = SeesMore(run) ? QueueFor(run, requests, run.Records) : SharedQueue(run, requests, facts);
        var mine = RequestOf(run.Spec, run.Record);

        // What a cluster begins to lack only now decides its place already, although nobody waits for it before it is planned.
        return queue.TurnOf(
            mine.Missing.Count > 0
                ? mine
                : mine with
                {
                    Missing = Planner.Shortfalls(run.Spec, mine.Members, run.Record.ReachedSizes),
                }
        );
    }

    // A question stores nothing: the next run begins by storing what the question sees, such as the end of a release.
    private bool SeesMore(RunScope run) =>
        state.Find(run.Spec.Id) is { } stored
        && (stored.Members != run.Record.Members || (stored.Lost ?? []) != (run.Record.Lost ?? []));

    private MachineQueue SharedQueue(RunScope run, MachineRequests requests, Facts facts)
    {
        if (!_queues.TryGetValue(run.Spec.Account, out var known) || known.Facts != facts || !known.Queue.HoldsAt(run.Now))
        {
            known = (facts, QueueFor(run, requests, [.. state.Records]));
            _queues[run.Spec.Account] = known;
        }

        return known.Queue;
    }

    private MachineQueue QueueFor(RunScope run, MachineRequests requests, IReadOnlyCollection<ClusterRecord> records) =>
        new(requests, SupplyOf(run, records), run.Now, state.Options.Limits);

    /// <summary>The machines that the cluster lacks may have changed.</summary>
    public void RequestChanged(ClusterId cluster)
    {
        lock (_gate)
        {
            _changed.Add(cluster);
        }
    }

    /// <summary>The machines that clusters hold or release have changed.</summary>
    public void HoldingsChanged() => Interlocked.Increment(ref _holdings);

    private long HoldingsVersion => Interlocked.Read(ref _holdings);

    /// <summary>Brings the requests up to date.</summary>
    /// <returns>The version of the desired clusters that the requests are made from.</returns>
    private long ReadRequests()
    {
        var desired = state.Ports.Desired.Version;
        if (_desired != desired)
        {
            foreach (var cluster in _accounts.Keys.Where(known => state.Ports.Desired.Find(known) is null).ToList())
            {
                Update(cluster);
            }

            foreach (var cluster in state.Ports.Desired.All)
            {
                Update(cluster.Id);
            }

            _desired = desired;
        }

        foreach (var cluster in TakeChanged())
        {
            Update(cluster);
        }

        return desired;
    }

    private IReadOnlyList<ClusterId> TakeChanged()
    {
        lock (_gate)
        {
            IReadOnlyList<ClusterId> changed = [.. _changed];
            _changed.Clear();
            return changed;
        }
    }

    private void Update(ClusterId cluster)
    {
        var spec = state.Ports.Desired.Find(cluster);
        if (_accounts.Remove(cluster, out var before) && before != spec?.Account)
        {
            RequestsOf(before).Remove(cluster);
        }

        if (spec is null)
        {
            return;
        }

        _accounts[cluster] = spec.Account;
        if (spec.Deletion is null && state.FindUnreadable(cluster) is null)
        {
            RequestsOf(spec.Account).Set(RequestOf(spec, state.Find(cluster)));
        }
        else
        {
            RequestsOf(spec.Account).Remove(cluster);
        }
    }

    private MachineRequests RequestsOf(AccountId account)
    {
        if (!_requests.TryGetValue(account, out var requests))
        {
            _requests[account] = requests = [];
        }

        return requests;
    }

    // The last plan is more precise than the size of the pools: it needs no machine while an image is missing, an installation
    // fails or a version cannot be reached. Before the first plan the size of the pools is used.
    private MachineRequest RequestOf(ClusterSpec cluster, ClusterRecord? record)
    {
        var members = record?.Members ?? [];
        return new MachineRequest(cluster.Id, cluster.Name, cluster.CreatedAt)
        {
            Missing = state.FindPlan(cluster) is { } plan
                ? plan.Lacking
                : Planner.Shortfalls(cluster, members, record?.ReachedSizes),
            Members = members,
            Replace = cluster.Replace,
            WaitingSince = record?.WaitingSince,
            Formed = record is { Formed: true },
        };
    }

    private MachineSupply SupplyOf(RunScope run, IReadOnlyCollection<ClusterRecord> records)
    {
        var (region, now) = (run.View, run.Now);
        var returning = Returning(run, records).ToList();
        return new MachineSupply(state.FreeMachines(region, records))
        {
            Returning = [.. returning.Select(machine => machine.Candidate)],
            FindRegion = () => [.. region.Machines.All().Where(IsUsable).Select(EngineState.AsCandidate)],
            FreeSince = region.Machines.FreeSince,
            HoldsUntil = returning
                .Select(machine => machine.Until)
                .Concat(
                    state
                        .FindLost(records)
                        .Values.SelectMany(lost =>
                            (DateTimeOffset[])[lost.FreeFrom(state.Options.Limits), lost.LastChoiceUntil(state.Options.Limits)]
                        )
                        .Where(change => change > now)
                )
                .Concat(region.Machines.All().Select(machine => state.Machines.AvoidedUntil(machine.Id)).OfType<DateTimeOffset>())
                .Append(DateTimeOffset.MaxValue)
                .Min(),
        };
    }

    private bool IsUsable(RegionMachine machine) =>
        machine.Status is not (MaasStatus.New or MaasStatus.Broken) && state.Machines.FindQuarantined(machine.Id) is null;

    // A machine whose release takes longer than Limits.Keep is not counted, because something blocks its release.
    private IEnumerable<(Candidate Candidate, DateTimeOffset Until)> Returning(
        RunScope run,
        IReadOnlyCollection<ClusterRecord> records
    )
    {
        foreach (var record in records.Where(record => record.Spec.Account == run.Spec.Account))
        {
            var deletion = (state.Ports.Desired.Find(record.Spec.Id) ?? record.Spec).Deletion;
            foreach (
                var member in record.Members.Where(member =>
                    member is { Failure: null, Residue: null, ReleaseFailure: null }
                    && (member.State is MachineState.Releasing || deletion is not null)
                )
            )
            {
                var since = deletion?.RequestedAt > member.Since ? deletion.RequestedAt : member.Since;
                var until = since + state.Options.Limits.Keep;
                if (run.Now < until && run.View.Machines.Find(member.Machine) is { Locked: false } machine)
                {
                    yield return (EngineState.AsCandidate(machine), until);
                }
            }
        }
    }

    /// <summary>The versions of all facts that a queue is built from.</summary>
    private sealed record Facts(long Desired, long Requests, long Holdings, long Machines, (long, long) Region);
}
