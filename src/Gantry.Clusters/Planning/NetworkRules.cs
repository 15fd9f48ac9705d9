using System.Globalization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>A setting of a cluster that <see cref="NetworkRules"/> judges.</summary>
public enum NetworkField
{
    Pods,
    Services,
    Endpoint,
}

public enum NetworkRule
{
    SameFamily,
    PodsApartFromServices,
    ApartFromMachines,
    EndpointOutside,
    ServiceRange,
    NodeMask,
    EnoughForNodes,
}

/// <param name="Message">The value, what is wrong with it, and what to write instead.</param>
public sealed record NetworkProblem(NetworkField Field, NetworkRule Rule, string Message)
{
    /// <summary>The field as the Kubernetes layer of a profile names it.</summary>
    public string FieldName =>
        Field switch
        {
            NetworkField.Pods => "podCIDR",
            NetworkField.Services => "serviceClusterIpRange",
            _ => "endpoint",
        };

    public string Text => $"{FieldName}: {Message}";
}

/// <summary>A subnet in which MAAS shows machines.</summary>
public sealed record MachineSubnet(Cidr Network, IReadOnlyList<Candidate> Machines);

/// <summary>
/// The networks of pods and services, those of the machines and the API server's address must not overlap, and their sizes must
/// suffice. Pure: the console judges a request by it, and the planner a cluster of which nothing exists yet; what exists keeps
/// the networks that it has.
/// </summary>
public static class NetworkRules
{
    // kubeadm, cmd/kubeadm/app/constants: MinimumAddressesInServiceSubnet is 10, of which a /28 is the next larger range;
    // MaximumBitsForServiceSubnet, which the API server has too; PodSubnetNodeMaskMaxDiff.
    private const int FewestServiceBits = 4;
    private const int MostServiceBits = 20;
    private const int MostNodeBits = 16;

    private static readonly Cidr[] PodProposals =
    [
        new ClusterNetwork().PodCidr,
        Cidr.Parse("10.244.0.0/16"),
        Cidr.Parse("172.20.0.0/14"),
        Cidr.Parse("100.96.0.0/11"),
        Cidr.Parse("10.128.0.0/9"),
        Cidr.Parse("192.168.0.0/16"),
        Cidr.Parse("fd64:64::/48"),
        Cidr.Parse("fd64:65::/48"),
    ];

    private static readonly Cidr[] ServiceProposals =
    [
        new ClusterNetwork().ServiceCidr,
        Cidr.Parse("100.80.0.0/16"),
        Cidr.Parse("172.30.0.0/16"),
        Cidr.Parse("10.43.0.0/16"),
        Cidr.Parse("192.168.128.0/17"),
        Cidr.Parse("fd64:96::/112"),
        Cidr.Parse("fd64:97::/112"),
    ];

    /// <summary>What is wrong with the networks of a cluster of which nothing exists yet.</summary>
    /// <param name="subnets">Those that MAAS shows; none where nobody has asked.</param>
    public static IReadOnlyList<NetworkProblem> Check(ClusterSpec spec, IReadOnlyList<MachineSubnet>? subnets = null)
    {
        subnets ??= [];
        return
        [
            .. Find(spec, [.. Overlapping(spec, subnets)])
                .Select(problem => problem with { Message = problem.Message + Remedy(problem, spec, subnets) }),
        ];
    }

    /// <summary>What a change makes wrong in a cluster that has machines and keeps its networks.</summary>
    public static IReadOnlyList<NetworkProblem> CheckChange(ClusterSpec before, ClusterSpec after)
    {
        var known = Find(before, []).ToList();
        return
        [
            .. Find(after, [])
                .Where(problem =>
                    problem.Rule is NetworkRule.EnoughForNodes
                        ? Nodes(after) > Nodes(before)
                        : !known.Exists(one => one.Field == problem.Field && one.Rule == problem.Rule)
                )
                .Select(problem =>
                    problem with
                    {
                        Message =
                            $"{problem.Message}; the network cannot change any more: "
                            + (problem.Rule is NetworkRule.EnoughForNodes ? "ask for fewer machines" : "take the change back"),
                    }
                ),
        ];
    }

