using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Interfaces;

/// <summary>Creates and changes interfaces, with MAAS's rules for what may stand on what.</summary>
internal sealed class InterfaceForms(RegionState state)
{
    private static readonly string[] BondModes =
    [
        "balance-rr",
        "active-backup",
        "balance-xor",
        "broadcast",
        "802.3ad",
        "balance-tlb",
        "balance-alb",
    ];

    public (MachineRow Machine, NicRow Nic) Physical(MachineRow machine, Parameters form)
    {
        var faults = new FormFaults();
        var mac = faults.Of(() => CheckedMac(form.Required("mac_address"), null));
        var name = faults.Of(() => CheckedName(machine, form.Filled("name") ?? NextName(machine), null));
        var vlan = faults.Of(() => VlanOf(form));
        var mtu = faults.Of(() => Mtu(form));
        faults.ThrowIfAny();
        var nic = new NicRow(state.Next("interface"), name!, mac!, vlan?.Id)
        {
            IsProbed = false,
            Tags = Tags(form) ?? [],
            Mtu = mtu,
            Enabled = form.Tick("enabled", true),
        };
        return Added(machine, nic);
    }

    public (MachineRow Machine, NicRow Nic) Bond(MachineRow machine, Parameters form)
    {
        var parents = Parents(machine, form, "parents");
        if (parents.Count == 0)
        {
            throw RegionFault.Field("parents", "A bond interface must have one or more parents.");
        }

        var name = form.Required("name");
        CheckName(machine, name, null);
        RefuseUsed(machine, parents, _ => true);
        var mode = form.Filled("bond_mode") ?? "balance-rr";
        if (!BondModes.Contains(mode))
        {
            throw RegionFault.Field(
                "bond_mode",
                $"'{mode}' is not a valid bond_mode.  It should be one of: "
                    + $"{string.Join(", ", BondModes.Select(one => $"'{one}'"))}."
            );
        }

        var vlan = VlanOf(form)?.Id ?? parents[0].VlanId;
        if (parents.Exists(parent => parent.VlanId != vlan))
        {
            throw RegionFault.Field("parents", "All parents must belong to the same VLAN.");
        }

        var bond = Child("bond", name, form, parents, vlan) with
        {
            Params = new JsonObject
            {
                ["bond_mode"] = mode,
                ["bond_miimon"] = form.Integer("bond_miimon") ?? 100,
                ["bond_downdelay"] = form.Integer("bond_downdelay") ?? 0,
                ["bond_updelay"] = form.Integer("bond_updelay") ?? 0,
                ["bond_num_grat_arp"] = form.Integer("bond_num_grat_arp") ?? 1,
                ["bond_lacp_rate"] = form.Filled("bond_lacp_rate") ?? "fast",
                ["bond_xmit_hash_policy"] = form.Filled("bond_xmit_hash_policy") ?? "layer2",
            }.ToJsonString(),
        };
        return Added(Without(machine, parents), bond);
    }

    public (MachineRow Machine, NicRow Nic) Bridge(MachineRow machine, Parameters form)
    {
        var parents = Parents(machine, form, "parent");
        if (parents.Count != 1)
        {
            throw RegionFault.Field("parent", "A bridge interface must have exactly one parent.");
        }

        var parent = parents[0];
        if (parent.Type == "bridge")
        {
            throw RegionFault.Field("parent", "A bridge interface can't have another bridge interface as parent.");
        }

        if (machine.Nics.Any(other => other.Type is "bond" or "bridge" && other.Parents.Contains(parent.Id)))
        {
            throw RegionFault.Field("parent", "A bridge interface can't have a parent that is already in a bond or a bridge.");
        }

        var name = form.Required("name");
        CheckName(machine, name, null);
        var isAcquired = machine.Status == MachineStatus.Allocated;
        var bridge = Child("bridge", name, form, parents, isAcquired ? parent.VlanId : VlanOf(form)?.Id ?? parent.VlanId) with
        {
            IsAcquired = isAcquired,
            Links = isAcquired ? parent.Links : [],
            Params = Bridging(form.Filled("bridge_type") ?? "standard", form.Tick("bridge_stp"), form.Integer("bridge_fd") ?? 15),
        };
        return Added(Without(machine, parents), bridge);
    }

