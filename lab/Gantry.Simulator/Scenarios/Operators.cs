using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Scenarios;

/// <summary>Executes the items of a scenario: cluster requests of operators, manual changes in MAAS, and faults.</summary>
internal sealed class Operators(Simulation simulation)
{
    private static readonly MaasUser Operator = new("operator", IsAdmin: true);
    private static readonly MaasUser OtherUser = new("other", IsAdmin: false);

    /// <summary>The time of the last fault of each machine.</summary>
    private readonly Dictionary<SystemId, TimeSpan> _lastFaults = [];

    /// <summary>The time since which each machine has had another owner.</summary>
    private readonly Dictionary<SystemId, TimeSpan> _otherOwners = [];

    /// <summary>Clusters whose endpoints are kept by hand.</summary>
    private readonly HashSet<ClusterId> _balanced = [];

    private bool _careful;

    private Simulation Run => simulation;

    public static bool IsPerson(string? owner) => owner == Operator.Name;

    /// <summary>Whether the machine had a fault recently.</summary>
    public bool HadFaults(SystemId machine, TimeSpan within) =>
        Run.Region.Find(machine) is null or { HasFault: true } || WasChanged(machine, within);

    /// <summary>Whether a person or a fault changed the machine recently.</summary>
    public bool WasChanged(SystemId machine, TimeSpan within) =>
        _lastFaults.TryGetValue(machine, out var at) && Run.Time.Elapsed - at <= within;

    public TimeSpan? ElsewhereFor(SystemId machine) =>
        _otherOwners.TryGetValue(machine, out var since) ? Run.Time.Elapsed - since : null;

    public void Plan(IEnumerable<Item> items)
    {
        foreach (var item in items)
        {
            Run.Time.In(item.At, () => Execute(item));
        }
    }

    /// <summary>
    /// Ends the faults: repairs broken machines, returns taken ones, removes partitions and clears the quarantine.
    /// </summary>
    public void RepairEverything()
    {
        Run.History.Note("operators", "mend everything");
        Run.Faults.Stop();
        if (Run.Gateway is { } gateway)
        {
            gateway.Clock.Offset = TimeSpan.Zero;
        }

        foreach (var machine in Run.Region.Machines)
        {
            machine.FailsToDeploy = machine.HangsOnDeploy = machine.NeverBoots = false;
            machine.FailingReleases = 0;
            machine.PowerAnswer = null;
            if (machine.Sick)
            {
                Run.MachineModel.Sicken(machine, sick: false);
            }

            if (machine.EtcdSick)
            {
                Run.MachineModel.SickenEtcd(machine, sick: false);
            }

            Run.MachineModel.Revive(machine);
            if (machine.Locked)
            {
                Run.Region.Lock(Operator, machine.Id, locked: false);
            }

            // The operator who released the machine also completes the failed release, as the gateway does.
            if (
                machine.Status is MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing
                && !(
                    Run.Ledger.HolderOf(machine.Id) is { } holder
                    && Run.Ledger.Clusters[holder].FindMember(machine.Id)
                        is { State: Gantry.Clusters.Planning.MachineState.Releasing }
                )
            )
            {
                Try(() => Run.Region.Release(Operator, machine.Id, ErasePolicy.None));
            }

            if (machine.Status is MaasStatus.Broken)
            {
                EndBroken(machine);
            }

            if (machine.Owner == Operator.Name)
            {
                Run.Region.Release(Operator, machine.Id, ErasePolicy.None);
            }

            Run.Region.Changed(machine);
        }

        _careful = true;
        Run.EndCopy();
        PutKeyBack();
        ClearQuarantine();

        // Late effects of faults quarantine healthy machines afterwards, so the quarantine is cleared again.
        for (var hours = 1; hours <= 3; hours++)
        {
            Run.Time.In(TimeSpan.FromHours(hours), ClearQuarantine);
            Run.Time.In(TimeSpan.FromMinutes(20 * hours), Adopt);
            Run.Time.In(TimeSpan.FromMinutes(50 * hours), ReplaceWithoutEtcd);
        }

        Run.Time.In(TimeSpan.FromHours(4), ReleaseForgottenResidue);
    }

