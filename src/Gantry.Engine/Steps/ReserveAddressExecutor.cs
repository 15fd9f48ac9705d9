using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Reserves the virtual IP in MAAS. The ledger stores the address before the reservation.</summary>
internal sealed class ReserveAddressExecutor : StepExecutor<Step.ReserveAddress>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.ReserveAddress step,
        CancellationToken cancellationToken
    )
    {
        var claimedBefore = run.Record.Endpoint;
        try
        {
            return claimedBefore is { } begun
                ? await FinishAsync(run, begun, cancellationToken)
                : await BeginAsync(run, step, cancellationToken);
        }
        catch (RegionException refused)
            when (refused.Failure
                    is RegionFailure.Conflict
                        or RegionFailure.Exhausted
                        or RegionFailure.NotFound
                        or RegionFailure.Invalid
                        or RegionFailure.Forbidden
            )
        {
            // An earlier call whose answer was lost may have reserved the address meanwhile.
            if (
                refused.Failure is RegionFailure.Conflict
                && run.Record.Endpoint is { } claimed
                && await run.IsReservedAsync(claimed.Host, cancellationToken)
            )
            {
                return await TakenAsync(run, claimed, cancellationToken);
            }

            if (run.Record.Endpoint is { Taken: true } lost)
            {
                // The cluster runs on the address: it is asked for again at the next look, and given up by nobody but a person.
                var problem = new EndpointProblem(
                    EndpointFault.AddressTaken,
                    $"MAAS does not keep {lost.Host} for this account any more and does not reserve it again: {refused.Message}"
                );
                Holdings.Note(run, problem);
                return new StepOutcome.Waiting(Reasons.AddressTaken, problem.Message);
            }

            // An earlier process that claimed the address may have asked MAAS for it.
            if (
                run.Record.Endpoint is { } asked
                && run.State.InFlight.MayTakeEffect(asked.Host, askedBefore: claimedBefore is not null)
            )
            {
                return new StepOutcome.Waiting(
                    Reasons.AddressUnavailable,
                    $"MAAS does not reserve {asked.Host} now ({refused.Message}), and an earlier call for it may still "
                        + "take effect."
                );
            }

            await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
            return refused.Failure is RegionFailure.NotFound && step is { Address: null, Subnet: { } named }
                ? new StepOutcome.Refused(Reasons.SubnetMissing, EndpointRules.OfSubnet(named).Message)
                : new StepOutcome.Refused(Reasons.AddressUnavailable, Explain(step, refused.Message));
        }
    }

    // This cluster has reserved nothing yet, so a reserved address belongs to somebody else.
    private static async Task<StepOutcome> BeginAsync(RunScope run, Step.ReserveAddress step, CancellationToken cancellationToken)
    {
        var address = step.Address;
        if (address is null)
        {
            var subnet = step.Subnet ?? SubnetOfControlPlane(run);
            if (subnet is null)
            {
                return new StepOutcome.Refused(
                    Reasons.AddressUnavailable,
                    "endpoint.subnet: MAAS names no subnet for the first control plane's boot interface; set the subnet "
                        + "of the virtual IP"
                );
            }

            var claimed = run
                .State.Records.Select(record => record.Endpoint?.Host)
                .OfType<string>()
                .ToHashSet(StringComparer.Ordinal);
            address = await run.FindFreeAddressAsync(subnet, claimed, cancellationToken);
            if (!run.Record.Members.Any(member => member.DeployWasAsked) && NetworkRules.Find(run.Spec, address) is { } problem)
            {
                return new StepOutcome.Refused(
                    Reasons.AddressUnavailable,
                    $"endpoint.subnet: {subnet} overlaps a network of the cluster: {problem}; choose another subnet or network"
                );
            }
        }

        var endpoint = new EndpointRecord(EndpointKind.ReservedAddress, address, EndpointPlan.Port, false, []);
        if (
            await run.IsReservedAsync(address, cancellationToken)
            || !await EndpointClaim.TryClaimAsync(run, endpoint, cancellationToken)
        )
        {
            return new StepOutcome.Refused(Reasons.AddressUnavailable, Explain(step, $"{address} is reserved already"));
        }

        await run.ReserveAsync(address, cancellationToken);
        return await TakenAsync(run, endpoint, cancellationToken);
    }

    private static async Task<StepOutcome> FinishAsync(RunScope run, EndpointRecord begun, CancellationToken cancellationToken)
    {
        if (run.IsReserving(begun.Host) || !await run.IsReservedAsync(begun.Host, cancellationToken))
        {
            await run.ReserveAsync(begun.Host, cancellationToken);
        }

        return await TakenAsync(run, begun, cancellationToken);
    }

    private static async Task<StepOutcome> TakenAsync(RunScope run, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        run.View.Endpoints.Invalidate();
        Holdings.Note(run, null);
        await run.SaveAsync(run.Record with { Endpoint = endpoint with { Taken = true } }, cancellationToken);
        return StepOutcome.Finished;
    }

    private static string? SubnetOfControlPlane(RunScope run) =>
        run
            .Record.Members.Where(member => member.Role is PoolRole.ControlPlane)
            .Select(member => run.View.Machines.Find(member.Machine))
            .OfType<RegionMachine>()
            .Select(machine => NodeNetwork.ChooseForVirtualIp(machine.Networks, run.Spec)?.Value ?? machine.Subnet)
            .FirstOrDefault(subnet => subnet is not null);

    private static string Explain(Step.ReserveAddress step, string why) =>
        step.Address is null
            ? $"endpoint.subnet: no virtual IP can be reserved in {step.Subnet ?? "the control plane's subnet"}: {why}"
            : $"endpoint.address: {step.Address} cannot be reserved: {why}; choose a free address outside MAAS's dynamic ranges";
}
