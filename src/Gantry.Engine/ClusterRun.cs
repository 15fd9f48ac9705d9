using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>One look at one cluster: observe, plan, carry out, report. Its answer is when to look again.</summary>
internal static class ClusterRun
{
    public static async Task<TimeSpan?> LookAsync(EngineState state, ClusterId cluster, bool woken, CancellationToken cancellationToken)
    {
        var known = state.Find(cluster);
        if ((state.Ports.Desired.Find(cluster) ?? known?.Spec) is not { } spec)
        {
            return null;
        }

        if (known is null && spec.Deletion is not null)
        {
            ReportDeleted(state, new ClusterRecord { Spec = spec, Phase = ClusterPhase.Deleted });
            return null;
        }

        var now = state.Time.GetUtcNow();
        var record = (known ?? new ClusterRecord { Spec = spec }) with { Spec = spec };
        if (woken && record.Failures > 0)
        {
            record = record with { Failures = 0, NextTry = null };
        }

        if (record.NextTry is { } next && next > now)
        {
            return next - now;
        }

        return state.FindRegion(spec.Account) is { } region
            ? await LookAsync(new RunScope(state, spec, record, region), cancellationToken)
            : await WithoutRegionAsync(state, record, cancellationToken);
    }

    private static async Task<TimeSpan?> LookAsync(RunScope run, CancellationToken cancellationToken)
    {
        var observed = ClusterObservation.Nothing;
        var obstacles = new List<(string Reason, string Message)>();
        var sawMaas = false;
        string? failed = null;
        var plan = Plan.Nothing;
        try
        {
            await TakeGivenEndpointAsync(run, cancellationToken);
            observed = await Observer.ObserveAsync(run, cancellationToken);
            sawMaas = true;
            plan = await Claims.PlanAsync(run, observed, cancellationToken);
            obstacles.AddRange(plan.Refusals.Select(refusal => (refusal.Reason, refusal.Message)));
            obstacles.AddRange(await CarryOutAsync(run, plan, cancellationToken));
            obstacles.AddRange(plan.Waits.Select(wait => (wait.Reason, wait.Message)));
        }
        catch (RegionException failure)
        {
            failed = failure.Message;
            obstacles.Insert(0, (ReasonOf(failure), failure.Message));
        }
        catch (WorkloadException failure)
        {
            failed = failure.Message;
            obstacles.Insert(0, (Reasons.ApiNotReachable, failure.Message));
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A fault of ours must be seen and must not stop the other clusters. Its text may hold anything, so only its kind is told.
            failed = failure.GetType().Name;
            obstacles.Insert(0, (Reasons.Internal, $"The engine failed with {failure.GetType().Name}; it tries again."));
        }

        return await FinishAsync(run, observed, plan, obstacles, sawMaas, failed, cancellationToken);
    }

    private static async Task<TimeSpan?> FinishAsync(
        RunScope run, ClusterObservation observed, Plan plan, List<(string Reason, string Message)> obstacles, bool sawMaas,
        string? failed, CancellationToken cancellationToken)
    {
        var options = run.State.Options;
        var record = run.Record;
        var now = run.Now;
        var complete = sawMaas && failed is null && obstacles.Count is 0 && plan.IsSettled;
        if (run.Spec.Deletion is not null && complete && record.Members.Count is 0
            && record.Endpoint is null or { Kind: EndpointKind.Given })
        {
            await run.State.RemoveAsync(run.Spec.Id, cancellationToken);
            ReportDeleted(run.State, record with { Phase = ClusterPhase.Deleted });
            run.Tell(EventSeverity.Info, "Deleted", record.Residue.Count is 0 ? "nothing is left of the cluster" : $"left behind: {string.Join("; ", record.Residue)}");
            return null;
        }

        var formed = record.Formed || (complete && record.Initialized && run.Spec.Deletion is null);
        if (formed && !record.Formed)
        {
            run.Tell(EventSeverity.Info, "Running", $"all {record.Members.Count} nodes are Ready");
        }

        var failures = failed is null ? 0 : record.Failures + 1;
        TimeSpan? backOff = failed is null ? null : BackOff(failures, options);
        var next = record with
        {
            Formed = formed,
            Phase = PhaseOf(record, formed),
            Failures = failures,
            NextTry = backOff is { } wait ? now + wait : null,
            Conditions = StatusWriter.Conditions(record with { Formed = formed }, obstacles, sawMaas, now),
        };
        if (!Same(next, run.State.Find(run.Spec.Id)))
        {
            await run.SaveAsync(next, cancellationToken);
        }

        var message = obstacles.FirstOrDefault() is { Reason: not null } first ? first.Message : Summary(next, plan);
        run.State.Ports.Reports.Report(StatusWriter.Write(next, observed, run.View, message, now));
        if (backOff is not null)
        {
            return backOff;
        }

        if (plan.Steps.Count > 0)
        {
            return options.AfterStep;
        }

        if (plan.Waits.Count > 0)
        {
            return options.WhileInProgress;
        }

        return plan.Refusals.Count > 0 ? options.WhileStuck : options.WhileIdle;
    }