    /// <summary>
    /// Operators release in MAAS what the console lists as left behind by a deleted cluster that the gateway's ledger has forgotten.
    /// </summary>
    private void ReleaseForgottenResidue()
    {
        foreach (
            var (cluster, residue) in Run
                .Console.Clusters.Where(cluster =>
                    cluster.DeletedAt is not null && !Run.Ledger.Clusters.ContainsKey(cluster.Spec.Id)
                )
                .Select(cluster => (cluster.Spec, cluster.Status?.Residue ?? []))
                .Where(left => left.Item2.Count > 0)
                .ToList()
        )
        {
            Run.History.Note("change", $"release what {cluster.Name} left behind", string.Join("; ", residue));
            foreach (var machine in Run.Region.Machines.Where(machine => IsListed(machine.Id.Value)))
            {
                if (Run.Ledger.HolderOf(machine.Id) is null && MachineMark.Read(machine.Annotations)?.Cluster == cluster.Id)
                {
                    Try(() => Run.Region.Release(Run.User, machine.Id, ErasePolicy.None));
                }
            }

            foreach (var (host, _) in Run.Endpoints.Where(one => one.Value == cluster.Id && IsListed(one.Key)).ToList())
            {
                Run.Region.ReleaseAddress(host);
                Run.Region.RemoveDns(host);
            }

            bool IsListed(string what) => residue.Any(left => left.Contains(what, StringComparison.Ordinal));
        }
    }

    /// <summary>Operators replace a control plane that is no member of etcd, as the explanation of its condition says.</summary>
    private void ReplaceWithoutEtcd()
    {
        foreach (
            var cluster in Run.Console.Clusters.Where(cluster => cluster is { Spec.Deletion: null, DeletedAt: null }).ToList()
        )
        {
            var said = cluster.Status?.Conditions.FirstOrDefault(condition =>
                condition.Reason is Gantry.Clusters.Planning.Reasons.EtcdMemberMissing
            );
            if (
                said is not null
                && cluster.Status!.Machines.FirstOrDefault(machine =>
                    said.Message.StartsWith($"{machine.Hostname} ", StringComparison.Ordinal)
                )
                    is { } named
                && !cluster.Spec.Replace.Contains(named.SystemId)
            )
            {
                Run.History.Note("change", $"replace {named.Hostname} of {cluster.Spec.Name}, which is no member of etcd");
                Run.Console.Write(
                    cluster.Spec with
                    {
                        Generation = cluster.Spec.Generation + 1,
                        Replace = [.. cluster.Spec.Replace, named.SystemId],
                    }
                );
            }
        }
    }

    /// <summary>The account's own key is back, and MAAS transfers to its user what was taken with the other one.</summary>
    private void PutKeyBack()
    {
        Run.Region.Transfer(OtherUser.Name, Run.User.Name);
        Run.ChangeKey(Run.User);
    }

    /// <summary>
    /// Operators have clusters that stand still adopted, as their explanation says; a cluster that cannot go on is deleted.
    /// </summary>
    private void Adopt()
    {
        foreach (var cluster in Run.Console.Clusters.Where(IsInDoubt).ToList())
        {
            Run.History.Note("change", $"adopt {cluster.Spec.Name}");
            Run.Console.Send(id => new Protocol.GatewayRequest.AdoptCluster(id, cluster.Spec.Id));
        }
    }

    private static bool IsInDoubt(Consoles.ConsoleCluster cluster) =>
        cluster is { Spec.Deletion: null, DeletedAt: null, Status: { } status }
        && status.Conditions.Any(condition => condition.Reason is Gantry.Clusters.Planning.Reasons.LedgerOutdated);

    /// <summary>An operator clears the quarantine.</summary>
    public void ClearQuarantine()
    {
        foreach (var machine in Run.Ledger.Quarantine.Keys.OrderBy(id => id.Value, StringComparer.Ordinal))
        {
            Run.Console.Send(id => new Protocol.GatewayRequest.ClearQuarantine(
                id,
                Consoles.ConsoleModel.Account.Id,
                machine,
                Commission: false
            ));
        }
    }

