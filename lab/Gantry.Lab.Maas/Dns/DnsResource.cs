using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary>The endpoints of domains, DNS resources and DNS records.</summary>
internal sealed partial class DnsResource(RegionState state, TimeProvider time)
{
    private static readonly string[] Types = ["MX", "SRV", "CNAME", "TXT", "SSHFP", "NS"];

    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        _ = request.Caller;
        return segments switch
        {
            ["domains"] => Domains(request),
            ["domains", var id] => Domain(request, id),
            ["dnsresources"] => Resources(request),
            ["dnsresources", var id] => Resource(request, id),
            ["dnsresourcerecords"] => Records(request),
            ["dnsresourcerecords", var id] => Record(request, id),
            _ => null,
        };
    }

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

    private RegionAnswer Domains(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(
                    new JsonArray([.. state.Domains.All.Select(domain => (JsonNode)NetworkJson.Domain(state, domain))])
                );
            case ("POST", "set_serial"):
                request.RequireAdmin();
                return RegionAnswer.Json(null);
            case ("POST", null):
                request.RequireAdmin();
                return RegionAnswer.Json(NetworkJson.Domain(state, state.Domains.Put(NewDomain(request.Form))));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private DomainRow NewDomain(Parameters form)
    {
        var name = form["name"] is { Length: > 0 } given ? given : throw RegionFault.Field("name", "This field is required.");
        if (!DomainName().IsMatch(name))
        {
            throw RegionFault.Field(
                "name",
                "Domain name contains invalid characters.",
                $"Label contains disallowed characters: '{name}'."
            );
        }

        return state.Domains.All.Any(domain => domain.Name == name)
            ? throw RegionFault.Field("name", "Domain with this Name already exists.")
            : new DomainRow(
                state.Next("domain"),
                name,
                !form.Has("authoritative") || form.Tick("authoritative"),
                Ttl(form["ttl"], "ttl")
            );
    }

    private RegionAnswer Domain(RegionRequest request, string id)
    {
        var domain =
            state.Domains.All.FirstOrDefault(one => Text(one.Id) == id || one.Name == id) ?? throw RegionFault.Missing("Domain");
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(NetworkJson.Domain(state, domain));
            case ("POST", "set_default"):
                request.RequireAdminSilently();
                return RegionAnswer.Json(NetworkJson.Domain(state, domain));
            case ("PUT", null):
                request.RequireAdminSilently();
                return RegionAnswer.Json(
                    NetworkJson.Domain(
                        state,
                        state.Domains.Put(
                            domain with
                            {
                                Name = request.Form["name"] ?? domain.Name,
                                Authoritative = request.Form.Has("authoritative")
                                    ? request.Form.Tick("authoritative")
                                    : domain.Authoritative,
                                Ttl = request.Form.Has("ttl") ? Ttl(request.Form["ttl"], "ttl") : domain.Ttl,
                            }
                        )
                    )
                );
            case ("DELETE", null):
                request.RequireAdminSilently();
                if (domain.Id == 0)
                {
                    throw RegionFault.Text(400, "This domain is the default domain, it cannot be deleted.");
                }

                if (state.DnsResources.All.Any(resource => resource.DomainId == domain.Id))
                {
                    throw RegionFault.Text(
                        500,
                        "(\"Cannot delete some instances of model 'Domain' because they are referenced through protected "
                            + "foreign keys: "
                            + "'DNSResource.domain'.\")"
                    );
                }

                state.Domains.Remove(domain.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE", "POST");
        }
    }

    private RegionAnswer Resources(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. Matching(request.Query).Select(one => (JsonNode)NetworkJson.DnsResource(state, one))])
                );
            case "POST":
                request.RequireAdmin();
                return RegionAnswer.Json(NetworkJson.DnsResource(state, Create(request)));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private IEnumerable<DnsResourceRow> Matching(Parameters query)
    {
        var (name, domainName) = (query["name"], query["domain"]);
        if (query["fqdn"] is { Length: > 0 } fqdn)
        {
            var (label, rest) = SplitName(fqdn);
            (name, domainName) = (label, rest);
        }

        var domain = domainName is null
            ? null
            : state.Domains.All.FirstOrDefault(one => one.Name == domainName || Text(one.Id) == domainName)
                ?? throw RegionFault.Missing("Domain");
        return state.DnsResources.All.Where(resource =>
            (name is null || resource.Name == name) && (domain is null || resource.DomainId == domain.Id)
        );
    }

    private DnsResourceRow Create(RegionRequest request)
    {
        var form = request.Form;
        var (name, domainName) = (form["name"], form["domain"]);
        if (string.IsNullOrEmpty(name) && string.IsNullOrEmpty(domainName) && form["fqdn"] is { Length: > 0 } fqdn)
        {
            (name, domainName) = SplitName(fqdn);
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

        var domain =
            state.Domains.All.FirstOrDefault(one => one.Name == domainName || Text(one.Id) == domainName)
            ?? throw RegionFault.Missing("Domain");
        if (!Label().IsMatch(name!))
        {
            throw RegionFault.Text(500, "cannot unpack non-iterable NoneType object");
        }

        if (state.DnsResources.All.Any(resource => resource.Name == name && resource.DomainId == domain.Id))
        {
            throw RegionFault.Field("__all__", "Labels must be unique within their zone.");
        }

        var addresses = Addresses(form["ip_addresses"], request.Caller);
        return state.DnsResources.Put(
            new DnsResourceRow(state.Next("dnsresource"), name!, domain.Id, Ttl(form["address_ttl"], "address_ttl"), addresses)
        );
    }

    private RegionAnswer Resource(RegionRequest request, string id)
    {
        var resource =
            state.DnsResources.All.FirstOrDefault(one =>
                Text(one.Id) == id || one.Name == id || NetworkJson.Fqdn(state, one) == id
            ) ?? throw RegionFault.Missing("DNSResource");
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(NetworkJson.DnsResource(state, resource));
            case "PUT":
                request.RequireAdminSilently();
                return RegionAnswer.Json(
                    NetworkJson.DnsResource(
                        state,
                        state.DnsResources.Put(
                            resource with
                            {
                                Name = request.Form["name"] ?? resource.Name,
                                AddressTtl = request.Form.Has("address_ttl")
                                    ? Ttl(request.Form["address_ttl"], "address_ttl")
                                    : resource.AddressTtl,

                                // An update with addresses replaces the whole set; an empty field clears it.
                                Addresses = request.Form.Has("ip_addresses")
                                    ? Addresses(request.Form["ip_addresses"], request.Caller)
                                    : resource.Addresses,
                            }
                        )
                    )
                );
            case "DELETE":
                request.RequireAdminSilently();
                foreach (var record in state.DnsRecords.All.Where(record => record.ResourceId == resource.Id).ToList())
                {
                    state.DnsRecords.Remove(record.Id);
                }

                state.DnsResources.Remove(resource.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
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
                state.Addresses.All.Any(address => address.Ip == ip)
                || state.Machines.All.Any(machine => machine.Nics.Any(nic => nic.Ip == ip));
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

    private RegionAnswer Records(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. state.DnsRecords.All.Select(record => (JsonNode)NetworkJson.Record(state, record))])
                );
            case "POST":
                request.RequireAdmin();
                return RegionAnswer.Json(NetworkJson.Record(state, CreateRecord(request.Form)));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private DnsRecordRow CreateRecord(Parameters form)
    {
        var type = form["rrtype"] is { Length: > 0 } given
            ? given.ToUpperInvariant()
            : throw RegionFault.Text(400, "rrtype must be provided.");
        if (!Types.Contains(type))
        {
            throw RegionFault.Field("rrtype", $"{type} is not one of {string.Join(' ', Types)}.");
        }

        var data = form["rrdata"] is { Length: > 0 } value ? value : throw RegionFault.Text(400, "rrdata must be provided.");
        if (type == "MX" && !MailExchange().IsMatch(data))
        {
            throw RegionFault.Field("__all__", "Invalid MX: Should be '<preference> <server>'. Range for preference is 0-65535.");
        }

        var (name, domainName) = form["fqdn"] is { Length: > 0 } fqdn
            ? SplitName(fqdn)
            : (form["name"] ?? "", form["domain"] ?? "");
        var domain =
            state.Domains.All.FirstOrDefault(one => one.Name == domainName || Text(one.Id) == domainName)
            ?? throw RegionFault.Missing("Domain");
        var resource = state.DnsResources.All.FirstOrDefault(one => one.Name == name && one.DomainId == domain.Id);
        var others =
            resource is not null
            && (
                resource.Addresses.Count > 0
                || state.DnsRecords.All.Any(record => record.ResourceId == resource.Id && record.Rrtype != "CNAME")
            );
        if (type == "CNAME" && others)
        {
            throw RegionFault.Field("__all__", "CNAME records for a name cannot coexist with non-CNAME records.");
        }

        resource ??= state.DnsResources.Put(new DnsResourceRow(state.Next("dnsresource"), name, domain.Id, null, []));
        return state.DnsRecords.All.FirstOrDefault(one =>
                one.ResourceId == resource.Id && one.Rrtype == type && one.Rrdata == data
            )
            ?? state.DnsRecords.Put(new DnsRecordRow(state.Next("dnsrecord"), resource.Id, type, data, Ttl(form["ttl"], "ttl")));
    }

    private RegionAnswer Record(RegionRequest request, string id)
    {
        var record = state.DnsRecords.All.FirstOrDefault(one => Text(one.Id) == id) ?? throw RegionFault.Missing("DNSData");
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(NetworkJson.Record(state, record));
            case "DELETE":
                request.RequireAdminSilently();
                state.DnsRecords.Remove(record.Id);
                var resource = state.DnsResources.Find(record.ResourceId)!;
                if (resource.Addresses.Count == 0 && state.DnsRecords.All.All(one => one.ResourceId != resource.Id))
                {
                    state.DnsResources.Remove(resource.Id);
                }

                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    /// <summary>Splits off the first label as the name, unless the whole name is a domain.</summary>
    private (string Name, string Domain) SplitName(string fqdn) =>
        state.Domains.All.Any(domain => domain.Name == fqdn) ? ("@", fqdn)
        : fqdn.Split('.', 2) is [var label, var rest] ? (label, rest)
        : (fqdn, "");

    private static int? Ttl(string? text, string field) =>
        string.IsNullOrEmpty(text) ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? seconds
        : throw RegionFault.Field(field, "Enter a whole number.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex DomainName();

    [GeneratedRegex("^(@|[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9])?)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"^\d{1,5}\s+\S+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MailExchange();
}
