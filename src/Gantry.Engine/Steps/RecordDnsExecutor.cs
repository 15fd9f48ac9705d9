using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Creates the DNS record or sets its addresses.</summary>
internal sealed class RecordDnsExecutor : StepExecutor<Step.RecordDns>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.RecordDns step, CancellationToken cancellationToken)
    {
        // An earlier process that claimed the name may have asked MAAS for it.
        var claimedBefore = run.Record.Endpoint is not null;
        if (!claimedBefore)
        {
            if (
                await run.FindDnsAsync(step.Fqdn, cancellationToken) is not null
                || !await EndpointClaim.TryClaimAsync(
                    run,
                    new EndpointRecord(EndpointKind.DnsRecord, step.Fqdn, EndpointPlan.Port, false, []),
                    cancellationToken
                )
            )
            {
                return new StepOutcome.Refused(
                    Reasons.AddressUnavailable,
                    $"endpoint: the DNS name {step.Fqdn} is already in use in MAAS; rename the cluster, remove the record or "
                        + "choose another domain"
                );
            }
        }

        try
        {
            // An earlier call that was under way may have written other addresses.
            for (var isRight = false; !isRight; )
            {
                var written = await run.RecordDnsAsync(step.Fqdn, step.Addresses, cancellationToken);
                run.View.Endpoints.Invalidate();
                await run.SaveAsync(run.Record with { Endpoint = run.Record.Endpoint!.WithDns(written) }, cancellationToken);
                isRight = written == step.Addresses;
            }
        }
        catch (RegionException refused)
            when (!run.Record.Endpoint!.Taken
                && refused.Failure
                    is RegionFailure.NotFound
                        or RegionFailure.Invalid
                        or RegionFailure.Conflict
                        or RegionFailure.Forbidden
            )
        {
            // The name was free when this cluster claimed it, so a record that exists now comes from an earlier call whose answer
            // was lost.
            if (
                run.State.InFlight.MayTakeEffect(step.Fqdn, askedBefore: claimedBefore)
                || await run.FindDnsAsync(step.Fqdn, cancellationToken) is not null
            )
            {
                return new StepOutcome.Waiting(
                    Reasons.AddressUnavailable,
                    $"MAAS does not record {step.Fqdn} now: {refused.Message}"
                );
            }

            await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
            return new StepOutcome.Refused(
                refused.Failure switch
                {
                    RegionFailure.Forbidden => Reasons.DnsNeedsAdministrator,
                    RegionFailure.NotFound => Reasons.DomainMissing,
                    _ => Reasons.AddressUnavailable,
                },
                $"endpoint.domain: {step.Fqdn} cannot be recorded: {refused.Message}"
            );
        }

        return StepOutcome.Finished;
    }
}
