using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Machines;

/// <summary>
/// Allocates, deploys and releases machines of MAAS. A crash at any moment leaks no machine and allocates none twice: an owner
/// stores a machine with its intent before the allocation, MAAS keeps the intent, and after a crash the service finds the
/// machine by its intent and adopts it. The service does not depend on clusters.
/// </summary>
/// <remarks>
/// Every method may throw <see cref="RegionException"/> when MAAS does not answer; the same call is then safe to repeat. A
/// machine may have one call at a time; while MAAS has not answered it, the same call waits for its answer, and others fail with
/// <see cref="RegionFailure.NotAnswered"/>.
/// </remarks>
public sealed class MachineService(IMachineLedger ledger, MachineOptions options, TimeProvider time)
{
    private const int EvidenceLines = 20;

    // After this many machines were refused the image, no further machine is tried until the refusals expire.
    private const int RefusalsBeforeImageIsRefused = 3;

    // A lost deploy call can take a machine again right after its release. Later on, another user may have taken it.
    private static readonly TimeSpan SoonAfterRelease = TimeSpan.FromMinutes(5);

    private readonly InFlightCalls _inFlight = new(time, options.LateAnswer);
    private readonly PendingCalls _calls = new(time, options.Patience, options.CallsAtOnce);
    private readonly ConcurrentDictionary<string, bool> _unsent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<SystemId, DateTimeOffset> _avoided = new();
    private readonly ConcurrentDictionary<SystemId, ImageName> _unfit = new();
    private readonly ConcurrentDictionary<SystemId, QuarantinedMachine> _quarantine = new();
    private string? _ledgerId;
    private long _version;

    /// <summary>Calls to MAAS, those for endpoints and for the power of machines included.</summary>
    internal PendingCalls Calls => _calls;

    /// <summary>Machines in quarantine. Placement does not choose them.</summary>
    public IEnumerable<QuarantinedMachine> Quarantined => _quarantine.Values;

    /// <summary>Grows when a machine enters or leaves quarantine, and when placement begins to avoid a machine.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Loads the quarantine from the ledger. Call it once, before anything else.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var machine in await ledger.LoadQuarantineAsync(cancellationToken))
        {
            _quarantine[machine.Machine] = machine;
        }

