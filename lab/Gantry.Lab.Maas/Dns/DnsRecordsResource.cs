using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary><c>dnsresourcerecords/</c></summary>
internal sealed partial class DnsRecordsResource(RegionState state)
{
    private static readonly string[] Types = ["MX", "SRV", "CNAME", "TXT", "SSHFP", "NS"];

    public IEnumerable<Resource> Resources =>
        [
            new("DNSResourceRecords", "dnsresourcerecords/", Operation.Create(Create), Operation.Read(List)),
            new(
                "DNSResourceRecord",
                "dnsresourcerecords/{id}/",
                Operation.Read(request => Show(Find(request))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        var query = request.Query;
        var (name, domainName) = query.Filled("fqdn") is { } fqdn
            ? DnsNames.Split(state, fqdn)
            : (query.Filled("name"), query.Filled("domain"));
        var domain = domainName is null ? null : DnsNames.Domain(state, domainName);
        var type = query.Filled("rrtype")?.ToUpperInvariant();
        return RegionAnswer.JsonList(
            DnsNames
                .Ordered(state.DnsResources.All)
                .Where(resource => (name is null || resource.Name == name) && (domain is null || resource.DomainId == domain.Id))
                .SelectMany(resource => state.DnsRecords.All.Where(record => record.ResourceId == resource.Id))
                .Where(record => type is null || record.Rrtype == type)
                .Select(record => NetworkJson.Record(state, record))
        );
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        return Show(CreateRecord(request.Bound));
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
            ? DnsNames.Split(state, fqdn)
            : (form["name"] ?? "", form["domain"] ?? "");
        var domain = DnsNames.Domain(state, domainName);
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

        var ttl = DnsNames.Ttl(form, "ttl");
        resource ??= state.DnsResources.Put(new DnsResourceRow(state.Next("dnsresource"), name, domain.Id, null, []));
        // The same record a second time is another record.
        return state.DnsRecords.Put(new DnsRecordRow(state.Next("dnsrecord"), resource.Id, type, data, ttl));
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var record = Find(request);
        request.RequireAdminSilently();
        var form = request.Bound;
        var type = form.Filled("rrtype")?.ToUpperInvariant() ?? record.Rrtype;
        if (!Types.Contains(type))
        {
            throw RegionFault.Field("rrtype", $"{type} is not one of {string.Join(' ', Types)}.");
        }

        return Show(
            state.DnsRecords.Put(
                record with
                {
                    Rrtype = type,
                    Rrdata = form.Filled("rrdata") ?? record.Rrdata,
                    Ttl = form.Has("ttl") ? DnsNames.Ttl(form, "ttl") : record.Ttl,
                }
            )
        );
    }

    /// <summary>A name without addresses goes with its last record.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        var record = Find(request);
        request.RequireAdminSilently();
        state.DnsRecords.Remove(record.Id);
        var resource = state.DnsResources.Find(record.ResourceId)!;
        if (resource.Addresses.Count == 0 && state.DnsRecords.All.All(one => one.ResourceId != resource.Id))
        {
            state.DnsResources.Remove(resource.Id);
        }

        return RegionAnswer.Deleted();
    }

    private DnsRecordRow Find(RegionRequest request) =>
        state.DnsRecords.All.FirstOrDefault(record => record.Id.ToString(CultureInfo.InvariantCulture) == request.At("id"))
        ?? throw RegionFault.Missing("DNSData");

    private RegionAnswer Show(DnsRecordRow record) => RegionAnswer.Json(NetworkJson.Record(state, record));

    [GeneratedRegex(@"^\d{1,5}\s+\S+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MailExchange();
}
