using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Machines;

/// <summary>
/// Takes machines from MAAS, installs them and gives them back, so that nothing leaks and nothing is taken twice, wherever
/// the power goes out. An owner stores a machine with its intent before it asks for it; the intent travels with the call, and
/// after a crash the service looks for it in MAAS and adopts what it finds. It knows no clusters.
/// </summary>
/// <remarks>
/// Every method may throw <see cref="RegionException"/> when MAAS does not answer; the same call is then safe to repeat. One
/// call at a time may be made for one machine.
/// </remarks>
public sealed class MachineService(IMachineLedger ledger, MachineOptions options, TimeProvider time)
{
    private const int EvidenceLines = 20;

    /// <summary>So many machines are refused an image before no other one is tried for a while.</summary>
    private const int RefusalsAlike = 3;

    // An installation whose answer was lost takes a machine again that has just become free, and nobody else is as quick.
    private static readonly TimeSpan SoonAfterRelease = TimeSpan.FromMinutes(5);

    private readonly InFlightCalls _late = new(time, options.LateAnswer);
    private readonly ConcurrentDictionary<string, bool> _unsent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<SystemId, DateTimeOffset> _avoided = new();
    private readonly ConcurrentDictionary<SystemId, ImageName> _unfit = new();
    private readonly ConcurrentDictionary<SystemId, QuarantinedMachine> _quarantine = new();
    private string? _ledgerId;
    private long _version;

    /// <summary>Machines that failed and are not chosen any more.</summary>
    public IEnumerable<QuarantinedMachine> Quarantined => _quarantine.Values;

    /// <summary>Grows when a machine enters or leaves the quarantine or is passed over from now on.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Reads what an earlier process stored. Call it once, before anything else.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var machine in await ledger.LoadQuarantineAsync(cancellationToken))
        {
            _quarantine[machine.Machine] = machine;
        }