    /// <summary>What is wrong with an address for the API server; <c>null</c> when nothing is.</summary>
    public static string? Find(ClusterSpec spec, string address) =>
        IpAddress.TryParse(address, out var known)
            ? Containing(spec, known).Select(problem => problem.Message).FirstOrDefault()
            : null;

    private static IEnumerable<NetworkProblem> Find(ClusterSpec spec, IReadOnlyList<MachineSubnet> machines) =>
        [.. Ranges(spec), .. Overlaps(spec, machines), .. Endpoints(spec), .. Sizes(spec)];

    private static IEnumerable<NetworkProblem> Ranges(ClusterSpec spec)
    {
        var (pods, services) = (spec.Network.PodCidr, spec.Network.ServiceCidr);
        if (pods.IsIPv6 != services.IsIPv6)
        {
            yield return new NetworkProblem(
                NetworkField.Services,
                NetworkRule.SameFamily,
                $"'{services}' is of another family of addresses than podCIDR {pods}, so that no pod could serve a service"
            );
        }
        else if (pods.Overlaps(services))
        {
            yield return new NetworkProblem(
                NetworkField.Pods,
                NetworkRule.PodsApartFromServices,
                $"'{pods}' overlaps serviceClusterIpRange {services}"
            );
        }

        var bits = services.AddressBits - services.PrefixLength;
        if (bits is < FewestServiceBits or > MostServiceBits)
        {
            yield return new NetworkProblem(
                NetworkField.Services,
                NetworkRule.ServiceRange,
                $"'{services}' is too {(bits > MostServiceBits ? "large" : "small")}: kubeadm and the API server take "
                    + $"/{services.AddressBits - MostServiceBits} to /{services.AddressBits - FewestServiceBits}"
            );
        }
    }

    private static IEnumerable<NetworkProblem> Overlaps(ClusterSpec spec, IReadOnlyList<MachineSubnet> machines)
    {
        foreach (var (field, network) in Both(spec))
        {
            var hit = machines.Where(subnet => subnet.Network.Overlaps(network)).ToList();
            if (hit is [var first, ..])
            {
                var more = hit.Count > 1 ? $" (and {Counted.Of(hit.Count - 1, "further subnet")})" : "";
                yield return new NetworkProblem(
                    field,
                    NetworkRule.ApartFromMachines,
                    $"'{network}' overlaps {first.Network}, the subnet in MAAS of {Counted.Of(first.Machines.Count, "machine")} that "
                        + $"the cluster may take, {first.Machines[0].Hostname} for one{more}"
                );
            }
            else if (
                spec.Endpoint is EndpointChoice.VirtualIp { Subnet: { } text }
                && Cidr.TryParse(text, out var subnet)
                && subnet.Overlaps(network)
            )
            {
                yield return new NetworkProblem(
                    field,
                    NetworkRule.ApartFromMachines,
                    $"'{network}' overlaps {subnet}, the subnet of the virtual IP"
                );
            }
        }
    }

    private static IEnumerable<NetworkProblem> Endpoints(ClusterSpec spec) =>
        AddressOf(spec.Endpoint) is { } address ? Containing(spec, address) : [];

    private static IEnumerable<NetworkProblem> Containing(ClusterSpec spec, IpAddress address) =>
        Both(spec)
            .Where(pair => pair.Network.Contains(address))
            .Select(pair => new NetworkProblem(
                NetworkField.Endpoint,
                NetworkRule.EndpointOutside,
                $"'{address}' lies in {(pair.Field is NetworkField.Pods ? "podCIDR" : "serviceClusterIpRange")} {pair.Network}"
            ));

