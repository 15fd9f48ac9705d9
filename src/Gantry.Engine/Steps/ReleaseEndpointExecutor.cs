using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Releases the reserved address or removes the DNS record.</summary>
internal sealed class ReleaseEndpointExecutor : StepExecutor<Step.ReleaseEndpoint>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.ReleaseEndpoint step,
        CancellationToken cancellationToken
    )
    {
        var endpoint = run.Record.Endpoint!;
        var isLeaving = run.IsReleasing(endpoint.Host) || run.IsRemovingDns(endpoint.Host);
        if (
            !isLeaving
            && run.State.InFlight.MayTakeEffect(
                endpoint.Host,
                askedBefore: endpoint is { Taken: false } or { Kind: EndpointKind.DnsRecord }
            )
        )
        {
            return new StepOutcome.Waiting(
                Reasons.Releasing,
                $"A call for {endpoint.Host} was interrupted and may still take effect in MAAS."
            );
        }

        if (endpoint.Kind is EndpointKind.ReservedAddress)
        {
            if (Holdings.IsAnothers(run, endpoint, []))
            {
                run.RecordEvent(
                    EventSeverity.Warning,
                    "EndpointChanged",
                    $"MAAS shows that {endpoint.Host} belongs to another cluster now: it stays"
                );
            }
            else if (isLeaving || await run.IsReservedAsync(endpoint.Host, cancellationToken))
            {
                await run.ReleaseAddressAsync(endpoint.Host, cancellationToken);
            }
            else if (run.Record.Hidden is { Count: > 0 })
            {
                // MAAS shows a user only what that user has reserved.
                return new StepOutcome.Waiting(
                    Reasons.Releasing,
                    $"MAAS does not show {endpoint.Host} to the account's user, who may be another than the one who reserved it."
                );
            }
        }
        else if (endpoint.Kind is EndpointKind.DnsRecord)
        {
            var there = isLeaving ? null : await run.FindDnsAsync(endpoint.Host, cancellationToken);
            if (there is not null && Holdings.IsForeign(run.Record, there))
            {
                run.RecordEvent(
                    EventSeverity.Warning,
                    "EndpointChanged",
                    $"the DNS record {endpoint.Host} shows {string.Join(", ", there)}, which this cluster never had: it stays"
                );
            }
            else if (there is not null && Holdings.IsAnothers(run, endpoint, there))
            {
                run.RecordEvent(
                    EventSeverity.Warning,
                    "EndpointChanged",
                    $"MAAS shows that {endpoint.Host} belongs to another cluster of this name now: it stays"
                );
            }
            else if (isLeaving || there is not null)
            {
                await run.RemoveDnsAsync(endpoint.Host, cancellationToken);
            }
        }

        run.View.Endpoints.Invalidate();
        await run.SaveAsync(run.Record with { Endpoint = null }, cancellationToken);
        return StepOutcome.Finished;
    }
}
