using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Steps that take a machine from MAAS, install it and give it back.</summary>
internal static class MachineSteps
{
    private const int EvidenceLines = 20;

    private static readonly TimeSpan SoonAfterRelease = TimeSpan.FromMinutes(5);

    public static async Task<StepOutcome> AllocateAsync(RunScope run, Step.Allocate step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var askedBefore = run.State.MayBeKnown(member.Intent);
        if (askedBefore && await FindTakenAsync(run, member, cancellationToken) is { } taken)
        {
            run.RecordEvent(EventSeverity.Info, "Adopted", $"{member.Hostname} had been allocated before the engine was interrupted", member.Machine);
            return await TakenAsync(run, member, taken, cancellationToken);
        }

        RegionMachine given;
        try
        {
            given = await run.State.Late.WatchAsync(member.Intent, run.Region.AllocateAsync(step.Machine, member.Intent, cancellationToken));
        }
        catch (RegionException refused) when (refused.Failure is RegionFailure.Conflict or RegionFailure.NotFound or RegionFailure.Forbidden)
        {
            // An earlier call of ours whose answer was lost may have taken it in the meantime.
            if (await FindTakenAsync(run, member, cancellationToken) is { } late)
            {
                return await TakenAsync(run, member, late, cancellationToken);
            }

            if (run.State.Late.MayArrive(member.Intent, askedBefore))
            {
                return new StepOutcome.Waiting(
                    Reasons.Observing, $"MAAS does not give {member.Hostname} now ({refused.Message}), and an earlier call for it may still arrive there.");
            }

            run.State.Avoid(step.Machine);
            run.View.Distrust();
            await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
            return new StepOutcome.Waiting(Reasons.Observing, $"MAAS did not give {member.Hostname}: {refused.Message}");
        }

        run.View.RecordResult(given);
        if (given.Id != step.Machine)
        {
            // Early MAAS 3 could answer with another machine than the one named (LP 1990289).
            run.View.RecordResult(await run.Region.ReleaseAsync(given.Id, ErasePolicy.None, "not the machine that was asked for", cancellationToken));
            run.State.Avoid(step.Machine);
            await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
            return new StepOutcome.Waiting(Reasons.Observing, $"MAAS gave {given.Hostname} for {member.Hostname}; it was given back");
        }

        return await TakenAsync(run, member, given, cancellationToken);
    }

