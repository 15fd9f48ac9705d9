using Gantry.Clusters.Model;
using Gantry.Gateway.Link;
using Gantry.Protocol;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.Consoles;

/// <summary>A cluster in the console's store.</summary>
/// <param name="Revision">The gateway's revision counter at the last change.</param>
internal sealed record ConsoleCluster(
    ClusterSpec Spec,
    long Revision,
    ClusterStatus? Status = null,
    DateTimeOffset? DeletedAt = null
);

/// <summary>
/// The console's side of one gateway: desired state with its revision counter, requests, and reports. It behaves as the console's
/// <c>DesiredEndpoint</c> and <c>ReportEndpoints</c>, without HTTP or a database.
/// </summary>
internal sealed class ConsoleModel(VirtualTime time)
{
    /// <summary>The time after which an unanswered request is handed out again.</summary>
    public static readonly TimeSpan HandOutAgain = TimeSpan.FromSeconds(5);

    private readonly List<Held> _held = [];
    private readonly List<Pending> _requests = [];
    private Dictionary<ClusterId, ConsoleCluster> _clusters = [];
    private (Dictionary<ClusterId, ConsoleCluster> Clusters, long Revision)? _backup;
    private DateTimeOffset? _answeredAt;
    private long _nextRequest;

    public static SealedAccount Account { get; } =
        new(new AccountId("account"), "dc1", "http://maas/MAAS", new SealedSecret("", ""));

    /// <summary>The clusters in creation order.</summary>
    public IEnumerable<ConsoleCluster> Clusters =>
        _clusters
            .Values.OrderBy(cluster => cluster.Spec.CreatedAt)
            .ThenBy(cluster => cluster.Spec.Id.Value, StringComparer.Ordinal);

    /// <summary>The revision; the account is the first write.</summary>
    public long Revision { get; private set; } = 1;

    /// <summary>The number of restores to a backup.</summary>
    public int Restores { get; private set; }

    /// <summary>A new epoch starts with each restore.</summary>
    public string Epoch => $"epoch {Restores}";

    /// <summary>The instance of the gateway that works.</summary>
    public InstanceLease? Lease { get; private set; }

    /// <summary>One instance at a time is given work; tests switch it off.</summary>
    public bool TellsInstancesApart { get; init; } = true;

    public bool HasRequests => _requests.Count > 0;

    public ConsoleCluster? Find(ClusterId cluster) => _clusters.GetValueOrDefault(cluster);

    /// <summary>A change by an operator, acknowledged on return.</summary>
    public void Write(ClusterSpec spec)
    {
        var before = Find(spec.Id);
        _clusters[spec.Id] = new ConsoleCluster(spec, ++Revision, before?.Status, before?.DeletedAt);
        Wake();
    }

    public void Send(Func<string, GatewayRequest> make)
    {
        _requests.Add(new Pending(make($"request-{++_nextRequest}")));
        Wake();
    }

    public void Answer(GatewayAnswer answer) => _requests.RemoveAll(pending => pending.Request.Id == answer.RequestId);

    /// <summary>Holds a poll until there is a change or the poll times out.</summary>
    /// <exception cref="ConsoleRefusedException">Another instance works.</exception>
    public void Hold(DesiredStateRequest request, Action<DesiredState> answer)
    {
        Admit(request.Instance);
        var since = request.Epoch is null || request.Epoch == Epoch ? request.Since : 0;
        if (HasAnswer(since) || request.WaitSeconds is 0)
        {
            answer(Read(since, request));
            return;
        }

        var held = new Held(since, request, answer);
        held.End = time.In(
            TimeSpan.FromSeconds(Math.Clamp(request.WaitSeconds, 0, 60)),
            () =>
            {
                _held.Remove(held);
                answer(Read(held.Since, held.Request));
            }
        );
        _held.Add(held);
        if (_requests.Count > 0)
        {
            // The response that carried a request may be lost, so the next poll waits no longer than this.
            time.In(HandOutAgain, Wake);
        }
    }

    /// <summary>The instance waits for an answer now.</summary>
    public bool IsPolledBy(string instance) => _held.Exists(held => held.Request.Instance?.Id == instance);

    /// <summary>The process has ended, and its connections with it.</summary>
    public void HangUp(string instance)
    {
        foreach (var held in _held.Where(held => held.Request.Instance?.Id == instance).ToList())
        {
            held.End!.CallOff();
            _held.Remove(held);
        }

        _answeredAt = null;
    }