    public (MachineRow Machine, NicRow Nic) Vlan(MachineRow machine, Parameters form)
    {
        var parents = Parents(machine, form, "parent");
        if (parents.Count != 1)
        {
            throw RegionFault.Field("parent", "A VLAN interface must have exactly one parent.");
        }

        var parent = parents[0];
        if (parent.Type == "vlan")
        {
            throw RegionFault.Field("parent", "A VLAN interface can't have another VLAN interface as parent.");
        }

        if (machine.IsInBond(parent))
        {
            throw RegionFault.Field("parent", "A VLAN interface can't have a parent that is already in a bond.");
        }

        var vlan = VlanOf(form) ?? throw RegionFault.Field("vlan", "A VLAN interface must be connected to a tagged VLAN.");
        if (vlan.Vid == 0)
        {
            throw RegionFault.Field("vlan", "A VLAN interface can only belong to a tagged VLAN.");
        }

        if (parent.VlanId is not { } on || state.Vlans.Find(on)!.FabricId != vlan.FabricId)
        {
            throw RegionFault.Field(
                "vlan",
                "A VLAN interface can only belong to a tagged VLAN on the same fabric as its parent interface."
            );
        }

        var name = $"{parent.Name}.{vlan.Vid}";
        CheckName(machine, name, null);
        return Added(machine, Child("vlan", name, form, parents, vlan.Id));
    }

    public MachineRow Update(MachineRow machine, NicRow nic, Parameters form)
    {
        var faults = new FormFaults();
        var name = faults.Of(() =>
            form.Filled("name") is { } called && called != nic.Name ? CheckedName(machine, called, nic) : nic.Name
        );
        var mac = faults.Of(() =>
            form.Filled("mac_address")?.ToLowerInvariant() is { } changed && changed != nic.Mac
                ? CheckedMac(changed, nic)
                : nic.Mac
        );
        var vlan = faults.Of(() => form.Has("vlan") ? VlanOf(form)?.Id : nic.VlanId);
        var mtu = faults.Of(() => form.Has("mtu") ? Mtu(form) : nic.Mtu);
        faults.ThrowIfAny();
        var connected = form.Tick("link_connected", nic.LinkConnected);
        if (!connected && !nic.LinkConnected && form.Integer("link_speed") is > 0)
        {
            throw RegionFault.Field("__all__", "link_speed cannot be set when link_connected is false.");
        }

        var changed = nic with { Name = nic.Type == "vlan" ? nic.Name : name!, Mac = mac!, LinkConnected = connected };
        if (machine.Status == MachineStatus.Deployed)
        {
            // Of a deployed machine, only what a replaced card changes.
            return machine.With(changed);
        }

        return machine.With(
            changed with
            {
                VlanId = vlan,
                Links = vlan == nic.VlanId ? nic.Links : [],
                Tags = Tags(form) ?? nic.Tags,
                Mtu = mtu,
                Enabled = form.Tick("enabled", nic.Enabled),
            }
        );
    }

    /// <summary>The bridges of an allocation with <c>bridge_all</c>: one over each interface that has a subnet.</summary>
    public MachineRow BridgeAll(MachineRow machine, Parameters form)
    {
        var bridged = machine;
        foreach (var nic in machine.Nics.Where(nic => nic.Links.Any(link => link.SubnetId is not null)).ToList())
        {
            var bridge = Child("bridge", $"br-{nic.Name}", form, [nic], nic.VlanId) with
            {
                IsAcquired = true,
                Links = nic.Links,
                Params = Bridging(
                    form.Filled("bridge_type") ?? "standard",
                    form.Option("bridge_stp"),
                    form.Integer("bridge_fd") ?? 0
                ),
            };
            bridged = bridged.With(nic with { Links = [] }).With(bridge);
        }

        return bridged;
    }

