using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary><c>domains/</c></summary>
internal sealed partial class DomainsResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("Domains", "domains/", Operation.Create(Create), Operation.Read(List), Operation.Do("set_serial", SetSerial)),
            new(
                "Domain",
                "domains/{id}/",
                Operation.Read(request => Show(Find(request))),
                Operation.Update(Update),
                Operation.Delete(Delete),
                Operation.Do("set_default", SetDefault)
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.Domains.All.Select(domain => NetworkJson.Domain(state, domain)));

    private static RegionAnswer SetSerial(RegionRequest request)
    {
        request.RequireAdmin();
        return RegionAnswer.Json(null);
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var name = form.Required("name");
        Check(name);
        var ttl = DnsNames.Ttl(form, "ttl");
        return Show(
            state.Domains.Put(
                new DomainRow(state.Next("domain"), name, !form.Has("authoritative") || form.Tick("authoritative"), ttl)
            )
        );
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var domain = Find(request);
        request.RequireAdminSilently();
        var form = request.Bound;
        if (form.Filled("name") is { } name && name != domain.Name)
        {
            Check(name);
        }

        return Show(
            state.Domains.Put(
                domain with
                {
                    Name = form.Filled("name") ?? domain.Name,
                    Authoritative = form.Tick("authoritative", domain.Authoritative),
                    Ttl = form.Has("ttl") ? DnsNames.Ttl(form, "ttl") : domain.Ttl,
                }
            )
        );
    }

    private RegionAnswer SetDefault(RegionRequest request)
    {
        var domain = Find(request);
        request.RequireAdminSilently();
        state.Settings.Put(new SettingRow(RegionState.DefaultDomainSetting, $"{domain.Id}"));
        return Show(domain);
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var domain = Find(request);
        request.RequireAdminSilently();
        if (domain.Id == state.DefaultDomain.Id)
        {
            throw RegionFault.Text(400, "This domain is the default domain, it cannot be deleted.");
        }

        Protect(
            domain,
            "DNSResource",
            state.DnsResources.All.Where(resource => resource.DomainId == domain.Id).Select(resource => $"name={resource.Name}")
        );
        Protect(
            domain,
            "Node",
            state
                .MachinesById.Where(machine => machine.DomainId == domain.Id)
                .Select(machine => $"{machine.SystemId} ({machine.Hostname}.{domain.Name})")
        );
        state.Domains.Remove(domain.Id);
        return RegionAnswer.Deleted();
    }

    /// <summary>MAAS's database refuses, and MAAS passes the refusal on.</summary>
    private static void Protect(DomainRow domain, string kind, IEnumerable<string> users)
    {
        var shown = users.Select(user => $"<{kind}: {user}>").ToList();
        if (shown.Count > 0)
        {
            throw RegionFault.Text(
                500,
                "(\"Cannot delete some instances of model 'Domain' because they are referenced through protected foreign keys: "
                    + $"'{kind}.domain'.\", {{{string.Join(", ", shown)}}})"
            );
        }
    }

    private void Check(string name)
    {
        if (!DomainName().IsMatch(name))
        {
            throw RegionFault.Field(
                "name",
                "Domain name contains invalid characters.",
                $"Label contains disallowed characters: '{name}'."
            );
        }

        if (state.Domains.All.Any(domain => domain.Name == name))
        {
            throw RegionFault.Field("name", "Domain with this Name already exists.");
        }
    }

    private DomainRow Find(RegionRequest request) => DnsNames.Domain(state, request.At("id"));

    private RegionAnswer Show(DomainRow domain) => RegionAnswer.Json(NetworkJson.Domain(state, domain));

    [GeneratedRegex(
        @"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex DomainName();
}