    /// <exception cref="ConsoleRefusedException">Another instance works.</exception>
    public void Report(StatusReport report)
    {
        if (TellsInstancesApart && report.Instance is not null && Lease is not null && report.Instance != Lease.Id)
        {
            throw Refused(Lease);
        }

        foreach (var status in report.Statuses)
        {
            if (Find(status.Id) is not { } cluster || IsLate(status, cluster.Status?.ReportedAt))
            {
                continue;
            }

            var after = cluster with { Status = status };
            if (status.Phase is ClusterPhase.Deleted && cluster is { Spec.Deletion: not null, DeletedAt: null })
            {
                after = after with { DeletedAt = time.Now, Revision = ++Revision };
            }

            _clusters[status.Id] = after;
        }

        Wake();
    }

    public void BackUp() => _backup = (new(_clusters), Revision);

    /// <returns>Whether there was a backup.</returns>
    public bool Restore()
    {
        if (_backup is not { } backup)
        {
            return false;
        }

        _clusters = new(backup.Clusters);
        Revision = backup.Revision;
        Restores++;
        _requests.Clear();

        // Polls held by the console end with it.
        foreach (var held in _held.ToList())
        {
            held.End!.CallOff();
            held.Answer(Read(0, held.Request));
        }

        _held.Clear();
        return true;
    }

    private void Admit(GatewayInstance? instance)
    {
        if (instance is null || !TellsInstancesApart)
        {
            return;
        }

        var isAlive =
            (Lease is not null && IsPolledBy(Lease.Id)) || (_answeredAt is { } at && time.Now - at < TimeSpan.FromSeconds(2));
        Lease = InstanceLease.Judge(Lease, instance, isAlive, time.Now);
        if (Lease.Id != instance.Id)
        {
            throw Refused(Lease);
        }
    }

    private static ConsoleRefusedException Refused(InstanceLease lease) =>
        new(409, InstanceLease.RefusedCode, lease.Refusal("gateway"));

    private bool IsLate(ClusterStatus status, DateTimeOffset? newest) =>
        status.Phase is not ClusterPhase.Deleted && newest > status.ReportedAt && newest <= time.Now + TimeSpan.FromMinutes(1);

    private bool HasAnswer(long since) => Revision != since || _requests.Any(pending => pending.IsDue(time.Now));

    private void Wake()
    {
        foreach (var held in _held.Where(held => HasAnswer(held.Since)).ToList())
        {
            held.End!.CallOff();
            _held.Remove(held);
            held.Answer(Read(held.Since, held.Request));
        }
    }

    private DesiredState Read(long since, DesiredStateRequest request)
    {
        _answeredAt = time.Now;
        var after = since > Revision ? 0 : since;
        List<ConsoleCluster> changed =
        [
            .. _clusters.Values.Where(cluster => cluster.Revision > after).OrderBy(cluster => cluster.Revision),
        ];
        return new DesiredState(
            Revision,
            [.. changed.Where(cluster => cluster.DeletedAt is null).Select(cluster => cluster.Spec)],
            after is 0 ? [Account] : [],
            [.. changed.Where(cluster => cluster.DeletedAt is not null).Select(cluster => cluster.Spec.Id)],
            [],
            HandOut(),
            Epoch,
            request
                .Unrecorded?.Select(cluster => Find(cluster)?.Status)
                .OfType<ClusterStatus>()
                .Where(status => status.HoldsAnything)
                .ToList(),
            request.Undesired?.Where(cluster => Find(cluster)?.DeletedAt is not null).ToList(),
            Strange: request.Unrecorded?.Where(cluster => Find(cluster) is null).ToList()
        );
    }

    private List<GatewayRequest> HandOut()
    {
        List<Pending> due = [.. _requests.Where(pending => pending.IsDue(time.Now))];
        due.ForEach(pending => pending.HandedOutAt = time.Now);
        return [.. due.Select(pending => pending.Request)];
    }

    private sealed class Pending(GatewayRequest request)
    {
        public GatewayRequest Request => request;

        public DateTimeOffset? HandedOutAt { get; set; }

        public bool IsDue(DateTimeOffset now) => HandedOutAt is not { } last || now - last >= HandOutAgain;
    }

    private sealed class Held(long since, DesiredStateRequest request, Action<DesiredState> answer)
    {
        public long Since { get; } = since;

        public DesiredStateRequest Request { get; } = request;

        public Action<DesiredState> Answer { get; } = answer;

        public VirtualTime.Due? End { get; set; }
    }
}
