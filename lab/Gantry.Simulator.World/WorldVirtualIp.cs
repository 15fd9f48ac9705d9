using Gantry.Clusters.Model;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>
/// The virtual IP of one cluster: kube-vip on each control plane, and the lease that they elect by. A kube-vip renews the lease through the
/// API server of its own machine. When it cannot, it keeps the address until its renew deadline, and the others wait until the lease is over.
/// </summary>
/// <param name="moved">Called when the address is announced by others than before.</param>
public sealed class WorldVirtualIp(VirtualTime time, Chance chance, WorldCluster cluster, Action moved)
{
    private readonly List<WorldMachine> _announcing = [];
    private bool _awaitsTakeover;
    private bool _isFree;
    private int _term;

    /// <summary>The node that the lease names; <c>null</c> before the first holder.</summary>
    public string? Lease => Holder is { } holder ? NodeOf(holder) : null;

    /// <summary>The machine of that node.</summary>
    public WorldMachine? Holder { get; private set; }

    /// <summary>The holder has renewed the lease since it was given to it.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>The machines that announce the address. After a hand-over two of them do, for as long as the former lets go.</summary>
    public IReadOnlyList<WorldMachine> Announcing => _announcing;

    /// <summary>
    /// Whether requests to the address meet an API server that is ready. Where two machines announce it, either may be met.
    /// </summary>
    public bool Answers => _announcing.Count > 0 && _announcing.TrueForAll(IsReady);

    /// <summary>Follows a change of the cluster: of its machines, its etcd or their health.</summary>
    public void Follow()
    {
        _announcing.RemoveAll(machine => !machine.Runs || machine.Cluster != cluster);
        if (Holder is null || _isFree)
        {
            Elect();
        }
        else if (!CanHold(Holder))
        {
            if (!_awaitsTakeover)
            {
                LetGo(Holder);
                AwaitTakeover();
            }
        }
        else if (IsTaken)
        {
            // It renews in time, or again.
            Take(Holder);
        }
    }

    /// <summary>Somebody writes another holder into the lease.</summary>
    /// <returns>Whether the lease named the former holder.</returns>
    public bool TryHandOver(string from, string to)
    {
        if (Holder is not { } former || Lease != from || cluster.Nodes.GetValueOrDefault(to)?.Machine is not { } next)
        {
            return false;
        }

        IsTaken = false;
        LetGo(former);
        Holder = next;
        time.In(
            chance.Seconds(0.2, VirtualIpLease.LongestRetry.TotalSeconds, "kube-vip looks at its lease", next.Index, time.Ticks),
            () =>
            {
                if (Holder == next && !IsTaken && CanHold(next))
                {
                    Take(next);
                    moved();
                }
            }
        );
        AwaitTakeover();
        return true;
    }

    private bool IsReady(WorldMachine machine) =>
        machine.Runs && cluster.Serves && cluster.MemberOf(machine) is { Voting: true, Healthy: true };

    private bool CanHold(WorldMachine machine) => IsReady(machine) && !machine.KubeVipStopped;

    private string NodeOf(WorldMachine machine) =>
        cluster.Nodes.Values.FirstOrDefault(node => node.Machine == machine)?.Name ?? machine.Hostname;

    private void LetGo(WorldMachine machine) =>
        time.In(
            chance.Seconds(
                VirtualIpLease.RenewDeadline.TotalSeconds,
                VirtualIpLease.LettingGo.TotalSeconds,
                "kube-vip lets go",
                machine.Index,
                time.Ticks
            ),
            () =>
            {
                if (!(Holder == machine && IsTaken && CanHold(machine)) && _announcing.Remove(machine))
                {
                    moved();
                }
            }
        );

    private void AwaitTakeover()
    {
        _awaitsTakeover = true;
        var term = ++_term;
        time.In(
            chance.Seconds(
                VirtualIpLease.Duration.TotalSeconds,
                VirtualIpLease.Takeover.TotalSeconds,
                "a lease is over",
                time.Ticks
            ),
            () =>
            {
                if (_term == term)
                {
                    _awaitsTakeover = false;
                    Elect();
                }
            }
        );
    }

    private void Elect()
    {
        var next = cluster.Etcd.Select(member => member.Machine).FirstOrDefault(CanHold);
        _isFree = next is null && Holder is not null;
        if (next is not null)
        {
            _announcing.RemoveAll(machine => machine != next);
            Take(next);
            moved();
        }
    }

    private void Take(WorldMachine machine)
    {
        _term++;
        _awaitsTakeover = false;
        _isFree = false;
        Holder = machine;
        IsTaken = true;
        if (!_announcing.Contains(machine))
        {
            _announcing.Add(machine);
        }
    }
}
