using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>What people ask before they act. Nothing here changes a machine or a cluster.</summary>
public sealed partial class ClusterEngine
{
    /// <summary>
    /// What would be done for this desired state, from now to its end, touching nothing. It rests on the facts that the engine's
    /// next run would see: the same look at MAAS and the cluster, the same ledger, the same queue for machines.
    /// </summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<PlanDocument> PlanAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        using var journal = new NoJournal(_state);
        var run = await BeginQuestionAsync(cluster, journal, cancellationToken);
        var observed = await Observer.ObserveAsync(run, oldest: TimeSpan.Zero, cancellationToken);
        var inventory = await LookAtQueueAsync(run);
        var plan = DryRun.Write(run.Spec, observed, inventory, run.Now, _options.Limits);
        return PlanSummary.Add(PlanDurations.Add(plan, run.Spec, _state.Timings, Hardware));

        Candidate? Hardware(SystemId machine) => run.View.Find(machine) is { } seen ? EngineState.AsCandidate(seen) : null;
    }

    /// <summary>What the last run planned for this generation of the cluster; <c>null</c> before there was one.</summary>
    internal Plan? FindLastPlan(ClusterSpec cluster) => _state.FindPlan(cluster);

    /// <summary>Which machines fail which constraint of this desired state, and what would have to give way.</summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<WhyNotDocument> WhyNotAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        using var journal = new NoJournal(_state);
        var run = await BeginQuestionAsync(cluster, journal, cancellationToken);
        var observed = await Observer.ObserveAsync(run, oldest: TimeSpan.Zero, cancellationToken);
        var inventory = await LookAtQueueAsync(run);
        var plan = Planner.Plan(run.Spec, observed, inventory, run.Now, _options.Limits);
        return WhyNot.Write(
            run.Spec,
            run.Record.Members,
            _state.KnownMachines(run.View, inventory.Turn),
            plan.Lacking,
            observed.Architectures
        );
    }

    /// <summary>Whether there is room for so many more clusters like this one, and for rolling them.</summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<CapacityAnswer> WhatIfAsync(ClusterSpec cluster, int count, CancellationToken cancellationToken)
    {
        // More clusters are younger than all that wait now, whatever the age of the one that they are like.
        var another = cluster with
        {
            Id = new ClusterId($"another-{cluster.Id}"),
            CreatedAt = DateTimeOffset.MaxValue,
        };
        var (run, inventory) = await LookAtMachinesAsync(another, cancellationToken);
        var architectures = await run.View.FindImageAsync(cluster.Image, cancellationToken);
        return Capacity.Ask(cluster, count, inventory, architectures);
    }

    /// <summary>Machines that failed and are not chosen any more, oldest first.</summary>
    public async Task<IReadOnlyList<QuarantineEntry>> ListQuarantineAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return
        [
            .. _state
                .Machines.Quarantined.OrderBy(machine => machine.At)
                .ThenBy(machine => machine.Machine.Value, StringComparer.Ordinal)
                .Select(machine => new QuarantineEntry(
                    machine.Machine,
                    machine.Hostname,
                    machine.Cluster,
                    machine.Reason,
                    machine.Evidence,
                    machine.At
                )),
        ];
    }

    /// <summary>A person has looked after the machine: it may be chosen again.</summary>
    /// <param name="commission">Have MAAS look at its hardware first; it is free again when MAAS is done.</param>
    /// <returns>Whether it was in quarantine.</returns>
    /// <exception cref="RegionException">MAAS does not commission it; it stays in quarantine.</exception>
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
            region.Distrust();
        }

        await _state.Machines.ClearQuarantineAsync(machine, cancellationToken);
        _state.FindRegion(account)?.RecordFreed(machine);
        foreach (var record in _state.Records)
        {
            Enqueue(record.Spec.Id);
        }

        return true;
    }

    private async Task<(RunScope Run, Inventory Inventory)> LookAtMachinesAsync(
        ClusterSpec cluster,
        CancellationToken cancellationToken
    )
    {
        using var journal = new NoJournal(_state);
        var run = await BeginQuestionAsync(cluster, journal, cancellationToken);
        await run.View.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return (run, await LookAtQueueAsync(run));
    }

    private async Task<RunScope> BeginQuestionAsync(ClusterSpec cluster, IJournal journal, CancellationToken cancellationToken)
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

    private async Task<Inventory> LookAtQueueAsync(RunScope run)
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