        Interlocked.Increment(ref _version);
    }

    /// <summary>An id for one allocation. Its owner stores it with the machine before the machine is asked for.</summary>
    public async Task<string> NewIntentAsync(CancellationToken cancellationToken)
    {
        _ledgerId ??= await ledger.GetIdAsync(cancellationToken);
        var intent = $"gantry-{_ledgerId}-{await ledger.NextAsync(cancellationToken)}";
        _unsent[intent] = true;
        return intent;
    }

    public QuarantinedMachine? FindQuarantined(SystemId machine) => _quarantine.GetValueOrDefault(machine);

    /// <summary>Until when the machine is passed over because MAAS did not give it; <c>null</c> when it is not.</summary>
    public DateTimeOffset? AvoidedUntil(SystemId machine) =>
        _avoided.TryGetValue(machine, out var until) && until > time.GetUtcNow() ? until : null;

    /// <summary>
    /// Whether MAAS has just refused to install the image on several machines, whatever its list of images says.
    /// </summary>
    public bool IsRefused(ImageName image) =>
        _unfit.Count(refused => refused.Value == image && AvoidedUntil(refused.Key) is not null) >= RefusalsAlike;

    /// <summary>Takes exactly this machine, or finds that an earlier call has taken it.</summary>
    /// <returns>
    /// Done when it is <see cref="MachineState.Allocated"/>; waiting when MAAS did not give it, and the machine is then
    /// <see cref="MachineState.Released"/> unless an earlier call may still arrive.
    /// </returns>
    public async Task<StepOutcome> AllocateAsync(IMachineOwner owner, HeldMachine machine, CancellationToken cancellationToken)
    {
        var askedBefore = !_unsent.TryRemove(machine.Intent, out _);
        if (askedBefore && await FindTakenAsync(owner, machine, cancellationToken) is { } taken)
        {
            owner.RecordEvent(
                EventSeverity.Info,
                "Adopted",
                $"{machine.Hostname} had been allocated before the engine was interrupted",
                machine.Machine
            );
            return await TakenAsync(owner, machine, taken, cancellationToken);
        }

        RegionMachine given;
        try
        {
            given = await _late.WatchAsync(
                machine.Intent,
                owner.View.Region.AllocateAsync(machine.Machine, machine.Intent, cancellationToken)
            );
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Conflict or RegionFailure.NotFound or RegionFailure.Forbidden)
        {
            // An earlier call of ours whose answer was lost may have taken it in the meantime.
            if (await FindTakenAsync(owner, machine, cancellationToken) is { } ours)
            {
                return await TakenAsync(owner, machine, ours, cancellationToken);
            }

            if (_late.MayArrive(machine.Intent, askedBefore))
            {
                return new StepOutcome.Waiting(
                    Reasons.Observing,
                    $"MAAS does not give {machine.Hostname} now ({refused.Message}), and an earlier call for it may still "
                        + "arrive there."
                );
            }

            owner.View.Distrust();
            return await NotGivenAsync(
                owner,
                machine,
                $"MAAS did not give {machine.Hostname}: {refused.Message}",
                cancellationToken
            );
        }

        owner.View.RecordResult(given);
        if (given.Id != machine.Machine)
        {
            // Early MAAS 3 could answer with another machine than the one named (LP 1990289).
            owner.View.RecordResult(
                await owner.View.Region.ReleaseAsync(
                    given.Id,
                    ErasePolicy.None,
                    "not the machine that was asked for",
                    cancellationToken
                )
            );
            return await NotGivenAsync(
                owner,
                machine,
                $"MAAS gave {given.Hostname} for {machine.Hostname}; it was given back",
                cancellationToken
            );
        }

        return await TakenAsync(owner, machine, given, cancellationToken);
    }

    /// <summary>Lets MAAS install the machine.</summary>
    /// <param name="machine">Stored with <see cref="HeldMachine.DeployWasAsked"/> before the call.</param>
    /// <param name="userData">The cloud-init document; a secret.</param>
    /// <returns>
    /// Done when it is <see cref="MachineState.Deploying"/>, or <see cref="MachineState.Failed"/> because MAAS cannot install it.
    /// </returns>
    public async Task<StepOutcome> DeployAsync(
        IMachineOwner owner,
        HeldMachine machine,
        ImageName image,
        string userData,
        CancellationToken cancellationToken
    )
    {
        if (!machine.DeployWasAsked)
        {
            throw new InvalidOperationException($"The installation of {machine.Hostname} is not stored.");
        }

        try
        {
            owner.View.RecordResult(
                await _late.WatchAsync(
                    DeployKey(machine),
                    owner.View.Region.DeployAsync(machine.Machine, image.Value, userData, cancellationToken)
                )
            );
            await owner.SaveAsync(machine.Enter(MachineState.Deploying, time.GetUtcNow()), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused)
        {
            switch (refused.Failure)
            {
                case RegionFailure.Conflict:
                    owner.View.Distrust();
                    return new StepOutcome.Waiting(
                        Reasons.Observing,
                        $"MAAS does not deploy {machine.Hostname} now: {refused.Message}"
                    );
                case RegionFailure.ImageUnfit:
                    // Another machine may do: this one goes back and is passed over for a while.
                    _unfit[machine.Machine] = image;
                    Avoid(machine);
                    await owner.SaveAsync(
                        machine.Enter(MachineState.Releasing, time.GetUtcNow()) with
                        {
                            Failure = $"MAAS does not install {image} on it: {refused.Message}",
                        },
                        cancellationToken
                    );
                    return new StepOutcome.Refused(Reasons.ImageMissing, $"image: {machine.Hostname}: {refused.Message}");
                case RegionFailure.ImageMissing:
                    return new StepOutcome.Refused(Reasons.ImageMissing, $"image: {refused.Message}");
                case RegionFailure.Exhausted:
                    return new StepOutcome.Refused(Reasons.AddressUnavailable, refused.Message);
                case RegionFailure.Forbidden:
                    return Locked("deploy", machine, refused);
                case RegionFailure.Invalid:
                    await owner.SaveAsync(
                        machine.Fail($"MAAS refuses to deploy it: {refused.Message}", time.GetUtcNow()),
                        cancellationToken
                    );
                    return StepOutcome.Finished;
                default:
                    throw;
            }
        }
    }

    /// <summary>
    /// Gives the machine back, once no late call can take it again. A machine that somebody else has since is left alone.
    /// </summary>
    /// <returns>Done when it is <see cref="MachineState.Releasing"/> or <see cref="MachineState.Released"/>.</returns>
    public async Task<StepOutcome> ReleaseAsync(
        IMachineOwner owner,
        HeldMachine machine,
        ErasePolicy erase,
        string reason,
        CancellationToken cancellationToken
    )
    {
        var askedBefore = machine is { WasInUse: false, State: not MachineState.Releasing };
        if (machine.State is MachineState.Selected)
        {
            // Only a look tells whether MAAS gave it before we were interrupted; a choice never sent needs none.
            var neverAsked = _unsent.ContainsKey(machine.Intent);
            var taken = neverAsked ? null : await FindTakenAsync(owner, machine, cancellationToken);
            if (taken is null)
            {
                if (!neverAsked && _late.MayArrive(machine.Intent, askedBefore: true))
                {
                    return Interrupted("An allocation", machine);
                }

                _unsent.TryRemove(machine.Intent, out _);
                return await GoneAsync(owner, machine, cancellationToken);
            }

            // MAAS forgets the intent when a release begins: from then on nobody could find it by that.
            owner.View.RecordResult(taken);
            machine = await EnterReleasingAsync(owner, machine, cancellationToken);
        }

        // MAAS takes a late call that installs a machine which has become free for a call that allocates it.
        if (
            machine.State is MachineState.Allocated or MachineState.Releasing
            && _late.MayArrive(
                DeployKey(machine),
                askedBefore: machine is { State: MachineState.Allocated, DeployWasAsked: true }
            )
        )
        {
            return Interrupted("An installation", machine);
        }

        // An earlier call for it whose answer was lost would take it again when it is free.
        if (_late.MayArrive(machine.Intent, askedBefore))
        {
            return Interrupted("An allocation", machine);
        }

        if (machine.State is MachineState.Releasing && await WhereaboutsAsync(owner, machine, cancellationToken) is { } elsewhere)
        {
            return elsewhere;
        }

        try
        {
            owner.View.RecordResult(
                await owner.View.Region.ReleaseAsync(machine.Machine, erase, $"gantry: {reason}", cancellationToken)
            );
            await EnterReleasingAsync(owner, machine, cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException gone) when (gone.Failure is RegionFailure.NotFound)
        {
            return await GoneAsync(owner, await EnterReleasingAsync(owner, machine, cancellationToken), cancellationToken);
        }
        catch (RegionException refused) when (refused.Failure is RegionFailure.Conflict or RegionFailure.Forbidden)
        {
            owner.View.Distrust();

            // MAAS answers a locked machine's release as it answers one without permission: with 403 and no words.
            return refused.Failure is RegionFailure.Forbidden
                ? Locked("release", machine, refused)
                : new StepOutcome.Refused(
                    Reasons.MachineOutOfService,
                    $"MAAS does not release {machine.Hostname}: {refused.Message}"
                );
        }
    }

    /// <summary>Stores why the machine failed, with MAAS's newest events, so that nobody chooses it again.</summary>
    /// <param name="failure">Its evidence is filled in here.</param>
    public async Task QuarantineAsync(IMachineOwner owner, QuarantinedMachine failure, CancellationToken cancellationToken)
    {
        var evidence = new List<string>();
        if (owner.View.Find(failure.Machine) is { } seen)
        {
            evidence.Add($"{seen.StatusName}: {seen.StatusMessage}");
        }

        evidence.AddRange(await owner.View.Region.ListEventsAsync(failure.Machine, EvidenceLines, cancellationToken));
        var quarantined = failure with { Evidence = [.. evidence] };
        await ledger.QuarantineAsync(quarantined, cancellationToken);
        _quarantine[failure.Machine] = quarantined;
        Interlocked.Increment(ref _version);
    }

    /// <summary>A person has looked after the machine: it may be chosen again.</summary>
    public async Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken)
    {
        await ledger.ClearQuarantineAsync(machine, cancellationToken);
        _quarantine.TryRemove(machine, out _);
        Interlocked.Increment(ref _version);
    }

    /// <summary>The machine, when it is still the one that this allocation of ours took; <c>null</c> when it is not.</summary>
    public static async Task<RegionMachine?> FindTakenAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
    {
        var found = await owner.View.Region.FindByIntentAsync(machine.Intent, cancellationToken);
        return found.FirstOrDefault(taken => taken.Id == machine.Machine);
    }

    private async Task<StepOutcome> TakenAsync(
        IMachineOwner owner,
        HeldMachine machine,
        RegionMachine taken,
        CancellationToken cancellationToken
    )
    {
        owner.View.RecordResult(taken);
        var allocated = machine.Enter(MachineState.Allocated, time.GetUtcNow()) with { Zone = taken.Zone };
        await owner.SaveAsync(allocated, cancellationToken);
        await owner.View.Region.AnnotateAsync(machine.Machine, owner.Annotate(allocated), cancellationToken);
        return StepOutcome.Finished;
    }

    private async Task<StepOutcome> NotGivenAsync(
        IMachineOwner owner,
        HeldMachine machine,
        string message,
        CancellationToken cancellationToken
    )
    {
        Avoid(machine);
        await GoneAsync(owner, machine, cancellationToken);
        return new StepOutcome.Waiting(Reasons.Observing, message);
    }

    private void Avoid(HeldMachine machine)
    {
        _avoided[machine.Machine] = time.GetUtcNow() + options.Avoid;
        Interlocked.Increment(ref _version);
    }

    private async Task<StepOutcome> GoneAsync(IMachineOwner owner, HeldMachine machine, CancellationToken cancellationToken)
    {
        await owner.SaveAsync(machine.Enter(MachineState.Released, time.GetUtcNow()), cancellationToken);
        return StepOutcome.Finished;
    }

    private async Task<HeldMachine> EnterReleasingAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
    {
        var releasing = machine.Enter(MachineState.Releasing, time.GetUtcNow());
        await owner.SaveAsync(releasing, cancellationToken);
        return releasing;
    }

    // A release is asked for again. The machine may have become free since, and somebody with the same MAAS user may have
    // taken it: MAAS names the intent of whoever took it last, and forgets it when a release begins.
    private async Task<StepOutcome?> WhereaboutsAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
    {
        if (await FindTakenAsync(owner, machine, cancellationToken) is not null)
        {
            return null;
        }

        switch (await owner.View.Region.FindAsync(machine.Machine, cancellationToken))
        {
            case { IsOurs: true, Status: MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing }:
                return null;
            case { IsOurs: true, Status: MaasStatus.Releasing or MaasStatus.DiskErasing } seen:
                owner.View.RecordResult(seen);
                return new StepOutcome.Waiting(Reasons.Releasing, $"MAAS releases {machine.Hostname}: {seen.StatusName}.");

            // An installation whose answer was lost has taken the machine again without an intent.
            case { IsOurs: true, Status: MaasStatus.Deploying or MaasStatus.Deployed or MaasStatus.FailedDeployment }
                when !machine.WasInUse && time.GetUtcNow() - machine.Since < SoonAfterRelease:
                return null;
            default:
                return await GoneAsync(owner, machine, cancellationToken);
        }
    }

    private static StepOutcome.Waiting Interrupted(string what, HeldMachine machine) =>
        new(Reasons.Observing, $"{what} of {machine.Hostname} was interrupted and may still arrive in MAAS.");

    private static StepOutcome.Refused Locked(string act, HeldMachine machine, RegionException refused) =>
        new(
            Reasons.MachineLocked,
            $"MAAS does not let us {act} {machine.Hostname}; unlock it if it is locked, or give the account's user the "
                + $"right to it ({refused.Message})"
        );

    private static string DeployKey(HeldMachine machine) => $"deploy {machine.Intent}";
}
