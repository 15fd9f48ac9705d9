using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>What there is in MAAS where the cluster asks for its endpoint.</summary>
internal static class EndpointSiteObserver
{
    /// <summary>A person who has mended the place of an endpoint in MAAS waits this long at most.</summary>
    private static readonly TimeSpan SiteHolds = TimeSpan.FromSeconds(30);

    // What MAAS shows of an endpoint that it does not let the account see says nothing.
    public static async Task<EndpointSite> ObserveAsync(RunScope run, CancellationToken cancellationToken)
    {
        var asks =
            run.Spec.Endpoint
            is EndpointChoice.MaasDns
                or EndpointChoice.VirtualIp { Address: not null }
                or EndpointChoice.VirtualIp { Subnet: not null };
        if (!asks || run.Record.Endpoint is not null || run.Spec.Deletion is not null)
        {
            return EndpointSite.Unknown;
        }

        try
        {
            return await run.View.Endpoints.DescribeAsync(run.Spec.Endpoint, SiteHolds, cancellationToken);
        }
        catch (RegionException refused)
            when (refused.Failure
                    is RegionFailure.Forbidden
                        or RegionFailure.NotFound
                        or RegionFailure.Invalid
                        or RegionFailure.Unreadable
            )
        {
            return EndpointSite.Unknown;
        }
    }
}
