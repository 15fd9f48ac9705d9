using System.Text.Json;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>
/// A custom inventory in JSON:
/// <code>
/// {
///   "zones": ["az1", "az2"], "pools": ["general"], "network": "127.90.0.0/16",
///   "networks": [{ "name": "storage", "cidr": "10.40.0.0/24", "vid": 40, "space": "storage" }],
///   "images": ["ubuntu/noble", "ubuntu/noble@arm64", "custom/ubuntu-24.04-k8s-1.33.5"],
///   "machines": [
///     { "hostname": "node-1", "cpu": 16, "memoryGiB": 64, "disksGB": [480, 960], "zone": "az1", "pool": "general",
///       "tags": ["nvme"], "status": "Ready", "architecture": "amd64/generic", "powerType": "ipmi",
///       "interfaces": [{ "name": "eno1" }, { "name": "eno2", "speed": 25000 },
///         { "name": "bond0", "type": "bond", "parents": ["eno1", "eno2"], "network": "machines" },
///         { "name": "bond0.40", "type": "vlan", "parents": ["bond0"], "network": "storage" }] }
///   ]
/// }
/// </code>
/// Everything but the host names has a default. Clusters require machines with a network in 127.0.0.0/8.
/// </summary>
public sealed class InventoryFile : LabSeed
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    private readonly InventoryContent _content;
    private readonly LabKeys _keys;

    private InventoryFile(InventoryContent content, LabKeys keys)
    {
        _content = content;
        _keys = keys;
    }

    /// <exception cref="FormatException">Names the invalid entry of the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static InventoryFile Read(string file, LabKeys keys)
    {
        try
        {
            var content =
                JsonSerializer.Deserialize<InventoryContent>(File.ReadAllBytes(file), Json)
                ?? throw new FormatException($"{file} is empty: it needs \"machines\"");
            content.Check(file);
            return new InventoryFile(content, keys);
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"{file}: {wrong.Message}", wrong);
        }
    }

    private protected override void Write(RegionState state)
    {
        state.Zones.Put(new ZoneRow(1, "default"));
        foreach (var zone in _content.Zones.Where(zone => zone != "default"))
        {
            state.Zones.Put(new ZoneRow(state.Zones.Count + 1, zone));
        }

        state.SetSequence("zone", state.Zones.Count);
        state.Pools.Put(new PoolRow(0, "default", "Default pool"));
        foreach (var pool in _content.Pools.Where(pool => pool != "default"))
        {
            state.Pools.Put(new PoolRow(state.Pools.Count, pool));
        }

        state.SetSequence("pool", state.Pools.Count - 1);
        WriteNetwork(state);
        foreach (var image in _content.Images)
        {
            var (name, architecture) = image.Split('@') is [var before, var after] ? (before, after) : (image, "amd64");
            var custom = name.StartsWith("custom/", StringComparison.Ordinal);
            state.Images.Put(
                new ImageRow(
                    state.Images.Count + 1,
                    custom ? "Uploaded" : "Synced",
                    custom ? name["custom/".Length..] : name,
                    $"{architecture}/generic",
                    "generic"
                )
            );
        }

        state.SetSequence("image", state.Images.Count);
        state.Settings.Put(new SettingRow("default_distro_series", "noble"));
        state.Users.Put(new UserRow("admin", "admin@lab.example", true));
        state.Users.Put(new UserRow("alice", "alice@lab.example", false));
        state.Keys.Put(_keys.Row("admin"));
        state.Keys.Put(_keys.Row("alice"));
        foreach (var tag in _content.Machines.SelectMany(machine => machine.Tags).Distinct())
        {
            state.Tags.Put(new TagRow(tag));
        }

        foreach (var (machine, index) in _content.Machines.Select((machine, index) => (machine, index)))
        {
            state.Machines.Put(Row(state, machine, index));
        }
    }

    private void WriteNetwork(RegionState state)
    {
        state.Fabrics.Put(new FabricRow(1, "fabric-1"));
        state.SetSequence("fabric", 1);
        state.Vlans.Put(new VlanRow(5001, 0, "untagged", 1, null));
        state.SetSequence("vlan", 5001);
        state.Subnets.Put(new SubnetRow(1, InventoryContent.MainNetwork, _content.Network, 5001, null, []));
        state.SetSequence("subnet", 1);
        foreach (var network in _content.Networks)
        {
            var vlan = state.Vlans.All.FirstOrDefault(vlan => vlan.Vid == network.Vid) ?? NewVlan(state, network);
            state.Subnets.Put(new SubnetRow(state.Next("subnet"), network.Name, network.Cidr, vlan.Id, network.Gateway, []));
        }

        state.Domains.Put(new DomainRow(0, "maas"));
    }

    private static VlanRow NewVlan(RegionState state, InventoryContent.NetworkEntry network)
    {
        var space = network.Space is null
            ? null
            : state.Spaces.All.FirstOrDefault(space => space.Name == network.Space)
                ?? state.Spaces.Put(new SpaceRow(state.Next("space"), network.Space));
        return state.Vlans.Put(new VlanRow(state.Next("vlan"), network.Vid, network.Name, 1, space?.Id));
    }

    private MachineRow Row(RegionState state, InventoryContent.MachineEntry machine, int index)
    {
        var (network, _) = AddressPlan.Parse(_content.Network);
        var row = new MachineRow
        {
            Id = index + 1,
            SystemId = $"{(char)('a' + (index / 10_000 % 26))}{(char)('a' + (index / 1000 % 10))}{index % 1000:000}x",
            Hostname = machine.Hostname,
            Architecture = machine.Architecture,
            PowerType = machine.PowerType,
            PowerState = machine.PowerType is "manual" ? "unknown" : "off",
            CpuCount = machine.Cpu,
            Memory = machine.MemoryGiB * 1024,
            Disks =
            [
                .. machine.DisksGB.Select(
                    (size, place) =>
                        new DiskRow((index * 16) + place + 1, $"sd{(char)('a' + place)}", size * 1_000_000_000L, ["ssd"])
                ),
            ],
            ZoneId = state.Zones.Find(machine.Zone)!.Id,
            PoolId = state.Pools.All.First(pool => pool.Name == machine.Pool).Id,
            Tags = machine.Tags,
        };
        return new InventoryNics(state).Added(row, machine.Interfaces, AddressPlan.Text(network + 256 + (uint)index)) with
        {
            Status = machine.StatusNumber,
            StatusMessage = machine.Status,
            Owner = machine.Status is "Ready" or "New" ? null : "admin",
        };
    }
}
