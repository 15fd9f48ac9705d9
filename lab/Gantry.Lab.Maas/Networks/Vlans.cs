using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>What can be done to VLANs.</summary>
internal sealed partial class Vlans(RegionState state)
{
    private const string VidRange = "VID must be between 0 and 4094.";

    public RegionAnswer List(FabricRow fabric) =>
        RegionAnswer.JsonList(
            state.Vlans.All.Where(vlan => vlan.FabricId == fabric.Id).Select(vlan => NetworkJson.Vlan(state, vlan))
        );

    public RegionAnswer Read(VlanRow vlan) => RegionAnswer.Json(NetworkJson.Vlan(state, vlan));

    public RegionAnswer Create(RegionRequest request, FabricRow fabric)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var faults = new FormFaults();
        var vid = faults.Of(() =>
            form.Filled("vid") is null ? throw RegionFault.Field("vid", "This field is required.", VidRange) : Vid(form)
        );
        var mtu = faults.Of(() => Mtu(form)) ?? 1500;
        faults.Of(() => Name(form));
        var space = faults.Of(() => Space(form));
        faults.Of(() => form.Tick("dhcp_on") ? throw NoDynamicRange() : false);
        faults.ThrowIfAny();
        RefuseTaken(fabric.Id, vid, null);
        var row = new VlanRow(
            state.Next("vlan"),
            vid,
            form.Filled("name") ?? vid.ToString(CultureInfo.InvariantCulture),
            fabric.Id,
            space?.Id,
            mtu,
            Description: form["description"] ?? ""
        );
        return Read(state.Vlans.Put(row));
    }

    public RegionAnswer Update(RegionRequest request, VlanRow vlan)
    {
        request.RequireAdminSilently();
        var form = request.Bound;
        var faults = new FormFaults();
        var vid = faults.Of(() => form.Filled("vid") is null ? vlan.Vid : Vid(form));
        var mtu = faults.Of(() => Mtu(form)) ?? vlan.Mtu;
        var name = faults.Of(() => Name(form)) ?? vlan.Name;
        var space = form.Has("space") ? faults.Of(() => Space(form))?.Id : vlan.SpaceId;
        var fabric = faults.Of(() =>
            form.Filled("fabric") is { } named
                ? NetworkFinder.Fabric(state, named)?.Id ?? throw RegionFault.Field("fabric", Naming.NotAmongChoices)
                : vlan.FabricId
        );
        var dhcp = form.Tick("dhcp_on", vlan.DhcpOn);
        faults.Of(() => dhcp && !vlan.DhcpOn && CheckedDhcp(form, vlan));
        var relay = faults.Of(() => Relay(form, vlan));
        faults.ThrowIfAny();
        if (vid != vlan.Vid || fabric != vlan.FabricId)
        {
            RefuseTaken(fabric, vid, vlan);
        }

        return Read(
            state.Vlans.Put(
                vlan with
                {
                    Vid = vid,
                    Name = name,
                    Mtu = mtu,
                    SpaceId = space,
                    FabricId = fabric,
                    DhcpOn = dhcp,
                    RelayVlanId = dhcp ? null : relay,
                    PrimaryRack = form.Filled("primary_rack") ?? vlan.PrimaryRack,
                    Description = form["description"] ?? vlan.Description,
                }
            )
        );
    }

    /// <summary>What was on the VLAN goes to the default VLAN of its fabric; VLAN interfaces go with it.</summary>
    public RegionAnswer Delete(RegionRequest request, VlanRow vlan)
    {
        request.RequireAdminSilently();
        var rest = NetworkFinder.DefaultVlan(state, state.Fabrics.Find(vlan.FabricId)!);
        if (rest.Id == vlan.Id)
        {
            throw RegionFault.Text(400, "This VLAN is the default VLAN in the fabric, it cannot be deleted.");
        }

        foreach (var machine in state.Machines.All.Where(machine => machine.Nics.Any(nic => nic.VlanId == vlan.Id)).ToList())
        {
            state.Machines.Put(
                machine with
                {
                    Nics =
                    [
                        .. machine
                            .Nics.Where(nic => nic.VlanId != vlan.Id || nic.Type != "vlan")
                            .Select(nic => nic.VlanId == vlan.Id ? nic with { VlanId = rest.Id } : nic),
                    ],
                }
            );
        }

        foreach (var subnet in state.Subnets.All.Where(subnet => subnet.VlanId == vlan.Id).ToList())
        {
            state.Subnets.Put(subnet with { VlanId = rest.Id });
        }

        foreach (var relayed in state.Vlans.All.Where(other => other.RelayVlanId == vlan.Id).ToList())
        {
            state.Vlans.Put(relayed with { RelayVlanId = null });
        }

        state.Vlans.Remove(vlan.Id);
        return RegionAnswer.Deleted();
    }

    private static int Vid(Parameters form)
    {
        var vid = form.Integer("vid") ?? 0;
        return vid is < 0 or > 4094 ? throw RegionFault.Field("vid", VidRange) : vid;
    }

    /// <summary>Linux has no smaller MTU than 552.</summary>
    private static int? Mtu(Parameters form) =>
        form.Integer("mtu") switch
        {
            < 552 => throw RegionFault.Field("mtu", "Ensure this value is greater than or equal to 552."),
            > 65535 => throw RegionFault.Field("mtu", "MTU must be between 552 and 65535."),
            var mtu => mtu,
        };

    private static string? Name(Parameters form) =>
        form.Filled("name") is { } name && !NameForm().IsMatch(name)
            ? throw RegionFault.Field("name", "Enter a valid value.")
            : form.Filled("name");

    private SpaceRow? Space(Parameters form) =>
        form.Filled("space") is { } named
            ? NetworkFinder.Space(state, named) ?? throw RegionFault.Field("space", Naming.NotAmongChoices)
            : null;

    private bool CheckedDhcp(Parameters form, VlanRow vlan)
    {
        var ranged = state.Ranges.All.Any(range =>
            range.Type == "dynamic" && state.Subnets.Find(range.SubnetId)!.VlanId == vlan.Id
        );
        if (!ranged)
        {
            throw NoDynamicRange();
        }

        return form.Filled("primary_rack") is not null || vlan.PrimaryRack is not null
            ? true
            : throw RegionFault.Field("__all__", "dhcp can only be turned on when a primary rack controller is set.");
    }

    private int? Relay(Parameters form, VlanRow vlan)
    {
        if (!form.Has("relay_vlan"))
        {
            return vlan.RelayVlanId;
        }

        return form.Filled("relay_vlan") is not { } id ? null
            : NetworkFinder.Vlan(state, id) is { RelayVlanId: null } relay && relay.Id != vlan.Id ? relay.Id
            : throw RegionFault.Field("relay_vlan", Naming.NotAmongChoices);
    }

    private void RefuseTaken(int fabric, int vid, VlanRow? itself)
    {
        if (state.Vlans.All.Any(vlan => vlan.FabricId == fabric && vlan.Vid == vid && vlan.Id != itself?.Id))
        {
            throw RegionFault.Model("__all__", "A VLAN with the specified VID already exists in the destination fabric.");
        }
    }

    private static RegionFault NoDynamicRange() =>
        RegionFault.Field("dhcp_on", "dhcp can only be turned on when a dynamic IP range is defined.");

    [GeneratedRegex(@"^[ \w-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NameForm();
}