    private void Execute(Item item)
    {
        switch (item)
        {
            case DesiredChange change:
                Request(change);
                break;
            case Fault fault:
                Run.History.Note("fault", fault.ToString());
                Break(fault);
                break;
        }
    }

    private void Request(DesiredChange change)
    {
        var id = new ClusterId($"cluster-{change.Cluster}");
        var known = Run.Console.Find(id);
        IReadOnlyList<SystemId> machines = [.. known?.Status?.Machines.Select(machine => machine.SystemId) ?? []];
        if (known?.DeletedAt is null && DesiredChanges.Apply(change, known?.Spec, Run.Time.Now, machines) is { } spec)
        {
            spec = _balanced.Contains(id)
                ? spec with
                {
                    Endpoint = new EndpointChoice.Given(HostAddress.Parse($"c{change.Cluster}.example")),
                }
                : spec;
            Run.History.Note("change", change.ToString(), Describe(spec));
            Run.Console.Write(spec);
        }
    }

    // Operators look at the status now and then, and do what it says, some of it, or the wrong thing.
    private void KeepBalancer(ClusterId cluster, int number)
    {
        var look = Run.Time.Ticks;
        Run.Time.In(
            _careful ? TimeSpan.FromMinutes(3) : Run.Chance.Seconds(120, 2400, "sets the balancer", number, look),
            () =>
            {
                if (Run.Console.Find(cluster)?.Status?.Backends is { Belong.Count: > 0 } backends)
                {
                    var much = _careful ? 0.5 : Run.Chance.Of("addresses behind the balancer", number, look);
                    string[] addresses = much switch
                    {
                        < 0.1 => [],
                        < 0.35 => [backends.Belong[Run.Chance.Below(backends.Belong.Count, "the only one", number, look)]],
                        _ => [.. backends.Belong],
                    };
                    Run.History.Note("change", $"balancer of c{number}", string.Join(", ", addresses));
                    Run.MachineModel.Balance(cluster, addresses);
                }

                KeepBalancer(cluster, number);
            }
        );
    }

    private static string Describe(ClusterSpec spec)
    {
        var pools = string.Join(", ", spec.Pools.Select(pool => $"{pool.Name} {pool.Size}"));
        var what = spec.Deletion is null ? $"{spec.KubernetesVersion} {spec.Image} {pools}" : "delete";
        return $"generation {spec.Generation}, {what}";
    }

    private void Break(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                Run.Faults.ArmKill(fault);
                Run.Time.In(TimeSpan.FromMinutes(30), Run.Faults.Disarm);
                return;
            case FaultKind.Call:
                Run.Faults.ArmCall(fault);
                return;
            case FaultKind.Storm:
                Run.Faults.Begin(fault);
                Run.Time.In(fault.Lasting, () => Run.Faults.End(fault));
                return;
            case FaultKind.Partition:
                Run.Faults.Part(fault, fault.Peer is Peer.Cluster ? new ClusterId($"cluster-{fault.Subject}") : null);
                Run.Time.In(fault.Lasting, () => Run.Faults.Join(fault));
                return;
            case FaultKind.ClockJump:
                SetClock(TimeSpan.FromSeconds(fault.Amount));
                Run.Time.In(fault.Lasting, () => SetClock(TimeSpan.Zero));
                return;
            case FaultKind.BackUp:
                Run.Console.BackUp();
                return;
            case FaultKind.Restore:
                Restore();
                return;
            case FaultKind.OtherKey:
                Run.Region.Accounts.Add(OtherUser.Name);
                Run.ChangeKey(OtherUser with { IsAdmin = Run.User.IsAdmin });
                Run.Time.In(fault.Lasting, PutKeyBack);
                return;
            case FaultKind.BalancedByHand:
                var balanced = new ClusterId($"cluster-{fault.Subject}");
                if (Run.Console.Find(balanced) is not null)
                {
                    // The endpoint of a cluster that exists stays what it is.
                    break;
                }

                _balanced.Add(balanced);
                Run.MachineModel.Balance(balanced, []);
                KeepBalancer(balanced, fault.Subject);
                break;
            case FaultKind.FolderCopied:
                Run.StartCopy(fault.Lasting);
                return;
            case FaultKind.LedgerBackedUp:
                Run.Ledger.BackUp();
                return;
            case FaultKind.LedgerRestored or FaultKind.LedgerLost:
                Run.ReplaceLedger(fault.Kind is FaultKind.LedgerLost);
                Run.Time.In(TimeSpan.FromMinutes(30), Adopt);
                return;
        }

