using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary><c>dnsresources/</c></summary>
internal sealed class DnsResource(RegionState state, TimeProvider time)
{
    public IEnumerable<Resource> Resources =>
        [
            new("DNSResources", "dnsresources/", Operation.Create(Create), Operation.Read(List)),
            new(
                "DNSResource",
                "dnsresources/{id}/",
                Operation.Read(request => Show(Find(request))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
        ];

    /// <summary>Removes an address from its DNS resources; a resource without addresses and records is deleted.</summary>
    public static void Forget(RegionState state, string ip)
    {
        foreach (var resource in state.DnsResources.All.Where(resource => resource.Addresses.Contains(ip)).ToList())
        {
            var left = resource.Addresses.Where(address => address != ip).ToList();
            if (left.Count == 0 && state.DnsRecords.All.All(record => record.ResourceId != resource.Id))
            {
                state.DnsResources.Remove(resource.Id);
            }
            else
            {
                state.DnsResources.Put(resource with { Addresses = left });
            }
        }
    }

    private RegionAnswer List(RegionRequest request)
    {
        var query = request.Query;
        var (name, domainName) = (query["name"], query["domain"]);
        if (query["fqdn"] is { Length: > 0 } fqdn)
        {
            (name, domainName) = DnsNames.Split(state, fqdn);
        }

        var domain = domainName is null ? null : DnsNames.Domain(state, domainName);
        var type = query.Filled("rrtype")?.ToUpperInvariant();
        var found = state.DnsResources.All.Where(resource =>
            (name is null || resource.Name == name)
            && (domain is null || resource.DomainId == domain.Id)
            && (type is null || state.DnsRecords.All.Any(record => record.ResourceId == resource.Id && record.Rrtype == type))
        );
        var shown = DnsNames.Ordered(found).Select(resource => NetworkJson.DnsResource(state, resource));
        return RegionAnswer.JsonList(
            query.Option("all")
                ? Implied(name, domain).Concat(shown).OrderBy(one => one["fqdn"]!.ToString(), StringComparer.Ordinal)
                : shown
        );
    }

    /// <summary>What MAAS's DNS server says beside the resources: the addresses of machines, by name.</summary>
    private IEnumerable<JsonObject> Implied(string? name, DomainRow? domain) =>
        state
            .MachinesById.Where(machine =>
                (name is null || machine.Hostname == name) && (domain is null || machine.DomainId == domain.Id)
            )
            .Select(machine => (Machine: machine, Ips: MachineJson.Addresses(machine)))
            .Where(pair => pair.Ips.Count > 0)
            .Select(pair => new JsonObject
            {
                ["address_ttl"] = null,
                ["ip_addresses"] = null,
                ["id"] = -1,
                ["resource_records"] = new JsonArray([.. pair.Ips.Select(ip => (JsonNode)Implied(pair.Machine, ip))]),
                ["fqdn"] = $"{pair.Machine.Hostname}.{state.Domains.Find(pair.Machine.DomainId)!.Name}",
                ["resource_uri"] = "/MAAS/api/2.0/dnsresources/-1/",
            });

    private static JsonObject Implied(MachineRow machine, string ip) =>
        new()
        {
            ["system_id"] = machine.SystemId,
            ["node_type"] = 0,
            ["user_id"] = null,
            ["dnsresource_id"] = null,
            ["ttl"] = null,
            ["rrtype"] = ip.Contains(':', StringComparison.Ordinal) ? "AAAA" : "A",
            ["rrdata"] = ip,
            ["dnsdata_id"] = null,
        };

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var (name, domainName) = (form["name"], form["domain"]);
        if (string.IsNullOrEmpty(name) && string.IsNullOrEmpty(domainName) && form["fqdn"] is { Length: > 0 } fqdn)
        {
            (name, domainName) = DnsNames.Split(state, fqdn);
        }

        var missing = new List<(string, string[])>();
        if (string.IsNullOrEmpty(name))
        {
            missing.Add(("name", ["This field is required."]));
        }

        if (string.IsNullOrEmpty(domainName))
        {
            missing.Add(("domain", ["This field is required."]));
        }

        if (missing.Count > 0)
        {
            throw RegionFault.Fields([.. missing]);
        }

        var domain = DnsNames.Domain(state, domainName);
        if (!DnsNames.IsLabel(name!))
        {
            throw RegionFault.Text(500, "cannot unpack non-iterable NoneType object");
        }

        if (state.DnsResources.All.Any(resource => resource.Name == name && resource.DomainId == domain.Id))
        {
            throw RegionFault.Field("__all__", "Labels must be unique within their zone.");
        }

        var ttl = DnsNames.Ttl(form, "address_ttl");
        var addresses = Addresses(form["ip_addresses"], request.Caller);
        return Show(state.DnsResources.Put(new DnsResourceRow(state.Next("dnsresource"), name!, domain.Id, ttl, addresses)));
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var resource = Find(request);
        request.RequireAdminSilently();
        var form = request.Bound;
        var name = form.Filled("name") ?? resource.Name;
        var domain = form.Filled("domain") is { } given ? DnsNames.Domain(state, given).Id : resource.DomainId;
        if (form.Filled("fqdn") is { } fqdn && form.Filled("name") is null && form.Filled("domain") is null)
        {
            var (label, rest) = DnsNames.Split(state, fqdn);
            (name, domain) = (label, DnsNames.Domain(state, rest).Id);
        }

        if (state.DnsResources.All.Any(other => other.Id != resource.Id && other.Name == name && other.DomainId == domain))
        {
            throw RegionFault.Field("__all__", "Labels must be unique within their zone.");
        }

        var ttl = form.Has("address_ttl") ? DnsNames.Ttl(form, "address_ttl") : resource.AddressTtl;
        return Show(
            state.DnsResources.Put(
                resource with
                {
                    Name = name,
                    DomainId = domain,
                    AddressTtl = ttl,

                    // An update with addresses replaces the whole set; an empty field clears it.
                    Addresses = form.Has("ip_addresses") ? Addresses(form["ip_addresses"], request.Caller) : resource.Addresses,
                }
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var resource = Find(request);
        request.RequireAdminSilently();
        foreach (var record in state.DnsRecords.All.Where(record => record.ResourceId == resource.Id).ToList())
        {
            state.DnsRecords.Remove(record.Id);
        }

        state.DnsResources.Remove(resource.Id);
        return RegionAnswer.Deleted();
    }

    /// <summary>An unknown address becomes a reservation of the caller, which outlives the DNS resource.</summary>
    private List<string> Addresses(string? text, UserRow caller)
    {
        var ips = (text ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        if (ips.Find(ip => !AddressPlan.IsAddress(ip)) is { } wrong)
        {
            throw RegionFault.Text(500, $"failed to detect a valid IP address from '{wrong}'");
        }

        foreach (var ip in ips)
        {
            var known =
                AddressPlan.IsInUse(state, ip)
                || state.Machines.All.Any(machine => machine.Nics.Any(nic => nic.DiscoveredIp == ip));
            if (!known)
            {
                state.Addresses.Put(
                    new AddressRow(
                        state.Next("address"),
                        ip,
                        AddressPlan.SubnetOf(state, ip)?.Id,
                        caller.Username,
                        time.GetUtcNow()
                    )
                );
            }
        }

        return ips;
    }

    private DnsResourceRow Find(RegionRequest request)
    {
        var given = request.At("id");
        return state.DnsResources.All.FirstOrDefault(resource =>
                resource.Id.ToString(CultureInfo.InvariantCulture) == given
                || resource.Name == given
                || NetworkJson.Fqdn(state, resource) == given
            ) ?? throw RegionFault.Missing("DNSResource");
    }

    private RegionAnswer Show(DnsResourceRow resource) => RegionAnswer.Json(NetworkJson.DnsResource(state, resource));
}