    private static IEnumerable<NetworkProblem> Sizes(ClusterSpec spec)
    {
        var pods = spec.Network.PodCidr;
        if (NodeMask(spec) is not { } mask)
        {
            yield break;
        }

        var bits = mask - pods.PrefixLength;
        if (bits is < 0 or > MostNodeBits)
        {
            yield return new NetworkProblem(
                NetworkField.Pods,
                NetworkRule.NodeMask,
                bits < 0
                    ? $"'{pods}' is smaller than the /{mask} that each node takes of it"
                    : $"'{pods}' is too large: kubeadm takes /{mask - MostNodeBits} to /{mask} where each node takes a /{mask}"
            );
        }
        else if (Nodes(spec) > 1L << bits)
        {
            yield return new NetworkProblem(
                NetworkField.Pods,
                NetworkRule.EnoughForNodes,
                $"'{pods}' has a /{mask} for {Counted.Of(1 << bits, "node")}, and the pools ask for {Nodes(spec)} while they roll"
            );
        }
    }

    /// <summary>The address that serves the API, when the desired state names one.</summary>
    private static IpAddress? AddressOf(EndpointChoice endpoint) =>
        endpoint switch
        {
            EndpointChoice.VirtualIp virtualIp => virtualIp.Address,
            EndpointChoice.Given given when IpAddress.TryParse(given.Host.Value, out var address) => address,
            _ => null,
        };

    private static IEnumerable<(NetworkField Field, Cidr Network)> Both(ClusterSpec spec) =>
        [(NetworkField.Pods, spec.Network.PodCidr), (NetworkField.Services, spec.Network.ServiceCidr)];

    private static int Nodes(ClusterSpec spec) => spec.Pools.Sum(pool => pool.Size + pool.RollingUpdate.MaxSurge);

    // kube-controller-manager gives each node a network of this prefix length, unless it is told to leave that to the plug-in.
    private static int? NodeMask(ClusterSpec spec)
    {
        var arguments = spec.Nodes.ExtraArgs.GetValueOrDefault("controllerManager") ?? [];
        var isIPv6 = spec.Network.PodCidr.IsIPv6;
        return Last("allocate-node-cidrs") is "false" ? null
            : Number(Last(isIPv6 ? "node-cidr-mask-size-ipv6" : "node-cidr-mask-size-ipv4")) is { } mask ? mask
            : isIPv6 ? 64
            : 24;

        string? Last(string name) => arguments.LastOrDefault(argument => argument.Name == name)?.Value;

        static int? Number(string? text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // Only with the machines that the cluster may take.
    private static IEnumerable<MachineSubnet> Overlapping(ClusterSpec spec, IEnumerable<MachineSubnet> subnets) =>
        subnets
            .Where(subnet => Both(spec).Any(pair => pair.Network.Overlaps(subnet.Network)))
            .Select(subnet =>
                subnet with
                {
                    Machines =
                    [
                        .. subnet.Machines.Where(machine =>
                            spec.Pools.Any(pool => Placement.Mismatch(pool.Placement, machine) is null)
                        ),
                    ],
                }
            )
            .Where(subnet => subnet.Machines.Count > 0);

    private static string Remedy(NetworkProblem problem, ClusterSpec spec, IReadOnlyList<MachineSubnet> subnets)
    {
        if (problem.Field is NetworkField.Endpoint)
        {
            return "; write an address of the machines' network that lies in neither";
        }

        var pods = problem.Field is NetworkField.Pods;
        var proposal = (pods ? PodProposals : ServiceProposals).FirstOrDefault(proposed =>
            proposed.IsIPv6 == (pods ? spec.Network.ServiceCidr : spec.Network.PodCidr).IsIPv6
            && subnets.All(subnet => !subnet.Network.Overlaps(proposed))
            && !Find(
                    spec with
                    {
                        Network = pods ? spec.Network with { PodCidr = proposed } : spec.Network with { ServiceCidr = proposed },
                    },
                    []
                )
                .Any(left => left.Field == problem.Field || left.Rule is NetworkRule.EndpointOutside)
        );
        return proposal is null ? "; write a network that nothing else uses" : $"; write {proposal}, for example";
    }
}