    private static string Bridging(string type, bool stp, int delay) =>
        new JsonObject
        {
            ["bridge_type"] = type,
            ["bridge_stp"] = stp,
            ["bridge_fd"] = delay,
        }.ToJsonString();

    private NicRow Child(string type, string name, Parameters form, List<NicRow> parents, int? vlan) =>
        new(state.Next("interface"), name, form.Filled("mac_address")?.ToLowerInvariant() ?? parents[0].Mac, vlan)
        {
            Type = type,
            IsProbed = false,
            Parents = [.. parents.Select(parent => parent.Id)],
            Tags = Tags(form) ?? [],
            Mtu = Mtu(form),
        };

    /// <summary>A new interface on a VLAN is up.</summary>
    private (MachineRow Machine, NicRow Nic) Added(MachineRow machine, NicRow nic)
    {
        var up =
            nic.Links.Count == 0 && nic.VlanId is not null
                ? nic with
                {
                    Links = [new LinkRow(state.Next("link"), LinkMode.LinkUp, null)],
                }
                : nic;
        return (machine.With(up), up);
    }

    /// <summary>What something stands on has no links of its own.</summary>
    private static MachineRow Without(MachineRow machine, List<NicRow> parents) =>
        parents.Aggregate(machine, (changed, parent) => changed.With(parent with { Links = [] }));

    private static void RefuseUsed(MachineRow machine, List<NicRow> parents, Func<NicRow, bool> counts)
    {
        var used = parents
            .Where(parent => machine.Nics.Any(other => other.Parents.Contains(parent.Id) && counts(other)))
            .Select(parent => parent.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (used.Count > 0)
        {
            throw RegionFault.Field("parents", $"Interfaces already in-use: {string.Join(", ", used)}.");
        }
    }

    private static List<NicRow> Parents(MachineRow machine, Parameters form, string field)
    {
        var parents = new List<NicRow>();
        foreach (var given in form.All(field).Where(value => value.Length > 0))
        {
            parents.Add(
                machine.Nics.FirstOrDefault(nic => nic.Id.ToString(CultureInfo.InvariantCulture) == given)
                    ?? throw RegionFault.Field(
                        field,
                        int.TryParse(given, out _)
                            ? $"Select a valid choice. {given} is not one of the available choices."
                            : $"“{given}” is not a valid value."
                    )
            );
        }

        return parents;
    }

    private VlanRow? VlanOf(Parameters form) =>
        form.Filled("vlan") is { } id
            ? NetworkFinder.Vlan(state, id) ?? throw RegionFault.Field("vlan", Naming.NotAmongChoices)
            : null;

    private string CheckedMac(string mac, NicRow? itself)
    {
        if (!Macs.IsValid(mac))
        {
            throw RegionFault.Field("mac_address", Macs.Refusal(mac));
        }

        if (Macs.HolderOf(state, mac) is not null && !string.Equals(itself?.Mac, mac, StringComparison.OrdinalIgnoreCase))
        {
            throw RegionFault.Field("mac_address", "This MAC address is already in use by another interface.");
        }

        return mac.ToLowerInvariant();
    }

    private static string CheckedName(MachineRow machine, string name, NicRow? itself)
    {
        CheckName(machine, name, itself);
        return name;
    }

    private static void CheckName(MachineRow machine, string name, NicRow? itself)
    {
        if (machine.Nics.Any(nic => nic.Name == name && nic.Id != itself?.Id))
        {
            throw RegionFault.Field(
                "name",
                $"Node {machine.SystemId} ({machine.Hostname}) already has an interface named '{name}'."
            );
        }
    }

    private static string NextName(MachineRow machine)
    {
        var number = 0;
        while (machine.Nics.Any(nic => nic.Name == $"eth{number}"))
        {
            number++;
        }

        return $"eth{number}";
    }

    private static string[]? Tags(Parameters form) =>
        form.Has("tags") ? form["tags"]!.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries) : null;

    private static int? Mtu(Parameters form) =>
        form.Integer("mtu") switch
        {
            < 552 => throw RegionFault.Field("mtu", "Ensure this value is greater than or equal to 552."),
            var mtu => mtu,
        };
}