        Interlocked.Increment(ref _version);
    }

    /// <summary>A new id for one allocation. The owner stores it with the machine before the allocation.</summary>
    public async Task<string> NewIntentAsync(CancellationToken cancellationToken)
    {
        _ledgerId ??= await ledger.GetIdAsync(cancellationToken);
        var number = await ledger.NextAsync(cancellationToken);
        var intent = options.Instance.Length is 0
            ? $"gantry-{_ledgerId}-{number}"
            : $"gantry-{_ledgerId}-{options.Instance}-{number}";
        _unsent[intent] = true;
        return intent;
    }

    public QuarantinedMachine? FindQuarantined(SystemId machine) => _quarantine.GetValueOrDefault(machine);

    /// <summary>Until when placement avoids the machine because MAAS refused it; <c>null</c> when it may be chosen.</summary>
    public DateTimeOffset? AvoidedUntil(SystemId machine) =>
        _avoided.TryGetValue(machine, out var until) && until > time.GetUtcNow() ? until : null;

    /// <summary>
    /// Whether MAAS has recently refused to deploy the image on several machines, although its list may contain the image.
    /// </summary>
    public bool IsRefused(ImageName image) =>
        _unfit.Count(refused => refused.Value == image && AvoidedUntil(refused.Key) is not null) >= RefusalsBeforeImageIsRefused;

    /// <summary>Whether a call whose answer was lost, or one of an earlier process, may still allocate the machine.</summary>
    public bool MayStillBeAllocated(HeldMachine machine) =>
        _inFlight.MayTakeEffect(machine.Intent, askedBefore: !_unsent.ContainsKey(machine.Intent));

    /// <summary>Allocates exactly this machine, or adopts the allocation of an earlier call.</summary>
    /// <returns>
    /// Done when the machine is <see cref="MachineState.Allocated"/>. Waiting when MAAS refused it; the machine is then
    /// <see cref="MachineState.Released"/>, unless an earlier call may still take effect.
    /// </returns>
    public async Task<StepOutcome> AllocateAsync(IMachineOwner owner, HeldMachine machine, CancellationToken cancellationToken)
    {
        var askedBefore = !_unsent.TryRemove(machine.Intent, out _);
        if (
            askedBefore
            && !_calls.IsPending(AllocateKey(machine))
            && await FindAllocatedAsync(owner, machine, cancellationToken) is { } taken
        )
        {
            owner.RecordEvent(
                EventSeverity.Info,
                "Adopted",
                $"{machine.Hostname} was allocated before the engine was interrupted",
                machine.Machine
            );
            return await SaveAllocatedAsync(owner, machine, taken, cancellationToken);
        }

        RegionMachine given;
        try
        {
            given = await _calls.AwaitAsync(
                CallOf(owner, machine, AllocateKey(machine), $"allocate {machine.Hostname}"),
                () =>
                    _inFlight.TrackAsync(
                        machine.Intent,
                        owner.View.Region.AllocateAsync(
                            machine.Machine,
                            machine.Intent,
                            MachineMark.Read(owner.Annotate(machine))?.ToComment() ?? "",
                            cancellationToken
                        )
                    )
            );
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Conflict or RegionFailure.NotFound or RegionFailure.Forbidden)
        {
            // An earlier call whose answer was lost may have allocated the machine meanwhile.
            if (await FindAllocatedAsync(owner, machine, cancellationToken) is { } ours)
            {
                return await SaveAllocatedAsync(owner, machine, ours, cancellationToken);
            }

            if (_inFlight.MayTakeEffect(machine.Intent, askedBefore))
            {
                return new StepOutcome.Waiting(
                    Reasons.Observing,
                    $"MAAS does not allocate {machine.Hostname} now ({refused.Message}), and an earlier call for it may "
                        + "still take effect."
                );
            }

            owner.View.Invalidate();
            return await SaveRefusedAsync(
                owner,
                machine,
                $"MAAS did not allocate {machine.Hostname}: {refused.Message}",
                cancellationToken
            );
        }

        owner.View.Machines.RecordResult(given);
        if (given.Id != machine.Machine)
        {
            // Early MAAS 3 could answer with a different machine than the requested one (LP 1990289).
            owner.View.Machines.RecordResult(
                await owner.View.Region.ReleaseAsync(given.Id, ErasePolicy.None, "not the requested machine", cancellationToken)
            );
            return await SaveRefusedAsync(
                owner,
                machine,
                $"MAAS allocated {given.Hostname} instead of {machine.Hostname}; {given.Hostname} was released",
                cancellationToken
            );
        }

        return await SaveAllocatedAsync(owner, machine, given, cancellationToken);
    }

    /// <summary>Deploys the machine.</summary>
    /// <param name="machine">The owner has stored it with <see cref="HeldMachine.DeployWasAsked"/>.</param>
    /// <param name="userData">The cloud-init document. Secret.</param>
    /// <returns>
    /// Done when the machine is <see cref="MachineState.Deploying"/>, or <see cref="MachineState.Failed"/> because MAAS refuses
    /// to deploy it.
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
            throw new InvalidOperationException($"The deployment of {machine.Hostname} is not stored.");
        }

        try
        {
            owner.View.Machines.RecordResult(
                await _calls.AwaitAsync(
                    CallOf(owner, machine, DeployKey(machine), $"deploy {machine.Hostname}"),
                    () =>
                        _inFlight.TrackAsync(
                            DeployKey(machine),
                            owner.View.Region.DeployAsync(machine.Machine, image.Value, userData, cancellationToken)
                        )
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
                    owner.View.Invalidate();
                    return new StepOutcome.Waiting(
                        Reasons.Observing,
                        $"MAAS does not deploy {machine.Hostname} now: {refused.Message}"
                    );
                case RegionFailure.ImageUnfit:
                    // Another machine may accept the image. This one is released, and placement avoids it for a while.
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
                    return RefuseLocked("deploy", machine, refused);
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
    /// Releases the machine once no earlier call can take it again. A machine that another user has taken since is not touched.
    /// </summary>
    /// <returns>Done when the machine is <see cref="MachineState.Releasing"/> or <see cref="MachineState.Released"/>.</returns>
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
            // MAAS may have allocated the machine before an interruption. An allocation that was never sent needs no check.
            var neverAsked = _unsent.ContainsKey(machine.Intent);
            var taken = neverAsked ? null : await FindAllocatedAsync(owner, machine, cancellationToken);
            if (taken is null)
            {
                if (!neverAsked && _inFlight.MayTakeEffect(machine.Intent, askedBefore: true))
                {
                    return WaitForInterrupted("An allocation", machine);
                }

                _unsent.TryRemove(machine.Intent, out _);
                return await SaveReleasedAsync(owner, machine, cancellationToken);
            }

            // MAAS drops the intent when a release begins, and the machine cannot be found by it afterwards. So the state is
            // stored first.
            owner.View.Machines.RecordResult(taken);
            machine = await EnterReleasingAsync(owner, machine, cancellationToken);
        }

        // MAAS treats a late deploy call for a free machine as an allocation.
        if (
            machine.State is MachineState.Allocated or MachineState.Releasing
            && _inFlight.MayTakeEffect(
                DeployKey(machine),
                askedBefore: machine is { State: MachineState.Allocated, DeployWasAsked: true }
            )
        )
        {
            return WaitForInterrupted("A deployment", machine);
        }

        // A late allocation would take the machine again as soon as it is free.
        if (_inFlight.MayTakeEffect(machine.Intent, askedBefore))
        {
            return WaitForInterrupted("An allocation", machine);
        }

        if (
            machine.State is MachineState.Releasing
            && await CheckReleaseAsync(owner, machine, cancellationToken) is { } elsewhere
        )
        {
            return elsewhere;
        }

        // The answer of a request that was counted before is not a request of its own.
        var asked = _calls.IsPending(ReleaseKey(machine)) ? machine : machine.RequestRelease(time.GetUtcNow());
        try
        {
            owner.View.Machines.RecordResult(
                await _calls.AwaitAsync(
                    CallOf(owner, machine, ReleaseKey(machine), $"release {machine.Hostname}"),
                    () => owner.View.Region.ReleaseAsync(machine.Machine, erase, $"gantry: {reason}", cancellationToken)
                )
            );
            await EnterReleasingAsync(owner, asked, cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException gone) when (gone.Failure is RegionFailure.NotFound)
        {
            return await SaveReleasedAsync(
                owner,
                await EnterReleasingAsync(owner, machine, cancellationToken),
                cancellationToken
            );
        }
        catch (RegionException refused)
            when (refused.Failure is RegionFailure.Conflict or RegionFailure.Forbidden or RegionFailure.MachineFailed)
        {
            owner.View.Invalidate();
            await owner.SaveAsync(asked with { ReleaseFailure = refused.Message }, cancellationToken);

            // MAAS answers 403 without a message both for a locked machine and for a missing permission.
            return refused.Failure is RegionFailure.Forbidden
                ? RefuseLocked("release", machine, refused)
                : new StepOutcome.Refused(
                    Reasons.MachineOutOfService,
                    $"MAAS does not release {machine.Hostname}: {refused.Message}"
                );
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            if (_calls.IsPending(ReleaseKey(machine)))
            {
                await owner.SaveAsync(asked, cancellationToken);
            }

            throw;
        }
        catch (RegionException away) when (away.Failure is RegionFailure.Unreachable)
        {
            // MAAS answers 5xx for this one machine, or it is away: the pause spares the other work of the owner either way.
            await owner.SaveAsync(
                machine.ReleaseRequests > 0 ? asked with { ReleaseFailure = machine.ReleaseFailure ?? away.Message } : asked,
                cancellationToken
            );
            throw;
        }
    }

    /// <summary>Stores why the machine failed, with MAAS's newest events. Placement no longer chooses it.</summary>
    /// <param name="failure">The failure without evidence, which this method adds.</param>
    public async Task QuarantineAsync(IMachineOwner owner, QuarantinedMachine failure, CancellationToken cancellationToken)
    {
        var evidence = new List<string>();
        if (owner.View.Machines.Find(failure.Machine) is { } seen)
        {
            evidence.Add(MaasWords.Describe(seen));
        }

        try
        {
            evidence.AddRange(
                await ReadAsync(
                    owner,
                    $"events of {failure.Machine}",
                    $"list the events of {failure.Hostname}",
                    (region, token) => region.ListEventsAsync(failure.Machine, EvidenceLines, token),
                    cancellationToken
                )
            );
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            // A machine that failed does not stay where it is for want of more evidence.
            evidence.Add(late.Message);
        }

        await QuarantineAsync(failure with { Evidence = [.. evidence] }, cancellationToken);
    }

    /// <summary>Stores why placement no longer chooses the machine.</summary>
    public async Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken)
    {
        await ledger.QuarantineAsync(machine, cancellationToken);
        _quarantine[machine.Machine] = machine;
        Interlocked.Increment(ref _version);
    }

    /// <summary>Takes the machine out of quarantine, so that placement may choose it again.</summary>
    public async Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken)
    {
        await ledger.ClearQuarantineAsync(machine, cancellationToken);
        _quarantine.TryRemove(machine, out _);
        Interlocked.Increment(ref _version);
    }

    /// <summary>The machine, while MAAS shows it as allocated with this intent; <c>null</c> otherwise.</summary>
    /// <exception cref="RegionException"><see cref="RegionFailure.Unreadable"/>: nothing else is known of it.</exception>
    public async Task<RegionMachine?> FindAllocatedAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
    {
        var found = await ReadAsync(
            owner,
            machine.Machine.Value,
            $"find {machine.Hostname} by {machine.Intent}",
            (region, token) => region.FindByIntentAsync(machine.Intent, token),
            cancellationToken
        );
        return found.FirstOrDefault(taken => taken.Id == machine.Machine) is { Unreadable: { } part }
            ? throw new RegionException(
                RegionFailure.Unreadable,
                $"MAAS's answer about {machine.Hostname} cannot be read: {part}."
            )
            : found.FirstOrDefault(taken => taken.Id == machine.Machine);
    }

    /// <summary>Asks MAAS, as <see cref="PendingCalls"/> does.</summary>
    /// <param name="subject">What has one call at a time: a machine, mostly.</param>
    /// <param name="what">The question as a clause for people; the same clause is the same question.</param>
    internal Task<T> ReadAsync<T>(
        IMachineOwner owner,
        string subject,
        string what,
        Func<IRegion, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    ) =>
        _calls.AwaitAsync(
            new MaasCall(owner.Id.Value, subject, $"{what} for {owner.Id} by key {owner.View.Number}", what) { IsRead = true },
            () => read(owner.View.Region, CancellationToken.None),
            cancellationToken
        );

    /// <summary>Writes annotations on the machine; see <see cref="PendingCalls"/>.</summary>
    internal Task AnnotateAsync(
        IMachineOwner owner,
        RegionMachine machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) =>
        _calls.AwaitAsync(
            new MaasCall(
                owner.Id.Value,
                machine.Id.Value,
                // The answer of a call that wrote something else is not the answer of this one.
                $"annotate {machine.Id} for {owner.Id}: {string.Join(' ', annotations)}",
                $"annotate {machine.Hostname}"
            ),
            async () =>
            {
                await owner.View.Region.AnnotateAsync(machine.Id, annotations, cancellationToken);
                return true;
            },
            cancellationToken
        );

    private static MaasCall CallOf(IMachineOwner owner, HeldMachine machine, string key, string what) =>
        new(owner.Id.Value, machine.Machine.Value, key, what);

    private async Task<StepOutcome> SaveAllocatedAsync(
        IMachineOwner owner,
        HeldMachine machine,
        RegionMachine taken,
        CancellationToken cancellationToken
    )
    {
        owner.View.Machines.RecordResult(taken);
        var allocated = machine.Enter(MachineState.Allocated, time.GetUtcNow()) with { Zone = taken.Zone };
        await owner.SaveAsync(allocated, cancellationToken);
        var mark = owner.Annotate(allocated);
        try
        {
            await AnnotateAsync(owner, taken, mark, cancellationToken);
            owner.View.Machines.RecordResult(taken with { Mark = MachineMark.Read(mark) });
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            // The list shows the mark when it is there; a machine without it is marked again.
        }

        return StepOutcome.Finished;
    }

    private async Task<StepOutcome> SaveRefusedAsync(
        IMachineOwner owner,
        HeldMachine machine,
        string message,
        CancellationToken cancellationToken
    )
    {
        Avoid(machine);
        await SaveReleasedAsync(owner, machine, cancellationToken);
        return new StepOutcome.Waiting(Reasons.Observing, message);
    }

    private void Avoid(HeldMachine machine)
    {
        _avoided[machine.Machine] = time.GetUtcNow() + options.Avoid;
        Interlocked.Increment(ref _version);
    }

    private async Task<StepOutcome> SaveReleasedAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
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

    // Decides whether a release is sent again. The machine may have become free since, and somebody with the same MAAS user may
    // have allocated it. MAAS keeps the intent of the last allocation and drops it when a release begins.
    private async Task<StepOutcome?> CheckReleaseAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    )
    {
        if (await FindAllocatedAsync(owner, machine, cancellationToken) is not null)
        {
            return null;
        }

        var found = await ReadAsync(
            owner,
            machine.Machine.Value,
            $"show {machine.Hostname}",
            (region, token) => region.FindAsync(machine.Machine, token),
            cancellationToken
        );
        if (found is Observation<RegionMachine>.Unknown { Reason: var hidden })
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                $"Nobody knows whether {machine.Hostname} is given back: {hidden}."
            );
        }

        switch (found.ValueOrDefault)
        {
            // It was handed over to another MAAS user since the run began. The next run says so.
            case { IsOurs: false, Owner: not null, Mark: { } mark } when mark.Intent == machine.Intent:
                return new StepOutcome.Waiting(
                    Reasons.Observing,
                    $"MAAS shows {machine.Hostname} with our mark and another owner."
                );
            case { IsOurs: true, Status: MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing }:
                return null;
            case { IsOurs: true, Status: MaasStatus.Releasing or MaasStatus.DiskErasing } seen:
                owner.View.Machines.RecordResult(seen);
                return new StepOutcome.Waiting(Reasons.Releasing, $"MAAS releases {machine.Hostname}.");

            // A late deploy call has taken the machine again, without an intent.
            case { IsOurs: true, Status: MaasStatus.Deploying or MaasStatus.Deployed or MaasStatus.FailedDeployment }
                when !machine.WasInUse && time.GetUtcNow() - machine.Since < SoonAfterRelease:
                return null;

            // MAAS drops the intent also when it refuses the release then, because the BMC does not answer. The mark goes at the end of
            // a release, and the log of events tells that nobody has taken the machine since.
            case { IsOurs: true, Status: not (MaasStatus.Ready or MaasStatus.New or MaasStatus.Broken), Mark: { } mark }
                when mark.Intent == machine.Intent
                    && (await FindLastAllocationAsync(owner, machine, cancellationToken))?.Intent == mark.Intent:
                return null;
            default:
                return await SaveReleasedAsync(owner, machine, cancellationToken);
        }
    }

    private Task<MachineMark?> FindLastAllocationAsync(
        IMachineOwner owner,
        HeldMachine machine,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            owner,
            machine.Machine.Value,
            $"tell who allocated {machine.Hostname}",
            (region, token) => region.FindAllocationAsync(machine.Machine, token),
            cancellationToken
        );

    private static StepOutcome.Waiting WaitForInterrupted(string what, HeldMachine machine) =>
        new(Reasons.Observing, $"{what} of {machine.Hostname} was interrupted and may still take effect in MAAS.");

    private static StepOutcome.Refused RefuseLocked(string act, HeldMachine machine, RegionException refused) =>
        new(
            Reasons.MachineLocked,
            $"MAAS does not permit Gantry to {act} {machine.Hostname}; unlock it if it is locked, or give the account's user "
                + $"the permission ({refused.Message})"
        );

    private static string AllocateKey(HeldMachine machine) => $"allocate {machine.Intent}";

    private static string DeployKey(HeldMachine machine) => $"deploy {machine.Intent}";

    private static string ReleaseKey(HeldMachine machine) => $"release {machine.Intent}";
}
