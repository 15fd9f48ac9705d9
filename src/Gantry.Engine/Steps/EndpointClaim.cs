using Gantry.Engine.Ledger;

namespace Gantry.Engine.Steps;

/// <summary>Stores the endpoint that a cluster is about to take, so that no other cluster of the account takes it.</summary>
internal static class EndpointClaim
{
    /// <returns>Whether no other cluster of the account has it.</returns>
    public static async Task<bool> TryClaimAsync(RunScope run, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        using (await run.State.PlacementLock.EnterAsync())
        {
            var spokenFor = run.State.Records.Any(record =>
                record.Spec.Id != run.Spec.Id && record.Spec.Account == run.Spec.Account && record.Endpoint?.Host == endpoint.Host
            );
            if (spokenFor)
            {
                return false;
            }

            await run.SaveAsync(run.Record with { Endpoint = endpoint }, cancellationToken);
            return true;
        }
    }
}
