using Gantry.Engine.Ledger;

namespace Gantry.Engine.Steps;

/// <summary>
/// Claims an endpoint in the ledger before MAAS is asked for it, so that no other cluster of the account takes it.
/// </summary>
internal static class EndpointClaim
{
    /// <returns>False when another cluster of the account has the endpoint.</returns>
    public static async Task<bool> TryClaimAsync(RunScope run, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        using (await run.State.PlacementLock.EnterAsync())
        {
            var claimed = run.State.Records.Any(record =>
                record.Spec.Id != run.Spec.Id && record.Spec.Account == run.Spec.Account && record.Endpoint?.Host == endpoint.Host
            );
            if (claimed)
            {
                return false;
            }

            await run.SaveAsync(run.Record with { Endpoint = endpoint }, cancellationToken);
            return true;
        }
    }
}