        var machine = MachineOf(fault);
        _lastFaults[machine.Id] = Run.Time.Elapsed;
        Break(fault, machine);
        if (fault.Lasting > TimeSpan.Zero)
        {
            Run.Time.In(
                fault.Lasting,
                () =>
                {
                    Repair(fault, machine);
                    _lastFaults[machine.Id] = Run.Time.Elapsed;
                    Run.Region.Changed(machine);
                }
            );
        }

        Run.Region.Changed(machine);
    }

    // Most machines are not etcd members: an etcd fault selects a member if one exists.
    private WorldMachine MachineOf(Fault fault)
    {
        IReadOnlyList<WorldMachine> machines = Run.Region.Machines;
        if (fault.Kind is FaultKind.EtcdSick)
        {
            List<WorldMachine> members = [.. machines.Where(machine => machine.Cluster?.MemberOf(machine) is not null)];
            machines = members.Count > 0 ? members : machines;
        }

        return machines[fault.Subject % machines.Count];
    }

    // A deleted cluster that reappears is deleted again, because part of it is already gone.
    private void Restore()
    {
        List<ClusterId> leaving =
        [
            .. Run.Console.Clusters.Where(cluster => cluster.Spec.Deletion is not null).Select(cluster => cluster.Spec.Id),
        ];
        if (!Run.Console.Restore())
        {
            return;
        }

        Run.EndCopy();

        foreach (var id in leaving)
        {
            Run.Time.In(
                Run.Chance.Seconds(30, 600, "deletes again", id.Value.Length, Run.Time.Ticks),
                () =>
                {
                    if (Run.Console.Find(id) is { Spec.Deletion: null, DeletedAt: null } back)
                    {
                        Run.History.Note("change", $"delete {back.Spec.Name} again");
                        Run.Console.Write(
                            back.Spec with
                            {
                                Generation = back.Spec.Generation + 1,
                                Deletion = new Deletion(Run.Time.Now),
                            }
                        );
                    }
                }
            );
        }
    }

    private void Break(Fault fault, WorldMachine machine)
    {
        switch (fault.Kind)
        {
            case FaultKind.FailsToDeploy:
                machine.FailsToDeploy = true;
                break;
            case FaultKind.HangsOnDeploy:
                machine.HangsOnDeploy = true;
                break;
            case FaultKind.NeverBoots:
                machine.NeverBoots = !machine.Installed;
                break;
            case FaultKind.FailsToRelease:
                machine.FailingReleases = 2;
                break;
            case FaultKind.Dies:
                Run.MachineModel.Die(machine);
                break;
            case FaultKind.Hangs:
                Run.MachineModel.Hang(machine);
                break;
            case FaultKind.Sick:
                Run.MachineModel.Sicken(machine, sick: true);
                break;
            case FaultKind.EtcdSick:
                Run.MachineModel.SickenEtcd(machine, sick: true);
                break;
            case FaultKind.PowerUnknown:
                machine.PowerAnswer = fault.Subject % 2 is 0 ? "unknown" : "error";
                break;
            case FaultKind.ReleasedByPerson when Run.Region.IsOurs(machine) && MayBeRemoved(machine):
                Try(() => Run.Region.Release(Operator, machine.Id, ErasePolicy.None));
                break;
            case FaultKind.MarkedBroken when Run.Region.IsOurs(machine) && MayBeRemoved(machine):
                Try(() => Run.Region.MarkBroken(Operator with { Name = Run.User.Name }, machine.Id));
                break;
            case FaultKind.Locked:
                Try(() => Run.Region.Lock(Operator, machine.Id, locked: true));
                break;
            case FaultKind.Retagged:
                machine.Tags = machine.Tags.Count > 0 ? [] : ["nvme"];
                break;
            case FaultKind.TakenByPerson when machine.Owner is null && Run.Ledger.HolderOf(machine.Id) is null:
                Try(() => Run.Region.Allocate(Operator, machine.Id, "by hand"));
                _otherOwners[machine.Id] = Run.Time.Elapsed;
                break;
        }
    }

    private void Repair(Fault fault, WorldMachine machine)
    {
        switch (fault.Kind)
        {
            case FaultKind.FailsToDeploy:
                machine.FailsToDeploy = false;
                break;
            case FaultKind.HangsOnDeploy:
                machine.HangsOnDeploy = false;
                break;
            case FaultKind.NeverBoots:
                machine.NeverBoots = false;
                break;
            case FaultKind.FailsToRelease:
                machine.FailingReleases = 0;
                break;
            case FaultKind.Dies:
                Run.MachineModel.Revive(machine);
                break;
            case FaultKind.Hangs when machine.System is SystemState.Hung:
                Run.MachineModel.Revive(machine);
                break;
            case FaultKind.Sick:
                Run.MachineModel.Sicken(machine, sick: false);
                break;
            case FaultKind.EtcdSick:
                Run.MachineModel.SickenEtcd(machine, sick: false);
                break;
            case FaultKind.PowerUnknown:
                machine.PowerAnswer = null;
                break;
            case FaultKind.Locked when machine.Locked:
                Try(() => Run.Region.Lock(Operator, machine.Id, locked: false));
                break;
            case FaultKind.MarkedBroken when machine.Status is MaasStatus.Broken:
                EndBroken(machine);
                break;
            case FaultKind.TakenByPerson when machine.Owner == Operator.Name:
                Try(() => Run.Region.Release(Operator, machine.Id, ErasePolicy.None));
                break;
        }
    }

    /// <summary>The operator wipes the disk of a repaired machine and marks it as fixed.</summary>
    private void EndBroken(WorldMachine machine)
    {
        Run.MachineModel.Wipe(machine);
        Try(() => Run.Region.MarkFixed(Operator, machine.Id));
    }

    // Operators make mistakes but do not remove the last copy of a cluster's data, because nothing could restore it.
    private bool MayBeRemoved(WorldMachine machine)
    {
        if (Run.Ledger.HolderOf(machine.Id) is not { } holder || Run.MachineModel.Find(holder) is not { } cluster)
        {
            // An older ledger may not know it.
            return machine.Document?.Bootstrap is not Gantry.Clusters.Planning.Bootstrap.InitControlPlane
                && !Run.MachineModel.IsInEtcd(machine);
        }

        if (cluster.MemberOf(machine) is not { } member)
        {
            return true;
        }

        // A machine the gateway removes at the same time would be lost as well.
        if (
            Run
                .Ledger.Clusters[holder]
                .Members.Any(other =>
                    other.Machine != machine.Id
                    && other
                        is {
                            Role: PoolRole.ControlPlane,
                            State: Gantry.Clusters.Planning.MachineState.Draining
                                or Gantry.Clusters.Planning.MachineState.Releasing
                        }
                )
        )
        {
            return false;
        }

        // Only a member whose loss etcd survives, counting the members that are down as lost.
        var healthy = cluster.Etcd.Count(other => other is { Voting: true, Healthy: true } && other != member);
        return cluster.Etcd.TrueForAll(other => other.Healthy) && healthy >= cluster.VotersNeeded;
    }

    private void SetClock(TimeSpan offset)
    {
        Run.Faults.ClockOffset = offset;
        if (Run.Gateway is { } gateway)
        {
            gateway.Clock.Offset = offset;
        }
    }

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (RegionException)
        {
            // MAAS refuses the operation; the operator gives up.
        }
    }
}
