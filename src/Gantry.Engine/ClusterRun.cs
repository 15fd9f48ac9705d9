using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Observers;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>One reconcile of one cluster: observe, plan, execute, report.</summary>
internal static class ClusterRun
{
    /// <param name="woken">The cluster was enqueued from outside, so a back-off does not apply.</param>
    /// <returns>The time until the next reconcile; <c>null</c> when nothing is left of the cluster.</returns>
    public static async Task<TimeSpan?> ReconcileAsync(
        EngineState state,
        ClusterId cluster,
        bool woken,
        CancellationToken cancellationToken
    )
    {
        var known = state.Find(cluster);
        if ((state.Ports.Desired.Find(cluster) ?? known?.Spec) is not { } spec)
        {
            return null;
        }

        if (spec.Deletion is null && state.Ports.Desired.Find(cluster) is null)
        {
            switch (state.Ports.Desired.HasEnded(cluster))
            {
                case null:
                    return state.Options.WhileStuck;
                case true:
                    // The ledger was put back to before the end: what it still finds in MAAS is given back.
                    spec = spec with
                    {
                        Deletion = new Deletion(state.Time.GetUtcNow()),
                    };
                    break;
            }
        }

        if (state.FindUnreadable(cluster) is { } unreadable)
        {
            return ReportUnreadable(state, spec, unreadable);
        }

        if (known is { HasEnded: true })
        {
            if (spec.Deletion is not null)
            {
                return await AnnounceEndAsync(state, known, cancellationToken);
            }

            // The console was put back to before the deletion, and asks for the cluster anew.
            await state.RemoveAsync(cluster, cancellationToken);
            known = null;
        }

        var last = state.FindLastReport(cluster);
        if (known is null && last.IsAbsent && spec.Deletion is not null)
        {
            ReportDeleted(state, new ClusterRecord { Spec = spec, Phase = ClusterPhase.Deleted });
            return null;
        }

        var now = state.Time.GetUtcNow();
        var record = RecordFor(spec, known);
        if (!record.InUse && state.WasKubeconfigIssued(cluster))
        {
            record = record with { InUse = true };
        }

        if (woken && record.Failures > 0)
        {
            record = record with { Failures = 0, NextTry = null };
        }

        // A retry time beyond the longest back-off means that the clock was set back; it is ignored.
        if (record.NextTry is { } next && next > now && next - now <= state.Options.LongestBackOff)
        {
            return next - now;
        }

        if (known is null && !last.IsAbsent && state.FindRegion(spec.Account) is null)
        {
            // Nothing of the cluster is on record, so nothing may be written that makes it look as if it had been.
            return state.Options.WhileStuck;
        }

        return state.FindRegion(spec.Account) is { } region
            ? await ReconcileAsync(new RunScope(state, spec, record, region, new LedgerJournal(state)), cancellationToken)
            : await ReportUnknownAccountAsync(state, record, cancellationToken);
    }

