using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary>The region's DNS server: A records of DNS resources and of machines.</summary>
internal static class NameServer
{
    public static IReadOnlyList<string> Resolve(RegionState state, string name)
    {
        var asked = name.TrimEnd('.');
        bool Matches(string label, int domain) =>
            $"{label}.{state.Domains.Find(domain)?.Name}".Equals(asked, StringComparison.OrdinalIgnoreCase);
        return
        [
            .. state
                .DnsResources.All.Where(resource => Matches(resource.Name, resource.DomainId))
                .SelectMany(resource => resource.Addresses),
            .. state
                .Machines.All.Where(machine => Matches(machine.Hostname, machine.DomainId))
                .SelectMany(machine => machine.Nics.Select(nic => nic.Ip).OfType<string>()),
        ];
    }
}
