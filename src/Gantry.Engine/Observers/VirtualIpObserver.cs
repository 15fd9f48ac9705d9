using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>Who has the virtual IP, and who could take it.</summary>
internal static class VirtualIpObserver
{
    // Who is ready is looked at while the holder of the address leaves: the API server of a machine that is not in etcd is up, and useless.
    public static async Task<Observation<VirtualIpFacts>> ObserveAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Record.Endpoint is not { Kind: EndpointKind.ReservedAddress })
        {
            return new Observation<VirtualIpFacts>.Absent();
        }

        if (run.Workload is not { } workload)
        {
            return new Observation<VirtualIpFacts>.Unknown("the API server does not answer");
        }

        try
        {
            if (await workload.FindVirtualIpAsync(cancellationToken) is not { } facts)
            {
                return new Observation<VirtualIpFacts>.Absent();
            }

            run.State.VirtualIps[run.Spec.Id] = facts;
            var controlPlanes = run.Record.Members.Where(member => member.Role is PoolRole.ControlPlane).ToList();
            if (
                !controlPlanes.Exists(member => !member.Stays && (member.HandOver is not null || member.NodeName == facts.Holder))
            )
            {
                return new Observation<VirtualIpFacts>.Present(facts);
            }

            var addresses = controlPlanes.Where(member => member.JoinedAt is not null).SelectMany(member => member.Addresses);
            var reach = await workload.ProbeEndpointAsync([.. addresses], cancellationToken);
            return new Observation<VirtualIpFacts>.Present(facts with { Reach = reach });
        }
        catch (WorkloadException silent)
        {
            // One answer that is missed makes no holder leave with the address.
            return run.State.VirtualIps.TryGetValue(run.Spec.Id, out var last)
                ? new Observation<VirtualIpFacts>.Present(last)
                : new Observation<VirtualIpFacts>.Unknown(silent.Message.TrimEnd('.'));
        }
    }
}
