using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>The endpoints of <c>ipaddresses/</c>.</summary>
internal sealed class ReservedAddresses(RegionState state, TimeProvider time)
{
    public IEnumerable<Resource> Resources =>
        [
            new(
                "IPAddresses",
                "ipaddresses/",
                Operation.Read(List),
                Operation.Do("reserve", request => RegionAnswer.Json(NetworkJson.Address(state, Reserve(request)))),
                Operation.Do("release", Release)
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        var query = request.Query;
        if (query.Option("all") && !request.Caller.IsAdmin)
        {
            throw Refused(403, "Listing all IP addresses requires admin privileges.");
        }

        if (query["owner"] is { } owner && owner != request.Caller.Username && !request.Caller.IsAdmin)
        {
            throw Refused(403, "Listing another user's IP addresses requires admin privileges.");
        }

        if (query["ip"] is { } ip && !AddressPlan.IsAddress(ip))
        {
            throw Refused(400, "Parameter 'ip' must contain an IP address.");
        }

        var whose = query["owner"] ?? request.Caller.Username;
        return RegionAnswer.JsonList(
            state
                .Addresses.All.Where(address => query.Option("all") || address.Owner == whose)
                .Where(address => query["ip"] is not { } only || address.Ip == only)
                .Select(address => NetworkJson.Address(state, address))
        );
    }

    private static RegionFault Refused(int status, string text) => new(RegionAnswer.Plain(status, text));

    private AddressRow Reserve(RegionRequest request)
    {
        var form = request.Form;
        var asked = form["ip"] ?? form["ip_address"] ?? form["requested_address"];
        var named = form["subnet"];
        if (string.IsNullOrEmpty(asked) && string.IsNullOrEmpty(named))
        {
            throw RegionFault.Text(400, "Must supply either the 'subnet' or the 'ip' parameter.");
        }

        var mac = form.Filled("mac");
        if (mac is not null && !Macs.IsValid(mac))
        {
            throw RegionFault.Model("mac_address", Macs.Refusal(mac));
        }

        var subnet = !string.IsNullOrEmpty(asked)
            ? AddressPlan.SubnetOf(state, asked)
            : AddressPlan.Find(state, named!) ?? throw RegionFault.Text(400, $"Unable to identify subnet: {named}.");
        string ip;
        if (!string.IsNullOrEmpty(asked))
        {
            RefuseTaken(asked, subnet);
            ip = asked;
        }
        else
        {
            ip =
                AddressPlan.NextFree(state, subnet!)
                ?? throw RegionFault.Text(503, $"No more IPs available in subnet: {subnet!.Cidr}.");
        }

        var address = state.Addresses.Put(
            new AddressRow(
                state.Next("address"),
                ip,
                subnet?.Id,
                request.Caller.Username,
                time.GetUtcNow(),
                mac is null ? null : InterfaceOf(mac),
                mac
            )
        );
        Name(form["hostname"], ip);
        return address;
    }

    /// <summary>The interface of no machine that has the address: one for all reservations of it.</summary>
    private int InterfaceOf(string mac) =>
        state
            .Addresses.All.FirstOrDefault(address => string.Equals(address.Mac, mac, StringComparison.OrdinalIgnoreCase))
            ?.InterfaceId
        ?? state.Next("interface");

    private void RefuseTaken(string ip, SubnetRow? subnet)
    {
        if (!AddressPlan.IsAddress(ip))
        {
            throw RegionFault.Field("ip", "Enter a valid IPv4 or IPv6 address.");
        }

        if (AddressPlan.IsInUse(state, ip))
        {
            throw RegionFault.Text(404, $"The IP address {ip} is already in use.");
        }

        if (subnet is not null && AddressPlan.RangeOf(state, subnet, AddressPlan.Number(ip)) is { } range)
        {
            throw RegionFault.Text(
                range.Type == "dynamic" ? 403 : 404,
                $"{ip} is within the {range.Type} range from {range.StartIp} to {range.EndIp}"
            );
        }
    }

    /// <summary>Creates a DNS record for a reservation with a host name; an unknown domain is ignored.</summary>
    private void Name(string? hostname, string ip)
    {
        if (string.IsNullOrEmpty(hostname))
        {
            return;
        }

        var (label, domainName) = hostname.Split('.', 2) is [var first, var rest] ? (first, rest) : (hostname, null);
        var domain = domainName is null ? state.Domains.Find(0) : state.Domains.All.FirstOrDefault(one => one.Name == domainName);
        if (domain is null)
        {
            return;
        }

        var known = state.DnsResources.All.FirstOrDefault(resource => resource.Name == label && resource.DomainId == domain.Id);
        state.DnsResources.Put(
            known is null
                ? new DnsResourceRow(state.Next("dnsresource"), label, domain.Id, null, [ip])
                : known with
                {
                    Addresses = [.. known.Addresses, ip],
                }
        );
    }

    private RegionAnswer Release(RegionRequest request)
    {
        var ip = request.Form["ip"] is { Length: > 0 } given ? given : throw RegionFault.Text(400, "No provided ip!");
        if (!AddressPlan.IsAddress(ip))
        {
            throw RegionFault.Field("ip", "Enter a valid IPv4 or IPv6 address.");
        }

        var force = request.Form.Option("force");
        if (force && !request.Caller.IsAdmin)
        {
            throw RegionFault.Text(403, "Force-releasing an IP address requires admin privileges.");
        }

        var found =
            state.Addresses.All.FirstOrDefault(address => address.Ip == ip && (force || address.Owner == request.Caller.Username))
            ?? throw RegionFault.Text(
                400,
                $"IP address {ip} does not exist, is not the correct type of address, or does not belong to the requesting "
                    + "user.\n"
                    + "If you are sure you want to release this address, use force=true as a MAAS administrator."
            );
        state.Addresses.Remove(found.Id);
        Dns.DnsResource.Forget(state, ip);
        return RegionAnswer.Deleted();
    }
}