    private static async Task<TimeSpan?> ReconcileAsync(RunScope run, CancellationToken cancellationToken)
    {
        var result = new RunResult();
        var log = run.State.Log;
        using var measured = EngineMetrics.Reconcile(run.State.Time, run.Spec);
        log.ReconcileBegins(run.Spec.Name, run.Spec.Id, run.Spec.Generation);
        try
        {
            await Abandonment.CarryOutAsync(run, cancellationToken);
            result.Observed = run.Planned = await Observer.ObserveAsync(run, lists: true, cancellationToken);
            result.SawMaas = true;
            result.Plan = await MachineAllocator.PlanAsync(run, result.Observed, cancellationToken);
            result.Add(result.Plan.Blockers);
            result.Done = await CarryOutAsync(run, result.Plan, result.Refusals, cancellationToken);
            result.Add(result.Refusals);
            result.Add(result.Plan.Pending);
        }
        catch (RegionException failure)
            when (run.State.Find(run.Spec.Id) is null && !run.State.FindLastReport(run.Spec.Id).IsAbsent)
        {
            log.RegionFailed(failure, run.Spec.Name, run.Spec.Id, ReasonOf(failure));
            measured.Fail("error");
            return RefuseUnrecorded(run, failure);
        }
        catch (RegionException failure)
        {
            log.RegionFailed(failure, run.Spec.Name, run.Spec.Id, ReasonOf(failure));
            result.Awaits = failure.Failure is RegionFailure.NotAnswered;
            result.Fail(ReasonOf(failure), failure.Message, failure.Message);
        }
        catch (WorkloadException failure)
        {
            log.WorkloadFailed(failure, run.Spec.Name, run.Spec.Id);
            result.Fail(Reasons.ApiNotReachable, failure.Message, failure.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A fault of the engine must be visible and must not stop other clusters. The exception's text may hold anything,
            // so the status names only its type. The log stays in the data centre and has the whole exception.
            log.ReconcileFailed(failure, run.Spec.Name, run.Spec.Id);
            result.Fail(
                Reasons.Internal,
                failure.GetType().Name,
                $"The engine failed with {failure.GetType().Name}; the reconcile is retried."
            );
        }

        if (result is { SawMaas: true, Failed: not null } && run.State.FindPlan(run.Spec) is null)
        {
            // A cluster whose planning fails must not block younger ones. While MAAS does not answer, no cluster gets machines.
            run.State.RecordPlan(run.Spec, Plan.Nothing);
        }

        run.State.RecordRefusals(run.Spec.Id, result.Refusals);
        run.State.RecordUnanswered(run.Spec.Id, run.Unanswered);
        var again = await FinishAsync(run, result, cancellationToken);
        RecordMeasurements(run, result, measured, again);
        return again;
    }

    private static void RecordMeasurements(RunScope run, RunResult result, EngineMetrics.Measurement measured, TimeSpan? again)
    {
        var steps = result.Plan.Steps.Count;
        if (result.Failed is not null)
        {
            EngineMetrics.ReconcileFailed(result.Obstacles[0].Reason);
            measured.Fail("error");
        }
        else
        {
            measured.End(
                result.Done > 0 ? "progress"
                : result.Obstacles.Count + steps > 0 ? "waiting"
                : "complete"
            );
        }

        run.State.Log.ReconcileEnds(
            run.Spec.Name,
            run.Spec.Id,
            measured.Outcome,
            measured.Elapsed.TotalMilliseconds,
            result.Done,
            steps,
            again
        );
    }

    // As long as a late answer to an earlier call may still show who has the endpoint, it is looked at promptly.
    private const int PromptRefusals = 10;

    // An endpoint that MAAS refuses stops all that comes after it, and each attempt to get it asks MAAS several times.
    private static bool IsRefused(RunResult result) =>
        result.Done is 0
        && result.Refusals.Any(refusal =>
            refusal is { GoesOn: false, Step: Step.ReserveAddress or Step.RecordDns, Step.Traits.IsPrerequisite: true }
        );

    private static async Task<TimeSpan?> FinishAsync(RunScope run, RunResult result, CancellationToken cancellationToken)
    {
        var options = run.State.Options;
        var (record, plan, now) = (run.Record, result.Plan, run.Now);
        var succeeded = result is { SawMaas: true, Failed: null };

        // A repave that waits for approval, a machine that only leaves and an answer that nothing waits for do not make the cluster
        // incomplete.
        var complete =
            succeeded
            && !plan.Steps.Any(plan.IsNeeded)
            && result.Obstacles.TrueForAll(obstacle =>
                obstacle.Reason is Reasons.RepaveNeedsApproval || run.Unanswered.Texts.Contains(obstacle.Message)
            );
        if (run.Spec.Deletion is not null)
        {
            if (
                succeeded
                && run.Unanswered.Texts.Count is 0
                && plan.Steps.Count is 0
                && record.Members.Count is 0
                && record.Endpoint is null or { Kind: EndpointKind.Given }
                && record.Hidden is null
            )
            {
                return await FinishDeletionAsync(run.State, record, cancellationToken);
            }

            if (IsForceDue(run.Spec.Deletion, options, now))
            {
                record = WithResidue(record, result.Failed);
            }
        }

        var formed = record.Formed || (complete && record.Initialized && run.Spec.Deletion is null);
        if (formed && !record.Formed)
        {
            run.RecordEvent(EventSeverity.Info, "Running", AllReady(record), kind: EventKind.Result);
        }
        else if (complete && formed && record.ReachedGeneration < run.Spec.Generation && run.Spec.Deletion is null)
        {
            run.RecordEvent(
                EventSeverity.Info,
                "Reached",
                $"the cluster is as it was asked for: {AllReady(record)}",
                kind: EventKind.Result
            );
        }

        var refused = result.Failed is null && IsRefused(result);
        var failures =
            result.Awaits ? record.Failures
            : result.Failed is not null || refused ? record.Failures + 1
            : 0;
        TimeSpan? backOff =
            result.Awaits ? options.WhileInProgress
            : result.Failed is not null ? BackOff(failures, options)
            : refused && failures > PromptRefusals ? BackOff(failures - PromptRefusals, options)
            : null;
        var next = record with
        {
            Formed = formed,
            InUse = record.InUse || formed || (succeeded && IsComplete(run.Spec, record)),
            ReachedGeneration = complete && formed ? run.Spec.Generation : record.ReachedGeneration,
            ReachedSizes =
                formed && succeeded && (complete || record.ReachedSizes.Count > 0)
                    ? SizesReached(run.Spec, record, complete)
                    : record.ReachedSizes,
            Phase = PhaseOf(record, formed, options, now),
            Failures = failures,
            NextTry = backOff is { } wait ? now + wait : null,
            WaitingSince =
                !succeeded ? record.WaitingSince
                : plan.Lacking.Count is 0 ? null
                : record.WaitingSince ?? now,
            Conditions = StatusWriter.Conditions(
                record with
                {
                    Formed = formed,
                },
                result.Obstacles,
                result.SawMaas,
                now,
                result.Observed.Etcd,
                plan.Leaving
            ),
        };
        if (!IsUnchanged(next, run.State.Find(run.Spec.Id)))
        {
            await run.SaveAsync(next, cancellationToken);
        }

        var message = result.Obstacles.FirstOrDefault() is { Reason: not null } first ? first.Message : Summary(next, plan);
        if (plan.Leaving is [var leaving, ..])
        {
            message = $"{message} {leaving.Message}";
        }

        Report(run, StatusWriter.Write(next, result.Observed, run.View, plan, message, now));
        if (backOff is not null)
        {
            return backOff;
        }

        if (next.Phase is ClusterPhase.Deleted)
        {
            return options.WhileIdle;
        }

        if (result.Done > 0)
        {
            return options.AfterStep;
        }

        if (
            plan.Steps.Count > 0
            || plan.Pending.Any(wait => wait.Reason is not (Reasons.RepaveNeedsApproval or Reasons.WaitsForTurn))
        )
        {
            return options.WhileInProgress;
        }

        if (plan.Blockers.Count > 0 || plan.Lacking.Count > 0 || plan.Leaving.Count > 0)
        {
            return options.WhileStuck;
        }

        run.State.ParkWorkload(run.Spec.Id);
        return options.WhileIdle;
    }

    // A step that does not finish blocks only the later steps of its machine. A refused prerequisite blocks all later steps.
    /// <returns>The number of finished steps.</returns>
    private static async Task<int> CarryOutAsync(
        RunScope run,
        Plan plan,
        List<StepRefusal> refusals,
        CancellationToken cancellationToken
    )
    {
        var done = 0;
        var blocked = new HashSet<SystemId>(run.Unanswered.Doubtful);
        foreach (var step in plan.Steps)
        {
            // The account has another key since this run began. What it would take now might be hidden from the new user.
            if (run.State.FindRegion(run.Spec.Account) != run.View)
            {
                break;
            }

            if (step.Target is { } target && blocked.Contains(target))
            {
                continue;
            }

            StepOutcome outcome;
            using var measured = EngineMetrics.Step(run.State.Time, step.Name);
            try
            {
                outcome = await StepExecutors.ExecuteAsync(run, step, cancellationToken);
            }
            catch (RegionException late)
                when (late.Failure is RegionFailure.NotAnswered or RegionFailure.MachineFailed or RegionFailure.Unreadable)
            {
                // The call goes on or is made again, and the other machines go on.
                outcome = new StepOutcome.Waiting(Reasons.AwaitingMaas, late.Message);
            }
            catch (WorkloadException refused) when (!refused.Unreachable)
            {
                outcome = new StepOutcome.Refused(Reasons.ApiRefused, $"{step.Name}: {refused.Message}");
            }

            measured.End(outcome.GetType().Name.ToLowerInvariant());
            run.State.Log.StepExecuted(run.Spec.Name, run.Spec.Id, step.Name, step.Target, measured.Outcome, step.Reason);
            switch (outcome)
            {
                case StepOutcome.Waiting or StepOutcome.Refused when !plan.IsNeeded(step):
                    // The plan says already why the machine has not left.
                    break;
                case StepOutcome.Done finished:
                    done++;
                    if (!finished.Recorded)
                    {
                        run.RecordEvent(EventSeverity.Info, step.Name, Sentence(run, step), step.Target, EventKind.Completed);
                    }

                    continue;
                case StepOutcome.Waiting waiting:
                    refusals.Add(new StepRefusal(step, waiting.Reason, waiting.Message, GoesOn: true));
                    if (step.Traits.IsPrerequisite && run.Record.Endpoint is null)
                    {
                        // A cluster claims its endpoint before it takes its first machine.
                        return done;
                    }

                    break;
                case StepOutcome.Refused refused:
                    refusals.Add(new StepRefusal(step, refused.Reason, refused.Message, GoesOn: false));
                    if (step.Traits.IsPrerequisite)
                    {
                        return done;
                    }

                    break;
            }

            if (step.Target is { } machine)
            {
                blocked.Add(machine);
            }
        }

        return done;
    }

    private static async Task<TimeSpan?> ReportUnknownAccountAsync(
        EngineState state,
        ClusterRecord record,
        CancellationToken cancellationToken
    )
    {
        var now = state.Time.GetUtcNow();
        var message = $"The account {record.Spec.Account} is not known to this gateway.";
        if (record.Spec.Deletion is { } deletion && IsForceDue(deletion, state.Options, now))
        {
            record = WithResidue(record, message);
        }

        var next = record with
        {
            Phase = PhaseOf(record, record.Formed, state.Options, now),
            Conditions = StatusWriter.Conditions(record, [(Reasons.AccountUnknown, message)], sawMaas: false, now),
        };
        if (!IsUnchanged(next, state.Find(record.Spec.Id)))
        {
            await state.SaveAsync(next, cancellationToken);
        }

        state.Ports.Reports.Report(StatusWriter.Write(next, ClusterObservation.Nothing, null, Plan.Nothing, message, now));
        return state.Options.WhileStuck;
    }

    // An unreadable record must not be replaced by an empty one: the engine would take machines a second time, or report a
    // cluster as deleted whose machines still run. A restart reads the record again.
    private static TimeSpan ReportUnreadable(EngineState state, ClusterSpec spec, UnreadableRecord unreadable)
    {
        var now = state.Time.GetUtcNow();
        var message = StatusWriter.MessageOf(unreadable);
        var record = new ClusterRecord { Spec = spec, Phase = unreadable.Phase };
        record = record with
        {
            Conditions = StatusWriter.Conditions(record, [(Reasons.RecordUnreadable, message)], sawMaas: false, now),
        };
        state.Ports.Reports.Report(StatusWriter.Write(record, ClusterObservation.Nothing, null, Plan.Nothing, message, now));
        return state.Options.WhileIdle;
    }

    // The ledger keeps nothing of the cluster, so that every later run asks again.
    private static TimeSpan RefuseUnrecorded(RunScope run, RegionException failure)
    {
        var (state, now) = (run.State, run.Now);
        state.RecordPlan(run.Spec, Plan.Nothing);
        var sawMaas =
            failure.Failure is RegionFailure.LedgerOutdated or RegionFailure.NotConfirmed or RegionFailure.OtherIdentity;
        var record = new ClusterRecord { Spec = run.Spec };
        record = record with
        {
            Conditions = StatusWriter.Conditions(record, [(ReasonOf(failure), failure.Message)], sawMaas, now),
        };
        Report(run, StatusWriter.Write(record, ClusterObservation.Nothing, null, Plan.Nothing, failure.Message, now));
        return state.Options.WhileStuck;
    }

    // The console is the memory of a lost or older ledger: what it was told stays as it is, beside the conditions, for as long as
    // the ledger knows less. Before it has told what it knows, it is told nothing of a cluster that has not run as far as the
    // ledger knows.
    private static void Report(RunScope run, ClusterStatus status)
    {
        var reports = run.State.Ports.Reports;
        if (Ownership.FindContradiction(run) is { } told)
        {
            reports.Report(
                told with
                {
                    ObservedGeneration = status.ObservedGeneration,
                    Health = Health.Unknown,
                    Message = status.Message,
                    Conditions = status.Conditions,
                    ReportedAt = status.ReportedAt,
                }
            );
        }
        else if (
            status.Phase is ClusterPhase.Running or ClusterPhase.Deleted
            || run.Record.InUse
            || run.State.FindLastReport(run.Spec.Id) is not Observation<ClusterStatus>.Unknown
        )
        {
            reports.Report(status);
        }
    }

    private static void ReportDeleted(EngineState state, ClusterRecord record) =>
        state.Ports.Reports.Report(
            StatusWriter.Write(
                record,
                ClusterObservation.Nothing,
                null,
                Plan.Nothing,
                "All machines and the endpoint are released.",
                state.Time.GetUtcNow()
            )
        );

    // What a pool loses once it has had its size is lost, also while another pool is still growing.
    private static ValueMap<DnsLabel, int> SizesReached(ClusterSpec spec, ClusterRecord record, bool complete)
    {
        // A machine whose drain began in this run was Ready beside the one for which it leaves.
        var ready = record
            .Members.Where(member => member.State is MachineState.Ready or MachineState.Draining)
            .ToLookup(member => member.Pool);
        return
        [
            .. spec.Pools.Select(pool =>
                KeyValuePair.Create(
                    pool.Name,
                    complete || ready[pool.Name].Count() >= pool.Size
                        ? pool.Size
                        : record.ReachedSizes.GetValueOrDefault(pool.Name)
                )
            ),
        ];
    }

    private static bool IsComplete(ClusterSpec spec, ClusterRecord record)
    {
        var staying = record.Members.Where(member => member.Stays).ToList();
        return record.Initialized
            && spec.Deletion is null
            && staying.Count(member => member.Role is PoolRole.ControlPlane) == spec.ControlPlane.Size
            && staying.TrueForAll(member => member.State is MachineState.Ready);
    }

    /// <summary>The deletion is forced, and the time that MAAS has for a release is over.</summary>
    private static bool IsForceDue(Deletion deletion, EngineOptions options, DateTimeOffset now) =>
        deletion.Force && now - deletion.RequestedAt > options.Limits.ForceAfter;

    // While MAAS does not answer, a forced deletion leaves every machine behind. The status lists them, and their release is
    // retried.
    private static ClusterRecord WithResidue(ClusterRecord record, string? failed) =>
        failed is null
            ? record
            : record with
            {
                Members = [.. record.Members.Select(member => member with { Residue = member.Residue ?? failed })],
            };

    private static async Task<TimeSpan?> FinishDeletionAsync(
        EngineState state,
        ClusterRecord record,
        CancellationToken cancellationToken
    )
    {
        var ended = record with { Phase = ClusterPhase.Deleted, Endpoint = null, NextTry = null, Conditions = [] };
        state.RecordEnd(record.Spec);
        await state.EndAsync(ended, cancellationToken);
        ReportDeleted(state, ended);
        return state.Options.WhileIdle;
    }

    // A cluster that the console no longer asks for was left with machines that have been released since: it acknowledges nothing,
    // and has been told for as long as the engine is idle.
    private static async Task<TimeSpan?> AnnounceEndAsync(
        EngineState state,
        ClusterRecord ended,
        CancellationToken cancellationToken
    )
    {
        ReportDeleted(state, ended);
        if (state.Ports.Desired.Find(ended.Spec.Id) is not null)
        {
            return state.Options.WhileIdle;
        }

        await state.RemoveAsync(ended.Spec.Id, cancellationToken);
        return null;
    }

    private static ClusterPhase PhaseOf(ClusterRecord record, bool formed, EngineOptions options, DateTimeOffset now)
    {
        if (record.Spec.Deletion is { } deletion)
        {
            return IsForceDue(deletion, options, now) && record.Members.All(member => member.Residue is not null)
                ? ClusterPhase.Deleted
                : ClusterPhase.Deleting;
        }

        if (formed)
        {
            return ClusterPhase.Running;
        }

        return record.Members.Count > 0 ? ClusterPhase.Provisioning : ClusterPhase.Pending;
    }

    private static TimeSpan BackOff(int failures, EngineOptions options)
    {
        var wait = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures, 12) - 1));
        return wait < options.LongestBackOff ? wait : options.LongestBackOff;
    }

    private static string ReasonOf(RegionException failure) =>
        failure.Failure switch
        {
            RegionFailure.CredentialsRejected => Reasons.CredentialsRejected,
            RegionFailure.Unreachable => Reasons.MaasUnreachable,
            RegionFailure.OtherIdentity => Reasons.OtherMaasUser,
            RegionFailure.LedgerOutdated => Reasons.LedgerOutdated,
            RegionFailure.NotAnswered => Reasons.AwaitingMaas,
            RegionFailure.NotConfirmed => Reasons.Observing,
            _ => Reasons.MaasRefused,
        };

    private static string Summary(ClusterRecord record, Plan plan) =>
        plan.Steps.LastOrDefault(plan.IsNeeded) is { } step
            ? step.Reason
            : record.Phase switch
            {
                ClusterPhase.Running => $"{char.ToUpperInvariant(AllReady(record)[0])}{AllReady(record)[1..]}.",
                ClusterPhase.Deleting => "Machines and endpoint are being released.",
                _ => "Preparing the cluster.",
            };

    private static string AllReady(ClusterRecord record) =>
        record.Members.Count(member => member.Stays) is > 1 and var nodes
            ? $"all {nodes} nodes are Ready"
            : "the one node is Ready";

    private static string Sentence(RunScope run, Step step) =>
        step.Target is { } machine && run.View.Machines.Find(machine) is { } seen
            ? $"{seen.Hostname}: {step.Reason}"
            : step.Reason;

    /// <summary>The cluster's record in the ledger, with the current desired state.</summary>
    public static ClusterRecord RecordFor(ClusterSpec spec, ClusterRecord? known) =>
        WithDesired(known ?? new ClusterRecord { Spec = spec }, spec);

    // A console that was restored from a backup reuses generations, so a known generation may stand for a new desired state.
    private static ClusterRecord WithDesired(ClusterRecord record, ClusterSpec spec) =>
        record.Spec == spec || spec.Generation > Math.Max(record.PlannedGeneration, record.ReachedGeneration)
            ? record with
            {
                Spec = spec,
            }
            : record with
            {
                Spec = spec,
                PlannedGeneration = Math.Min(record.PlannedGeneration, spec.Generation - 1),
                ReachedGeneration = Math.Min(record.ReachedGeneration, spec.Generation - 1),
            };

    // Condition messages change with MAAS's messages. A new message is reported, but does not cause a write to the ledger.
    private static bool IsUnchanged(ClusterRecord next, ClusterRecord? stored) =>
        stored is not null && WithoutMessages(next) == WithoutMessages(stored);

    private static ClusterRecord WithoutMessages(ClusterRecord record) =>
        record with
        {
            Conditions = [.. record.Conditions.Select(condition => condition with { Message = "" })],
        };

    /// <summary>The result of a reconcile so far.</summary>
    private sealed class RunResult
    {
        public ClusterObservation Observed { get; set; } = ClusterObservation.Nothing;

        public bool SawMaas { get; set; }

        /// <summary>The run ended because MAAS has not answered yet; the call goes on, so that there is no reason to wait longer.</summary>
        public bool Awaits { get; set; }

        public Plan Plan { get; set; } = Plan.Nothing;

        /// <summary>The number of finished steps.</summary>
        public int Done { get; set; }

        public List<StepRefusal> Refusals { get; } = [];

        /// <summary>The reasons why the cluster does not have its desired state, the most important first.</summary>
        public List<(string Reason, string Message)> Obstacles { get; } = [];

        /// <summary>Why the reconcile failed; <c>null</c> when it succeeded.</summary>
        public string? Failed { get; private set; }

        public void Add(IReadOnlyList<Blocker> blockers) =>
            Obstacles.AddRange(blockers.Select(blocker => (blocker.Reason, blocker.Message)));

        public void Add(IReadOnlyList<StepRefusal> refusals) =>
            Obstacles.AddRange(refusals.Select(refusal => (refusal.Reason, refusal.Message)));

        public void Add(IReadOnlyList<Wait> pending) => Obstacles.AddRange(pending.Select(wait => (wait.Reason, wait.Message)));

        public void Fail(string reason, string why, string message)
        {
            Failed = why;
            Obstacles.Insert(0, (reason, message));
        }
    }
}
