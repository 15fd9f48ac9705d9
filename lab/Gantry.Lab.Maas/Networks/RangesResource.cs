using System.Globalization;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary><c>ipranges/</c></summary>
internal sealed class RangesResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("IPRanges", "ipranges/", Operation.Create(Create), Operation.Read(List)),
            new(
                "IPRange",
                "ipranges/{id}/",
                Operation.Read(request => Show(Find(request))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.Ranges.All.Select(range => NetworkJson.Range(state, range)));

    private RegionAnswer Create(RegionRequest request)
    {
        var form = request.Bound;
        var type = form["type"] ?? "";
        if (type == "dynamic" && !request.Caller.IsAdmin)
        {
            throw RegionFault.Text(403, "Unable to create dynamic IP range. You don't have sufficient privileges.");
        }

        var faults = new FormFaults();
        var range = Checked(
            new IpRangeRow(
                0,
                faults.Of(() => Type(type)) ?? "",
                form["start_ip"] ?? "",
                form["end_ip"] ?? "",
                0,
                request.Caller.Username,
                form["comment"] ?? ""
            ),
            form.Filled("subnet"),
            faults
        );
        return Show(state.Ranges.Put(range with { Id = state.Next("iprange") }));
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var range = Find(request);
        RequireMine(request, range, "update");
        var form = request.Bound;
        var faults = new FormFaults();
        return Show(
            state.Ranges.Put(
                Checked(
                    range with
                    {
                        Type = form.Filled("type") is { } type ? faults.Of(() => Type(type)) ?? "" : range.Type,
                        StartIp = form["start_ip"] ?? range.StartIp,
                        EndIp = form["end_ip"] ?? range.EndIp,
                        Comment = form["comment"] ?? range.Comment,
                    },
                    form.Filled("subnet"),
                    faults
                )
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var range = Find(request);
        RequireMine(request, range, "delete");
        state.Ranges.Remove(range.Id);
        return RegionAnswer.Deleted();
    }

    private static string Type(string type) =>
        type switch
        {
            "reserved" or "dynamic" => type,
            "" => throw RegionFault.Field("type", "This field is required."),
            _ => throw RegionFault.Field("type", $"Select a valid choice. {type} is not one of the available choices."),
        };

    private IpRangeRow Checked(IpRangeRow range, string? subnetGiven, FormFaults faults)
    {
        RequireAddresses(faults, ("start_ip", range.StartIp), ("end_ip", range.EndIp));
        var subnet = faults.Of(() =>
            subnetGiven is not null
                ? AddressPlan.Find(state, subnetGiven) ?? throw RegionFault.Field("subnet", Naming.NotAmongChoices)
            : range.SubnetId != 0 ? state.Subnets.Find(range.SubnetId)
            : AddressPlan.IsAddress(range.StartIp) ? AddressPlan.SubnetOf(state, range.StartIp)
            : null
        );
        faults.ThrowIfAny();
        if (AddressPlan.Number(range.EndIp) < AddressPlan.Number(range.StartIp))
        {
            throw RegionFault.Field("end_ip", "End IP address must not be less than Start IP address.");
        }

        if (subnet is null)
        {
            throw RegionFault.Field("subnet", "This field is required.");
        }

        var checkedRange = range with { SubnetId = subnet.Id };
        CheckWithin(checkedRange, subnet);
        CheckOverlap(checkedRange, subnet);
        return checkedRange;
    }

    /// <summary>One that is wrong is said of both.</summary>
    private static void RequireAddresses(FormFaults faults, params (string Field, string Ip)[] ends)
    {
        const string Both = "Start IP address and end IP address are both required.";
        if (Array.TrueForAll(ends, end => AddressPlan.IsAddress(end.Ip)))
        {
            return;
        }

        foreach (var (field, ip) in ends)
        {
            faults.Add(
                field,
                AddressPlan.IsAddress(ip) ? [Both]
                    : ip.Length == 0 ? ["This field is required.", Both]
                    : ["Enter a valid IPv4 or IPv6 address.", Both]
            );
        }
    }

    private static void CheckWithin(IpRangeRow range, SubnetRow subnet)
    {
        var (start, end) = (AddressPlan.Contains(subnet.Cidr, range.StartIp), AddressPlan.Contains(subnet.Cidr, range.EndIp));
        if (!start && !end)
        {
            var message = $"IP addresses must be within subnet: {subnet.Cidr}.";
            throw RegionFault.Fields(("start_ip", [message]), ("end_ip", [message]));
        }

        if (!start)
        {
            throw RegionFault.Field("start_ip", $"Start IP address must be within subnet: {subnet.Cidr}.");
        }

        if (!end)
        {
            throw RegionFault.Field("end_ip", $"End IP address must be within subnet: {subnet.Cidr}.");
        }

        var (network, broadcast) = AddressPlan.Ends(subnet.Cidr);
        if (AddressPlan.Number(range.StartIp) == network)
        {
            throw RegionFault.Field("start_ip", "Reserved network address cannot be included in IP range.");
        }

        if (AddressPlan.Number(range.EndIp) == broadcast)
        {
            throw RegionFault.Field("end_ip", "Broadcast address cannot be included in IP range.");
        }
    }

    /// <summary>A reserved range may hold addresses that are in use, a dynamic one may not; neither overlaps another range.</summary>
    private void CheckOverlap(IpRangeRow range, SubnetRow subnet)
    {
        var (start, end) = (AddressPlan.Number(range.StartIp), AddressPlan.Number(range.EndIp));
        var overlaps = state.Ranges.All.Any(other =>
            other.Id != range.Id
            && other.SubnetId == subnet.Id
            && AddressPlan.Number(other.StartIp) <= end
            && start <= AddressPlan.Number(other.EndIp)
        );
        var holdsUsed = range.Type == "dynamic" && AddressPlan.Taken(state, subnet).Keys.Any(ip => start <= ip && ip <= end);
        if (overlaps || holdsUsed)
        {
            var message =
                $"Requested {range.Type} range conflicts with an existing {(range.Type == "dynamic" ? "IP address or " : "")}range.";
            throw RegionFault.Fields(("start_ip", [message]), ("end_ip", [message]));
        }
    }

    private static void RequireMine(RegionRequest request, IpRangeRow range, string what)
    {
        if (range.Owner != request.Caller.Username && !request.Caller.IsAdmin)
        {
            throw RegionFault.Text(
                403,
                $"Unable to {what} IP range. You don't have permission to {what} IP ranges that you don't own."
            );
        }
    }

    private RegionAnswer Show(IpRangeRow range) => RegionAnswer.Json(NetworkJson.Range(state, range));

    private IpRangeRow Find(RegionRequest request) =>
        state.Ranges.All.FirstOrDefault(range => range.Id.ToString(CultureInfo.InvariantCulture) == request.At("id"))
        ?? throw RegionFault.Missing("IPRange");
}