    public static async Task<StepOutcome> DeployAsync(RunScope run, Step.Deploy step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (step.Bootstrap is Bootstrap.InitControlPlane && !member.Initializes)
        {
            member = member with { Initializes = true };
            await run.SaveAsync(member, cancellationToken);
        }

        var secrets = await run.GetSecretsAsync(cancellationToken);
        var endpoint = run.Record.Endpoint!;
        var pool = run.Spec.Pools.First(pool => pool.Name == member.Pool);
        var build = NodeBuild.Of(run.Spec, pool, run.State.Ports.Documents.Template);
        if (member.Build != build)
        {
            // Before the call: an installation whose answer is lost was begun with this document all the same.
            member = member with { Build = build };
            await run.SaveAsync(member, cancellationToken);
        }

        string document;
        try
        {
            document = run.State.Ports.Documents.Render(
                new NodeDocument(
                    run.Spec, pool, member.Machine, member.Hostname, member.Zone, new ApiEndpoint(endpoint.Host, endpoint.Port),
                    step.Bootstrap, member.Initializes ? null : BootstrapToken.For(secrets.TokenKey, member.Intent)),
                secrets.Pki,
                run.Now);
        }
        catch (FormatException invalid)
        {
            return new StepOutcome.Refused(Reasons.SpecInvalid, invalid.Message);
        }

        try
        {
            var deploying = await run.State.Late.WatchAsync(
                Deployment(member), run.Region.DeployAsync(step.Machine, run.Spec.Image, document, cancellationToken));
            run.View.RecordResult(deploying);
            await run.SaveAsync(member.Enter(MachineState.Deploying, run.Now), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused)
        {
            switch (refused.Failure)
            {
                case RegionFailure.Conflict:
                    run.View.Distrust();
                    return new StepOutcome.Waiting(Reasons.Observing, $"MAAS does not deploy {member.Hostname} now: {refused.Message}");
                case RegionFailure.ImageMissing:
                    return new StepOutcome.Refused(Reasons.ImageMissing, $"image: {refused.Message}");
                case RegionFailure.Exhausted:
                    return new StepOutcome.Refused(Reasons.AddressUnavailable, refused.Message);
                case RegionFailure.Forbidden:
                    return new StepOutcome.Refused(
                        Reasons.MachineLocked,
                        $"MAAS does not let us deploy {member.Hostname}; unlock it if it is locked, or give the account's user the right to it ({refused.Message})");
                case RegionFailure.Invalid:
                    await run.SaveAsync(member.Fail($"MAAS refuses to deploy it: {refused.Message}", run.Now), cancellationToken);
                    return StepOutcome.Finished;
                default:
                    throw;
            }
        }
    }

    public static async Task<StepOutcome> QuarantineAsync(RunScope run, Step.Quarantine step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var evidence = new List<string>();
        if (run.View.Find(step.Machine) is { } seen)
        {
            evidence.Add($"{seen.StatusName}: {seen.StatusMessage}");
        }

        evidence.AddRange(await run.Region.ListEventsAsync(step.Machine, EvidenceLines, cancellationToken));
        var reason = member.AdmittedAt is null && !member.Initializes ? Reasons.DeployFailed : ReasonOf(run, member);
        await run.State.QuarantineAsync(
            new QuarantinedMachine(step.Machine, member.Hostname, run.Spec.Id, $"{reason}: {step.Because}", evidence, run.Now,
                member.Pool, member.JoinedAt is null ? member.Build : null),
            cancellationToken);
        await run.SaveAsync(member with { Quarantined = true }, cancellationToken);
        run.RecordEvent(
            EventSeverity.Error,
            reason,
            $"{member.Hostname} is quarantined: {step.Because}; it is not chosen again until somebody clears it",
            step.Machine);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> ReleaseAsync(RunScope run, Step.Release step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var askedBefore = member is { JoinedAt: null, State: not MachineState.Releasing };
        if (member.State is MachineState.Selected)
        {
            // Only a look tells whether MAAS gave it before we were interrupted; a choice never sent needs none.
            var unsent = run.State.IsUnsent(member.Intent);
            var taken = unsent ? null : await FindTakenAsync(run, member, cancellationToken);
            if (taken is null)
            {
                if (!unsent && run.State.Late.MayArrive(member.Intent, askedBefore: true))
                {
                    return new StepOutcome.Waiting(
                        Reasons.Observing, $"An allocation of {member.Hostname} was interrupted and may still arrive in MAAS.");
                }

                run.State.MayBeKnown(member.Intent);
                await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
                return StepOutcome.Finished;
            }

            // MAAS forgets the intent when a release begins: from then on nobody could find it by that.
            run.View.RecordResult(taken);
            member = member.Enter(MachineState.Releasing, run.Now);
            await run.SaveAsync(member, cancellationToken);
        }

        // MAAS takes a late wish to install a machine that has become free for the wish to have it.
        if (member.State is MachineState.Allocated or MachineState.Releasing
            && run.State.Late.MayArrive(Deployment(member), askedBefore: member is { State: MachineState.Allocated, Build: not null }))
        {
            return new StepOutcome.Waiting(Reasons.Observing, $"An installation of {member.Hostname} was interrupted and may still arrive in MAAS.");
        }

        // An earlier call for it whose answer was lost would take it again when it is free.
        if (run.State.Late.MayArrive(member.Intent, askedBefore))
        {
            return new StepOutcome.Waiting(Reasons.Observing, $"An allocation of {member.Hostname} was interrupted and may still arrive in MAAS.");
        }

        if (member.State is MachineState.Releasing && await WhereaboutsAsync(run, member, cancellationToken) is { } elsewhere)
        {
            return elsewhere;
        }

        var erase = run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool)?.Erase ?? ErasePolicy.None;
        try
        {
            var released = await run.Region.ReleaseAsync(step.Machine, erase, $"gantry: {step.Because}", cancellationToken);
            run.View.RecordResult(released);
            await run.SaveAsync(member.Enter(MachineState.Releasing, run.Now), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException gone) when (gone.Failure is RegionFailure.NotFound)
        {
            await run.SaveAsync(member.Enter(MachineState.Releasing, run.Now), cancellationToken);
            await run.SaveAsync(run.Member(step.Machine).Enter(MachineState.Released, run.Now), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused) when (refused.Failure is RegionFailure.Conflict or RegionFailure.Forbidden)
        {
            run.View.Distrust();

            // MAAS answers a locked machine's release as it answers one without permission: with 403 and no words.
            return refused.Failure is RegionFailure.Forbidden
                ? new StepOutcome.Refused(
                    Reasons.MachineLocked,
                    $"MAAS does not let us release {member.Hostname}; unlock it if it is locked, or give the account's user the right to it ({refused.Message})")
                : new StepOutcome.Refused(Reasons.MachineOutOfService, $"MAAS does not release {member.Hostname}: {refused.Message}");
        }
    }

    public static async Task<StepOutcome> AbandonAsync(RunScope run, Step.Abandon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.SaveAsync(
            member with { Residue = step.Because }, cancellationToken);
        run.RecordEvent(EventSeverity.Warning, step.Name, $"{member.Hostname} is left behind: {step.Because}; it goes on being asked back", step.Machine);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> RebootstrapAsync(RunScope run, Step.Rebootstrap step, CancellationToken cancellationToken)
    {
        var now = run.Now;
        await run.SaveAsync(
            run.Record with
            {
                Initialized = false,
                Version = null,
                KubeadmVersion = null,
                AppliedAddons = null,
                SilentSince = null,
                Members = [.. run.Record.Members.Select(member => MarkForReplacement(member, step.Because, now))],
            },
            cancellationToken);
        run.State.CloseWorkload(run.Spec.Id);
        run.RecordEvent(EventSeverity.Error, step.Name, step.Because);
        return StepOutcome.Finished;
    }

    // Who had begun to join belongs to the dead control plane; who waits for its turn can join the next one.
    private static Member MarkForReplacement(Member member, string because, DateTimeOffset now) => member switch
    {
        { Initializes: true, State: MachineState.Joining or MachineState.Ready or MachineState.NotReady } => member.Fail(because, now),
        { Initializes: true, State: MachineState.Allocated or MachineState.Deploying } => member.Fail(because, now),
        { State: MachineState.Ready or MachineState.NotReady or MachineState.Draining } => member.Enter(MachineState.Releasing, now),
        { State: MachineState.Joining, AdmittedAt: not null } => member.Enter(MachineState.Releasing, now),
        _ => member with { AdmittedAt = null, AdmittedUntil = null },
    };

    // A release is asked for again. The machine may have become free since, and somebody with the same MAAS user may have
    // taken it: MAAS names the intent of whoever took it last, and forgets it when a release begins.
    private static async Task<StepOutcome?> WhereaboutsAsync(RunScope run, Member member, CancellationToken cancellationToken)
    {
        if (await FindTakenAsync(run, member, cancellationToken) is not null)
        {
            return null;
        }

        switch (await run.Region.FindAsync(member.Machine, cancellationToken))
        {
            case { IsOurs: true, Status: MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing }:
                return null;
            case { IsOurs: true, Status: MaasStatus.Releasing or MaasStatus.DiskErasing } seen:
                run.View.RecordResult(seen);
                return new StepOutcome.Waiting(Reasons.Releasing, $"MAAS releases {member.Hostname}: {seen.StatusName}.");

            // An installation whose answer was lost takes the machine again without an intent, and nobody is as quick as that.
            case { IsOurs: true, Status: MaasStatus.Deploying or MaasStatus.Deployed or MaasStatus.FailedDeployment }
                when member.JoinedAt is null && run.Now - member.Since < SoonAfterRelease:
                return null;
            default:
                await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
                return StepOutcome.Finished;
        }
    }

    private static string Deployment(Member member) => $"deploy {member.Intent}";

    private static string ReasonOf(RunScope run, Member member) =>
        run.View.Find(member.Machine)?.Status is MaasStatus.Deployed ? Reasons.JoinTimedOut : Reasons.DeployFailed;

    /// <summary>The machine, when it is still the one that this allocation of ours took.</summary>
    public static async Task<RegionMachine?> FindTakenAsync(RunScope run, Member member, CancellationToken cancellationToken)
    {
        var found = await run.Region.FindByIntentAsync(member.Intent, cancellationToken);
        return found.FirstOrDefault(machine => machine.Id == member.Machine);
    }

    private static async Task<StepOutcome> TakenAsync(
        RunScope run, Member member, RegionMachine taken, CancellationToken cancellationToken)
    {
        run.View.RecordResult(taken);
        await run.SaveAsync(member.Enter(MachineState.Allocated, run.Now) with { Zone = taken.Zone }, cancellationToken);
        await run.Region.AnnotateAsync(
            member.Machine,
            new Dictionary<string, string>
            {
                ["gantry-cluster"] = run.Spec.Name,
                ["gantry-cluster-id"] = run.Spec.Id.Value,
                ["gantry-pool"] = member.Pool,
                ["gantry-intent"] = member.Intent,
            },
            cancellationToken);
        return StepOutcome.Finished;
    }
}
