using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Devices;

/// <summary><c>devices/</c></summary>
internal sealed class DevicesResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new(
                "Devices",
                "devices/",
                Operation.Create(Create),
                Operation.Read(List),
                Operation.Read(IsRegistered, "is_registered")
            ),
            new(
                "Device",
                "devices/{system_id}/",
                Operation.Read(request => Show(Find(request))),
                Operation.Update(Update),
                Operation.Delete(Delete),
                Operation.Do("set_owner_data", Annotate),
                Operation.Do("set_workload_annotations", Annotate)
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        var query = request.Query;
        bool Fits(string name, Func<string, bool> fits) => !query.Has(name) || query.All(name).Any(fits);
        return RegionAnswer.JsonList(
            state
                .Devices.All.OrderBy(device => device.Id)
                .Where(device => Fits("id", id => device.SystemId == id))
                .Where(device => Fits("hostname", name => device.Hostname == name))
                .Where(device =>
                    Fits(
                        "mac_address",
                        mac => device.Nics.Any(nic => string.Equals(nic.Mac, mac, StringComparison.OrdinalIgnoreCase))
                    )
                )
                .Select(device => DeviceJson.Device(state, device))
        );
    }

    private RegionAnswer Create(RegionRequest request)
    {
        var form = request.Bound;
        var macs = form.All("mac_addresses").Where(mac => mac.Length > 0).ToList();
        var faults = new FormFaults();
        if (macs.Count == 0)
        {
            faults.Add("mac_addresses", "This field is required.");
        }
        else if (macs.Find(mac => !Macs.IsValid(mac)) is { } wrong)
        {
            faults.Add("mac_addresses", Macs.Refusal(wrong));
        }
        else if (macs.Find(mac => Macs.HolderOf(state, mac) is not null) is { } taken)
        {
            faults.Add("mac_addresses", $"MAC address {taken} already in use on {Macs.HolderOf(state, taken)}.");
        }

        var read = faults.Of(() =>
            form.Filled("hostname") is { } given ? ((string, int?)?)Hostnames.Read(state, given, null) : null
        );
        var wanted = faults.Of(() => form.Filled("domain") is { } domain ? (int?)Dns.DomainChoice.Read(state, domain) : null);
        var zone = faults.Of(() => ZoneOf(form)) ?? state.DefaultZone.Id;
        var parent = faults.Of(() => ParentOf(form));
        faults.ThrowIfAny();
        var (hostname, named) = read ?? (NodeIds.NextHostname(state), null);
        var domain = wanted ?? named ?? state.DefaultDomain.Id;
        return Show(
            state.Devices.Put(
                new DeviceRow(state.Next("device"), NodeIds.Next(state), hostname, domain, request.Caller.Username)
                {
                    Description = form["description"] ?? "",
                    ZoneId = zone,
                    Parent = parent,
                    Nics =
                    [
                        .. macs.Select(
                            (mac, index) =>
                                new NicRow(state.Next("interface"), $"eth{index}", mac.ToLowerInvariant(), null)
                                {
                                    IsProbed = false,
                                }
                        ),
                    ],
                }
            )
        );
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var device = Find(request);
        RequireEdit(request, device);
        var form = request.Bound;
        var (hostname, named) = form.Filled("hostname") is { } given
            ? Hostnames.Read(state, given, device.SystemId)
            : (device.Hostname, null);
        return Show(
            state.Devices.Put(
                device with
                {
                    Hostname = hostname,
                    DomainId = form.Filled("domain") is { } wanted
                        ? Dns.DomainChoice.Read(state, wanted)
                        : named ?? device.DomainId,
                    ZoneId = ZoneOf(form) ?? device.ZoneId,
                    Parent = form.Has("parent") ? ParentOf(form) : device.Parent,
                    Description = form["description"] ?? device.Description,
                }
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var device = Find(request);
        RequireEdit(request, device);
        state.Devices.Remove(device.SystemId);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer Annotate(RegionRequest request)
    {
        var device = Find(request);
        RequireEdit(request, device);
        return Show(state.Devices.Put(device with { OwnerData = Annotations.Changed(device.OwnerData, request.Form) }));
    }

    private RegionAnswer IsRegistered(RegionRequest request)
    {
        var mac = request.Query.Mandatory("mac_address");
        return RegionAnswer.Json(Macs.HolderOf(state, mac) is not null);
    }

    private static void RequireEdit(RegionRequest request, DeviceRow device)
    {
        if (!request.Caller.IsAdmin && device.Owner != request.Caller.Username)
        {
            throw RegionFault.Forbidden();
        }
    }

    private int? ZoneOf(Parameters form) =>
        form.Filled("zone") is { } zone
            ? state.Zones.Find(zone)?.Id ?? throw RegionFault.Field("zone", Naming.NotAmongChoices)
            : null;

    private string? ParentOf(Parameters form) =>
        form.Filled("parent") is { } parent
            ? state.Machines.Find(parent)?.SystemId ?? throw RegionFault.Field("parent", Naming.NotAmongChoices)
            : null;

    private DeviceRow Find(RegionRequest request) =>
        state.Devices.Find(request.At("system_id")) ?? throw RegionFault.Missing("Device");

    private RegionAnswer Show(DeviceRow device) => RegionAnswer.Json(DeviceJson.Device(state, device));
}