    // A step that cannot go on holds up only the later steps of its own machine; without an endpoint nothing can go on.
    private static async Task<IReadOnlyList<(string Reason, string Message)>> CarryOutAsync(
        RunScope run, Plan plan, CancellationToken cancellationToken)
    {
        var obstacles = new List<(string, string)>();
        var heldUp = new HashSet<SystemId>();
        foreach (var step in plan.Steps)
        {
            if (step.Target is { } target && heldUp.Contains(target))
            {
                continue;
            }

            var outcome = await CarryOutAsync(run, step, cancellationToken);
            switch (outcome)
            {
                case StepOutcome.Done:
                    if (step is not (Step.Quarantine or Step.StartOver or Step.Forget))
                    {
                        run.Tell(EventSeverity.Info, step.Name, Sentence(run, step), step.Target);
                    }

                    continue;
                case StepOutcome.Waiting waiting:
                    obstacles.Add((waiting.Reason, waiting.Message));
                    break;
                case StepOutcome.Refused refused:
                    obstacles.Add((refused.Reason, refused.Message));
                    if (step is Step.ReserveAddress or Step.RecordDns)
                    {
                        return obstacles;
                    }

                    break;
            }

            if (step.Target is { } machine)
            {
                heldUp.Add(machine);
            }
        }

        return obstacles;
    }

    private static Task<StepOutcome> CarryOutAsync(RunScope run, Step step, CancellationToken cancellationToken) => step switch
    {
        Step.ReserveAddress reserve => EndpointSteps.ReserveAsync(run, reserve, cancellationToken),
        Step.RecordDns record => EndpointSteps.RecordDnsAsync(run, record, cancellationToken),
        Step.ReleaseEndpoint => EndpointSteps.ReleaseAsync(run, cancellationToken),
        Step.Allocate allocate => MachineSteps.AllocateAsync(run, allocate, cancellationToken),
        Step.Deploy deploy => MachineSteps.DeployAsync(run, deploy, cancellationToken),
        Step.Quarantine quarantine => MachineSteps.QuarantineAsync(run, quarantine, cancellationToken),
        Step.Release release => MachineSteps.ReleaseAsync(run, release, cancellationToken),
        Step.Forget forget => MachineSteps.ForgetAsync(run, forget, cancellationToken),
        Step.StartOver startOver => MachineSteps.StartOverAsync(run, startOver, cancellationToken),
        Step.JoinControlPlane join => NodeSteps.AdmitAsync(run, join.Machine, cancellationToken),
        Step.JoinWorker join => NodeSteps.AdmitAsync(run, join.Machine, cancellationToken),
        Step.ApplyAddons apply => NodeSteps.ApplyAddonsAsync(run, apply, cancellationToken),
        Step.LabelNode label => NodeSteps.LabelAsync(run, label, cancellationToken),
        Step.Cordon cordon => NodeSteps.CordonAsync(run, cordon, cancellationToken),
        Step.Drain drain => NodeSteps.DrainAsync(run, drain, cancellationToken),
        Step.DeleteNode delete => NodeSteps.DeleteAsync(run, delete, cancellationToken),
        _ => throw new InvalidOperationException($"Nobody carries out {step.Name}."),
    };

    private static async Task TakeGivenEndpointAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Record.Endpoint is null && run.Spec is { Deletion: null, Endpoint: EndpointChoice.Given given })
        {
            await run.SaveAsync(
                run.Record with { Endpoint = new EndpointRecord(EndpointKind.Given, given.Host, given.Port, true, []) }, cancellationToken);
        }
    }

    private static async Task<TimeSpan?> WithoutRegionAsync(EngineState state, ClusterRecord record, CancellationToken cancellationToken)
    {
        var now = state.Time.GetUtcNow();
        var message = $"The account {record.Spec.Account} is not known to this gateway.";
        var next = record with
        {
            Phase = PhaseOf(record, record.Formed),
            Conditions = StatusWriter.Conditions(record, [(Reasons.AccountUnknown, message)], sawMaas: false, now),
        };
        if (!Same(next, state.Find(record.Spec.Id)))
        {
            await state.SaveAsync(next, cancellationToken);
        }

        state.Ports.Reports.Report(StatusWriter.Write(next, ClusterObservation.Nothing, null, message, now));
        return state.Options.WhileStuck;
    }

    private static void ReportDeleted(EngineState state, ClusterRecord record) => state.Ports.Reports.Report(
        StatusWriter.Write(
            record, ClusterObservation.Nothing, null,
            record.Residue.Count is 0 ? "Everything was given back." : "What could not be given back is listed.", state.Time.GetUtcNow()));

    private static ClusterPhase PhaseOf(ClusterRecord record, bool formed)
    {
        if (record.Spec.Deletion is not null)
        {
            return ClusterPhase.Deleting;
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

    private static string ReasonOf(RegionException failure) => failure.Failure switch
    {
        RegionFailure.CredentialsRejected => Reasons.CredentialsRejected,
        RegionFailure.Unreachable => Reasons.MaasUnreachable,
        _ => Reasons.MaasRefused,
    };

    private static string Summary(ClusterRecord record, Plan plan) => plan.Steps.Count > 0
        ? plan.Steps[^1].Because
        : record.Phase switch
        {
            ClusterPhase.Running => $"All {record.Members.Count} nodes are Ready.",
            ClusterPhase.Deleting => "Everything is being given back.",
            _ => "Getting ready.",
        };

    private static string Sentence(RunScope run, Step step) =>
        step.Target is { } machine && run.View.Find(machine) is { } seen ? $"{seen.Hostname}: {step.Because}" : step.Because;

    // Messages of conditions change with every word of MAAS; they are reported, and stored only together with something else.
    private static bool Same(ClusterRecord next, ClusterRecord? stored) =>
        stored is not null
        && LedgerJson.Write(WithoutMessages(next)) == LedgerJson.Write(WithoutMessages(stored));

    private static ClusterRecord WithoutMessages(ClusterRecord record) =>
        record with { Conditions = [.. record.Conditions.Select(condition => condition with { Message = "" })] };
}
