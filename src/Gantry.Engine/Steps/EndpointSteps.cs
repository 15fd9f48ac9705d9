using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Steps that take and give back the way in to a cluster.</summary>
internal static class EndpointSteps
{
    public static async Task<StepOutcome> ReserveAsync(RunScope run, Step.ReserveAddress step, CancellationToken cancellationToken)
    {
        try
        {
            return run.Record.Endpoint is { } begun
                ? await FinishAsync(run, step, begun, cancellationToken)
                : await BeginAsync(run, step, cancellationToken);
        }
        catch (RegionException refused) when (refused.Failure
            is RegionFailure.Conflict or RegionFailure.Exhausted or RegionFailure.NotFound or RegionFailure.Invalid or RegionFailure.Forbidden)
        {
            // An earlier call of ours whose answer was lost may have taken it in the meantime.
            if (refused.Failure is RegionFailure.Conflict && run.Record.Endpoint is { } claimed
                && await run.Region.IsReservedAsync(claimed.Host, cancellationToken))
            {
                return await TakenAsync(run, claimed, cancellationToken);
            }

            if (run.Record.Endpoint is { } asked && run.State.Late.MayArrive(asked.Host, askedBefore: false))
            {
                return new StepOutcome.Waiting(Reasons.AddressUnavailable, $"MAAS does not reserve {asked.Host} now ({refused.Message}), and an earlier call for it may still arrive there.");
            }

            await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
            return new StepOutcome.Refused(Reasons.AddressUnavailable, Explain(step, refused.Message));
        }
    }

    public static async Task<StepOutcome> RecordDnsAsync(RunScope run, Step.RecordDns step, CancellationToken cancellationToken)
    {
        if (run.Record.Endpoint is null)
        {
            if (await run.Region.FindDnsAsync(step.Fqdn, cancellationToken) is not null
                || !await ClaimAsync(run, new EndpointRecord(EndpointKind.DnsRecord, step.Fqdn, EndpointPlan.Port, false, []), cancellationToken))
            {
                return new StepOutcome.Refused(
                    Reasons.AddressUnavailable,
                    $"endpoint: the DNS name {step.Fqdn} is taken in MAAS; rename the cluster, remove the record or choose another domain");
            }
        }

        try
        {
            await run.State.Late.WatchAsync(step.Fqdn, run.Region.RecordDnsAsync(step.Fqdn, step.Addresses, cancellationToken));
        }
        catch (RegionException refused) when (!run.Record.Endpoint!.Taken
            && refused.Failure is RegionFailure.NotFound or RegionFailure.Invalid or RegionFailure.Conflict or RegionFailure.Forbidden)
        {
            // There was none when we claimed the name: what is there now comes from an earlier call of ours whose answer was lost.
            if (run.State.Late.MayArrive(step.Fqdn, askedBefore: false) || await run.Region.FindDnsAsync(step.Fqdn, cancellationToken) is not null)
            {
                return new StepOutcome.Waiting(Reasons.AddressUnavailable, $"MAAS does not record {step.Fqdn} now: {refused.Message}");
            }

            await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
            return new StepOutcome.Refused(Reasons.AddressUnavailable, $"endpoint.domain: {step.Fqdn} cannot be recorded: {refused.Message}");
        }

        await run.SaveAsync(
            run.Record with { Endpoint = run.Record.Endpoint! with { Taken = true, DnsAddresses = step.Addresses } }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> ReleaseAsync(RunScope run, CancellationToken cancellationToken)
    {
        var endpoint = run.Record.Endpoint!;
        if (run.State.Late.MayArrive(endpoint.Host, askedBefore: endpoint is { Taken: false } or { Kind: EndpointKind.DnsRecord }))
        {
            return new StepOutcome.Waiting(Reasons.Releasing, $"A call for {endpoint.Host} was interrupted and may still arrive in MAAS.");
        }

        if (endpoint.Kind is EndpointKind.ReservedAddress)
        {
            if (await run.Region.IsReservedAsync(endpoint.Host, cancellationToken))
            {
                await run.Region.ReleaseAddressAsync(endpoint.Host, cancellationToken);
            }
        }
        else if (endpoint.Kind is EndpointKind.DnsRecord)
        {
            if (await run.Region.FindDnsAsync(endpoint.Host, cancellationToken) is not null)
            {
                await run.Region.RemoveDnsAsync(endpoint.Host, cancellationToken);
            }
        }

        await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
        return StepOutcome.Finished;
    }

    // Nothing was asked of MAAS yet: what is reserved now was reserved by somebody else, and is not ours to use.
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
                    "endpoint.subnet: MAAS names no subnet for the first control plane's boot interface; write the subnet of the virtual IP");
            }

            var spokenFor = run.State.Records.Select(record => record.Endpoint?.Host).OfType<string>().ToHashSet(StringComparer.Ordinal);
            address = await run.Region.FindFreeAddressAsync(subnet, spokenFor, cancellationToken);
        }

        var endpoint = new EndpointRecord(EndpointKind.ReservedAddress, address, EndpointPlan.Port, false, []);
        if (await run.Region.IsReservedAsync(address, cancellationToken) || !await ClaimAsync(run, endpoint, cancellationToken))
        {
            return new StepOutcome.Refused(Reasons.AddressUnavailable, Explain(step, $"{address} is reserved already"));
        }

        await run.State.Late.WatchAsync(address, run.Region.ReserveAsync(address, cancellationToken));
        return await TakenAsync(run, endpoint, cancellationToken);
    }

    private static async Task<StepOutcome> FinishAsync(
        RunScope run, Step.ReserveAddress step, EndpointRecord begun, CancellationToken cancellationToken)
    {
        _ = step;
        if (!await run.Region.IsReservedAsync(begun.Host, cancellationToken))
        {
            await run.State.Late.WatchAsync(begun.Host, run.Region.ReserveAsync(begun.Host, cancellationToken));
        }

        return await TakenAsync(run, begun, cancellationToken);
    }

    private static async Task<StepOutcome> TakenAsync(RunScope run, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        await run.SaveAsync(run.Record with { Endpoint = endpoint with { Taken = true } }, cancellationToken);
        return StepOutcome.Finished;
    }

    private static async Task<bool> ClaimAsync(RunScope run, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        using (await run.State.PlacementLock.EnterAsync())
        {
            var spokenFor = run.State.Records.Any(record => record.Spec.Id != run.Spec.Id
                && record.Spec.Account == run.Spec.Account && record.Endpoint?.Host == endpoint.Host);
            if (spokenFor)
            {
                return false;
            }

            await run.SaveAsync(run.Record with { Endpoint = endpoint }, cancellationToken);
            return true;
        }
    }

    private static string? SubnetOfControlPlane(RunScope run) => run.Record.Members
        .Where(member => member.Role is PoolRole.ControlPlane)
        .Select(member => run.View.Find(member.Machine)?.Subnet)
        .FirstOrDefault(subnet => subnet is not null);

    private static string Explain(Step.ReserveAddress step, string why) => step.Address is null
        ? $"endpoint.subnet: no virtual IP can be reserved in {step.Subnet ?? "the control plane's subnet"}: {why}"
        : $"endpoint.address: {step.Address} cannot be reserved: {why}; choose a free address outside MAAS's dynamic ranges";
}
