using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>The API server endpoint of a cluster: a reserved address, a DNS record, or an operator's own address.</summary>
public static class EndpointPlan
{
    /// <summary>Port of the API server behind an endpoint of ours.</summary>
    public const int Port = 6443;

    /// <summary>The DNS name of a cluster's API server in a MAAS domain.</summary>
    public static string DnsName(ClusterSpec cluster, EndpointChoice.MaasDns choice) => $"{cluster.Name}-api.{choice.Domain}";

    internal static void Reserve(PlanBuilder builder, bool takesMachines)
    {
        if (builder.Observed.Endpoint is { Taken: true })
        {
            return;
        }

        switch (builder.Desired.Endpoint)
        {
            case EndpointChoice.VirtualIp choice when takesMachines || builder.ControlPlanes.Any(seen => seen.Member.Stays):
                builder.Do(
                    new Step.ReserveAddress(
                        choice.Subnet,
                        choice.Address?.ToString(),
                        "the virtual IP of the API server, kept from everybody else"
                    )
                );
                break;
            case EndpointChoice.MaasDns choice:
                builder.Do(
                    new Step.RecordDns(
                        DnsName(builder.Desired, choice),
                        [],
                        "the name of the API server, kept from everybody else"
                    )
                );
                break;
        }
    }

    /// <summary>Keeps in MAAS what makes the endpoint the cluster's, and touches nothing that has become somebody else's.</summary>
    internal static void Keep(PlanBuilder builder)
    {
        if (builder.Observed.Endpoint is not { Taken: true } endpoint)
        {
            return;
        }

        switch (endpoint.Problem)
        {
            case { Fault: EndpointFault.ReservationGone }:
                builder.Do(new Step.ReserveAddress(null, endpoint.Host, "MAAS keeps the virtual IP for nobody any more"));
                break;
            case { Fault: EndpointFault.AddressTaken } taken:
                builder.Refuse(Reasons.AddressTaken, taken.Message);
                break;
            case { Fault: EndpointFault.RecordTaken } taken:
                builder.Refuse(Reasons.DnsRecordTaken, taken.Message);
                break;
            default:
                KeepDnsRight(builder, endpoint);
                break;
        }
    }

    // The record points at the control planes that serve, without those about to leave.
    private static void KeepDnsRight(PlanBuilder builder, EndpointFacts endpoint)
    {
        if (builder.Desired.Endpoint is not EndpointChoice.MaasDns choice)
        {
            return;
        }

        ValueList<string> serving =
        [
            .. builder
                .ControlPlanes.Select(seen => seen.Member)
                .Where(member => Serves(member, builder.Observed.Initialized))
                .SelectMany(member => member.Addresses.Take(1))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        if (serving != endpoint.DnsAddresses)
        {
            builder.Do(
                new Step.RecordDns(
                    DnsName(builder.Desired, choice),
                    serving,
                    serving.Count is 1 ? "1 control plane serves the API" : $"{serving.Count} control planes serve the API"
                )
            );
        }
    }

    // Before the first API server answers, the record points at the machine that will run it.
    internal static bool Serves(Member member, bool initialized) =>
        member.State switch
        {
            MachineState.Ready or MachineState.NotReady => true,
            MachineState.Joining => member.Initializes,
            MachineState.Deploying => member.Initializes && !initialized,
            _ => false,
        };
}
