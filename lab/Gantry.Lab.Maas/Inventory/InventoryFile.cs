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
///   "images": ["ubuntu/noble", "custom/ubuntu-24.04-k8s-1.33.5"],
///   "machines": [
///     { "hostname": "node-1", "cpu": 16, "memoryGiB": 64, "disksGB": [480, 960], "zone": "az1", "pool": "general",
///       "tags": ["nvme"], "status": "Ready" }
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

    private readonly Content _content;
    private readonly LabKeys _keys;

    private InventoryFile(Content content, LabKeys keys)
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
                JsonSerializer.Deserialize<Content>(File.ReadAllBytes(file), Json)
                ?? throw new FormatException($"{file} is empty: it needs \"machines\"");
            Check(file, content);
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
            var custom = image.StartsWith("custom/", StringComparison.Ordinal);
            state.Images.Put(
                new ImageRow(
                    state.Images.Count + 1,
                    custom ? "Uploaded" : "Synced",
                    custom ? image["custom/".Length..] : image,
                    "amd64/generic",
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
        state.Subnets.Put(new SubnetRow(1, "machines", _content.Network, 5001, null, []));
        state.SetSequence("subnet", 1);
        state.Domains.Put(new DomainRow(0, "maas"));
    }

    private MachineRow Row(RegionState state, MachineEntry machine, int index)
    {
        var (network, _) = AddressPlan.Parse(_content.Network);
        return new MachineRow
        {
            Id = index + 1,
            SystemId = $"{(char)('a' + (index / 10_000 % 26))}{(char)('a' + (index / 1000 % 10))}{index % 1000:000}x",
            Hostname = machine.Hostname,
            Architecture = machine.Architecture,
            CpuCount = machine.Cpu,
            Memory = machine.MemoryGiB * 1024,
            Disks =
            [
                .. machine.DisksGB.Select(
                    (size, place) =>
                        new DiskRow((index * 16) + place + 1, $"sd{(char)('a' + place)}", size * 1_000_000_000L, ["ssd"])
                ),
            ],
            Nics =
            [
                new NicRow(index + 1, "eno1", $"52:54:01:00:{index >> 8:x2}:{index & 0xff:x2}", 5001)
                {
                    Links = [new LinkRow(index + 1, LinkMode.Auto, 1)],
                    DiscoveredIp = AddressPlan.Text(network + 256 + (uint)index),
                    DiscoveredSubnetId = 1,
                },
            ],
            ZoneId = state.Zones.Find(machine.Zone)!.Id,
            PoolId = state.Pools.All.First(pool => pool.Name == machine.Pool).Id,
            Tags = machine.Tags,
            Status = Status(machine.Status),
            StatusMessage = machine.Status,
            Owner = machine.Status is "Ready" or "New" ? null : "admin",
        };
    }

    private static int Status(string name) => MachineStatus.Parse(name.ToLowerInvariant().Replace(' ', '_'));

    private static void Check(string file, Content content)
    {
        if (!AddressPlan.IsCidr(content.Network))
        {
            throw new FormatException($"{file}: network: '{content.Network}' is not one; write it as 127.90.0.0/16");
        }

        foreach (var (machine, index) in content.Machines.Select((machine, index) => (machine, index)))
        {
            var at = $"{file}: machines[{index}] ({machine.Hostname})";
            if (machine.Zone != "default" && !content.Zones.Contains(machine.Zone))
            {
                throw new FormatException($"{at}: zone '{machine.Zone}' is not among zones");
            }

            if (machine.Pool != "default" && !content.Pools.Contains(machine.Pool))
            {
                throw new FormatException($"{at}: pool '{machine.Pool}' is not among pools");
            }

            if (Status(machine.Status) < 0)
            {
                throw new FormatException($"{at}: status '{machine.Status}' is none; write Ready, Broken, New, Deployed, …");
            }
        }

        if (content.Machines.GroupBy(machine => machine.Hostname).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FormatException($"{file}: two machines are named '{twice.Key}'");
        }
    }

    private sealed record Content
    {
        public IReadOnlyList<string> Zones { get; init; } = [];

        public IReadOnlyList<string> Pools { get; init; } = [];

        public string Network { get; init; } = "127.90.0.0/16";

        public IReadOnlyList<string> Images { get; init; } =
        ["ubuntu/noble", .. GeneratedInventory.KubernetesVersions.Select(version => $"custom/ubuntu-24.04-k8s-{version}")];

        public required IReadOnlyList<MachineEntry> Machines { get; init; }
    }

    private sealed record MachineEntry
    {
        public required string Hostname { get; init; }

        public int Cpu { get; init; } = 8;

        public int MemoryGiB { get; init; } = 32;

        public IReadOnlyList<int> DisksGB { get; init; } = [480];

        public string Zone { get; init; } = "default";

        public string Pool { get; init; } = "default";

        public IReadOnlyList<string> Tags { get; init; } = [];

        public string Status { get; init; } = "Ready";

        /// <summary>With the sub-architecture: <c>arm64/generic</c>.</summary>
        public string Architecture { get; init; } = "amd64/generic";
    }
}
