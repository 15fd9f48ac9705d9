using System.Globalization;
using Gantry.Lab.Maas.Interfaces;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>Gives a machine the interfaces of an inventory's file. Bonds, bridges and VLANs are made by MAAS's own forms.</summary>
internal sealed class InventoryNics(RegionState state)
{
    private readonly InterfaceForms _forms = new(state);

    /// <param name="discovered">The address that the first interface had when the machine was commissioned.</param>
    /// <exception cref="FormatException">MAAS has no such interface.</exception>
    public MachineRow Added(MachineRow machine, IReadOnlyList<InventoryContent.InterfaceEntry> entries, string discovered)
    {
        foreach (var entry in entries)
        {
            var subnet = state.Subnets.All.FirstOrDefault(subnet => subnet.Name == entry.Network);
            var (with, nic) = entry.Type is "physical"
                ? Physical(machine, entry, subnet, discovered)
                : Child(machine, entry, subnet);
            machine = with.With(
                nic with
                {
                    Name = entry.Name,
                    Speed = entry.Speed,
                    IsProbed = true,
                    Links = subnet is null ? nic.Links : [new LinkRow(state.Next("link"), LinkMode.Auto, subnet.Id)],
                }
            );
        }

        return machine;
    }

    private (MachineRow, NicRow) Physical(
        MachineRow machine,
        InventoryContent.InterfaceEntry entry,
        SubnetRow? subnet,
        string discovered
    )
    {
        var place = machine.Nics.Count;
        var main = state.Subnets.Find(1)!;
        var number = machine.Id - 1;
        var nic = new NicRow(
            state.Next("interface"),
            entry.Name,
            $"52:54:01:{place:x2}:{number >> 8:x2}:{number & 0xff:x2}",
            subnet?.VlanId ?? main.VlanId
        )
        {
            Links = subnet is null ? [new LinkRow(state.Next("link"), LinkMode.LinkUp, null)] : [],
            DiscoveredIp = place == 0 ? discovered : null,
            DiscoveredSubnetId = place == 0 ? main.Id : null,
        };
        return (machine with { Nics = [.. machine.Nics, nic] }, nic);
    }

    private (MachineRow, NicRow) Child(MachineRow machine, InventoryContent.InterfaceEntry entry, SubnetRow? subnet)
    {
        var parents = entry.Parents.Select(name => machine.Nics.First(nic => nic.Name == name)).ToList();
        var form = new Parameters([
            KeyValuePair.Create("name", entry.Name),
            .. parents.Select(parent => KeyValuePair.Create(entry.Type is "bond" ? "parents" : "parent", Text(parent.Id))),
            .. subnet is null ? [] : new[] { KeyValuePair.Create("vlan", Text(subnet.VlanId)) },
        ]);
        try
        {
            return entry.Type switch
            {
                "bond" => _forms.Bond(machine, form),
                "bridge" => _forms.Bridge(machine, form),
                _ => _forms.Vlan(machine, form),
            };
        }
        catch (RegionFault fault) when (fault.Messages is [var (_, messages), ..])
        {
            throw new FormatException($"{machine.Hostname}: interface {entry.Name}: {string.Join(' ', messages)}", fault);
        }
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
