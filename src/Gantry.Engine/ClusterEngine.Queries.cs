using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Observers;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;
using Gantry.Engine.Views;

namespace Gantry.Engine;

/// <summary>Queries: plan, why-not, what-if and the quarantine list. Only the quarantine is changed by any.</summary>
public sealed partial class ClusterEngine
{
    /// <summary>
    /// Plans all steps from the current state to this desired state and changes nothing. The plan uses the facts of the next
    /// reconcile: the same observation of MAAS and the cluster, the same ledger, the same machine queue.
    /// </summary>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public async Task<PlanDocument> PlanAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        using var journal = new ReadOnlyJournal(_state);
        var run = await OpenQueryAsync(cluster, journal, cancellationToken);
        var age = await run.View.RefreshForQuestionAsync(_options.Patience, cancellationToken);
        var observed = await Observer.ObserveAsync(run, lists: false, cancellationToken);
        var inventory = await ReadInventoryAsync(run);
        var plan = DryRun.Write(run.Spec, observed, inventory, run.Now, _options.Limits);
        return PlanSummary.Add(PlanDurations.Add(plan, run.Spec, _state.Timings, Hardware)) with
        {
            Warnings = WithAge(plan.Warnings, age),
        };

        Candidate? Hardware(SystemId machine) =>
            run.View.Machines.Find(machine) is { } seen ? EngineState.AsCandidate(seen) : null;
    }

    /// <summary>The last plan of the engine for this generation of the cluster; <c>null</c> before the first one.</summary>
    internal Plan? FindLastPlan(ClusterSpec cluster) => _state.FindPlan(cluster);

    /// <summary>What the engine could not carry out in its last run; a person's plan names it before what the plan waits for.</summary>
    internal IReadOnlyList<StepRefusal> FindLastRefusals(ClusterId cluster) => _state.FindRefusals(cluster);

    /// <summary>
    /// The constraints that each machine fails for this desired state, the constraints to relax, and what else blocks it.
    /// </summary>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public async Task<WhyNotDocument> WhyNotAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        using var journal = new ReadOnlyJournal(_state);
        var run = await OpenQueryAsync(cluster, journal, cancellationToken);
        var age = await run.View.RefreshForQuestionAsync(_options.Patience, cancellationToken);
        var observed = await Observer.ObserveAsync(run, lists: false, cancellationToken);
        var inventory = await ReadInventoryAsync(run);
        var dry = DryRun.Run(run.Spec, observed, inventory, run.Now, _options.Limits);
        var machines = WhyNot.Write(
            run.Spec,
            run.Record.Members,
            _state.KnownMachines(run, inventory.Turn),
            dry.First.Lacking,
            observed.Architectures,
            VirtualIpPlace.Of(run.Spec, observed)
        );
        return machines with
        {
            Blockers = [.. dry.Blockers],
            Pending = [.. dry.Pending.Select(wait => wait.Message)],
            Warnings = WithAge(dry.Warnings, age),
        };
    }

    private static ValueList<string>? WithAge(ValueList<string>? warnings, TimeSpan? age) =>
        age is { } old
            ?
            [
                .. warnings ?? [],
                $"MAAS takes long to list its machines: this rests on a list that is {(int)old.TotalSeconds} s old",
            ]
            : warnings;

    /// <summary>Whether the free machines suffice for more clusters like this one, and for a rolling update of them.</summary>
    /// <param name="count">The number of additional clusters.</param>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public async Task<CapacityAnswer> WhatIfAsync(ClusterSpec cluster, int count, CancellationToken cancellationToken)
    {
        // Additional clusters are younger than every cluster that waits now, whatever the age of the given one.
        var another = cluster with
        {
            Id = new ClusterId($"another-{cluster.Id}"),
            CreatedAt = DateTimeOffset.MaxValue,
        };
        var (run, inventory) = await ObserveMachinesAsync(another, cancellationToken);
        var architectures = await run.View.Images.FindAsync(cluster.Image, cancellationToken);
        if (architectures.Count is 0 && cluster.StockImage is { } stock)
        {
            architectures = await run.View.Images.FindAsync(stock, cancellationToken);
        }

        var site = await EndpointSiteObserver.ObserveAsync(run, cancellationToken);
        return Capacity.Ask(cluster, count, inventory, architectures, VirtualIpPlace.OfNew(cluster.Endpoint, site));
    }

    /// <summary>Machines in quarantine, oldest first. Placement does not choose them.</summary>
    public async Task<IReadOnlyList<QuarantineEntry>> ListQuarantineAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return
        [
            .. _state
                .Machines.Quarantined.OrderBy(machine => machine.At)
                .ThenBy(machine => machine.Machine.Value, StringComparer.Ordinal)
                .Select(Entry),
        ];
    }

    /// <summary>
    /// Puts a machine into quarantine at a person's word: no cluster takes it until somebody clears it. A cluster that has it keeps
    /// it.
    /// </summary>
    /// <param name="named">System id or host name.</param>
    /// <returns><c>null</c> when MAAS shows the account no such machine.</returns>
    public async Task<QuarantineEntry?> AddQuarantineAsync(
        AccountId account,
        string named,
        string reason,
        CancellationToken cancellationToken
    )
    {
        await LoadAsync(cancellationToken);
        var machines = await RequireRegion(account).Region.ListMachinesAsync(cancellationToken);
        if (machines.FirstOrDefault(one => one.Id.Value == named || one.Hostname == named) is not { } machine)
        {
            return null;
        }

        // What it failed of on its own says more than that a person wants it out.
        if (_state.Machines.FindQuarantined(machine.Id) is { } before)
        {
            return Entry(before);
        }

        var quarantined = new QuarantinedMachine(
            machine.Id,
            machine.Hostname,
            _state.Records.FirstOrDefault(record => record.FindMember(machine.Id) is not null)?.Spec.Id ?? new ClusterId(""),
            reason,
            [MaasWords.Describe(machine)],
            _time.GetUtcNow()
        );
        await _state.Machines.QuarantineAsync(quarantined, cancellationToken);
        return Entry(quarantined);
    }

    private static QuarantineEntry Entry(QuarantinedMachine machine) =>
        new(machine.Machine, machine.Hostname, machine.Cluster, machine.Reason, machine.Evidence, machine.At);

    /// <summary>Takes the machine out of quarantine, so that placement may choose it again.</summary>
    /// <param name="commission">MAAS commissions the machine first; it is free when MAAS has finished.</param>
    /// <returns>Whether the machine was in quarantine.</returns>
    /// <exception cref="RegionException">MAAS refuses to commission the machine, which stays in quarantine.</exception>
    public async Task<bool> ClearQuarantineAsync(
        AccountId account,
        SystemId machine,
        bool commission,
        CancellationToken cancellationToken
    )
    {
        await LoadAsync(cancellationToken);
        if (!_state.Machines.Quarantined.Any(quarantined => quarantined.Machine == machine))
        {
            return false;
        }

        if (commission)
        {
            var region = RequireRegion(account);
            await region.Region.CommissionAsync(machine, cancellationToken);
            region.Invalidate();
        }

        await _state.Machines.ClearQuarantineAsync(machine, cancellationToken);
        _state.FindRegion(account)?.Machines.RecordFreed(machine);
        foreach (var record in _state.Records)
        {
            Enqueue(record.Spec.Id);
        }

        return true;
    }

    private async Task<(RunScope Run, Inventory Inventory)> ObserveMachinesAsync(
        ClusterSpec cluster,
        CancellationToken cancellationToken
    )
    {
        using var journal = new ReadOnlyJournal(_state);
        var run = await OpenQueryAsync(cluster, journal, cancellationToken);
        await run.View.RefreshForQuestionAsync(_options.Patience, cancellationToken);
        await Ownership.CheckAsync(run, cancellationToken);
        return (run, await ReadInventoryAsync(run));
    }

    private async Task<RunScope> OpenQueryAsync(ClusterSpec cluster, IJournal journal, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (_state.FindUnreadable(cluster.Id) is { } unreadable)
        {
            throw new RegionException(RegionFailure.Conflict, StatusWriter.MessageOf(unreadable));
        }

        return new RunScope(
            _state,
            cluster,
            ClusterRun.RecordFor(cluster, _state.Find(cluster.Id)),
            RequireRegion(cluster.Account),
            journal
        );
    }

    private async Task<Inventory> ReadInventoryAsync(RunScope run)
    {
        using (await _state.PlacementLock.EnterAsync())
        {
            var turn = _state.Waiting.TurnOf(run);
            return new Inventory(() => turn);
        }
    }

    private RegionView RequireRegion(AccountId account) =>
        _state.FindRegion(account)
        ?? throw new RegionException(RegionFailure.NotFound, $"The account {account} is not known to this gateway.");
}
