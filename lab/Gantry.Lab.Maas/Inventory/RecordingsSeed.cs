using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>
/// The initial state of the recorded MAAS 3.7.3 exchanges, with the same names, ids and addresses, so that each exchange can be
/// replayed against the lab.
/// </summary>
public sealed class RecordingsSeed(LabKeys keys) : LabSeed
{
    private const string Cidr = "10.20.0.0/24";

    private static readonly (
        string Id,
        string Name,
        int Cpu,
        int Memory,
        string Power,
        int Zone,
        int Pool,
        string[] Tags,
        int[] DisksGB,
        int Link
    )[] Ready =
    [
        ("erenca", "m01", 2, 2048, "ipmi", 2, 1, [], [20], 3),
        ("eeewtb", "m02", 2, 4096, "ipmi", 2, 1, ["edge"], [20], 6),
        ("yqhefw", "m03", 4, 8192, "ipmi", 2, 1, ["fast-disk"], [100], 9),
        ("77kqwc", "m04", 4, 8192, "ipmi", 3, 1, [], [100], 12),
        ("4887sm", "m05", 8, 16384, "ipmi", 3, 2, ["gpu"], [200, 200], 15),
        ("6gdq7h", "m06", 8, 16384, "ipmi", 3, 2, ["gpu", "fast-disk"], [200, 200], 18),
        ("yspqpk", "m07", 16, 32768, "ipmi", 2, 2, ["gpu"], [500, 500], 21),
        ("tghmcf", "m08", 1, 1024, "manual", 1, 0, [], [10], 23),
        ("sqf3kn", "m09", 2, 2048, "manual", 1, 0, [], [20], 25),
        ("sgrcrk", "m10", 4, 4096, "manual", 2, 0, ["edge"], [50], 27),
        ("bgpqcc", "m11", 4, 4096, "ipmi", 3, 0, [], [50], 30),
        ("sttax3", "m12", 2, 2048, "ipmi", 1, 0, [], [20], 33),
    ];

    /// <summary>What MAAS says of a machine's hardware, by name.</summary>
    internal static readonly string[] Hardware =
    [
        "system_vendor",
        "system_product",
        "system_family",
        "system_version",
        "system_sku",
        "system_serial",
        "cpu_model",
        "mainboard_vendor",
        "mainboard_product",
        "mainboard_serial",
        "mainboard_version",
        "mainboard_firmware_vendor",
        "mainboard_firmware_date",
        "mainboard_firmware_version",
        "chassis_vendor",
        "chassis_type",
        "chassis_serial",
        "chassis_version",
    ];

    /// <summary>The made-up files of the first image.</summary>
    private static readonly ImageFileRow[] FirstImage =
    [
        new("name-biebgb", "boot-kernel", "7813b143caf14cab0531b5bbb6f4e724dfbc9c88938c01f219cc8f67eeb923ff", 512),
        new("name-NTRBpX", "boot-initrd", "bea2efe26a23cf64c49a71e9d3edddfe9ce4cb34d7ee8050a3809c831d4e4ea1", 512),
        new("name-qweTBm", "squashfs", "1f65f8027dc4ed37b1a8c902295474ed31a140a5df37d9142abaec4159eb847d", 512),
    ];

    private protected override void Write(RegionState state)
    {
        WritePlaces(state);
        WriteNetworks(state);
        WriteImages(state);
        WriteUsers(state);
        WriteMachines(state);
    }

    private static void WritePlaces(RegionState state)
    {
        state.Zones.Put(new ZoneRow(1, "default"));
        state.Zones.Put(new ZoneRow(2, "zone-a", "lab zone-a"));
        state.Zones.Put(new ZoneRow(3, "zone-b", "lab zone-b"));
        state.SetSequence("zone", 3);
        state.Pools.Put(new PoolRow(0, "default", "Default pool"));
        state.Pools.Put(new PoolRow(1, "pool-a", "lab pool-a"));
        state.Pools.Put(new PoolRow(2, "pool-b", "lab pool-b"));
        state.SetSequence("pool", 2);
        foreach (var tag in (string[])["gpu", "fast-disk", "edge"])
        {
            state.Tags.Put(new TagRow(tag, Comment: $"lab {tag}", Id: state.Next("tag")));
        }

        state.Tags.Put(new TagRow("virtual", Id: state.Next("tag")));
    }

    private static void WriteNetworks(RegionState state)
    {
        state.Spaces.Put(new SpaceRow(1, "space-lab"));
        state.SetSequence("space", 1);
        state.Fabrics.Put(new FabricRow(1, "fabric-lab"));
        state.Fabrics.Put(new FabricRow(0, "fabric-0"));
        state.SetSequence("fabric", 1);
        state.Vlans.Put(new VlanRow(5001, 0, "untagged", 1, 1));
        state.Vlans.Put(new VlanRow(5002, 100, "vlan100", 1, null));
        state.Vlans.Put(new VlanRow(5003, 0, "untagged", 0, null));
        state.SetSequence("vlan", 5003);
        state.Subnets.Put(new SubnetRow(1, "lab-net", Cidr, 5001, "10.20.0.1", ["10.20.0.1"]));
        state.Subnets.Put(new SubnetRow(2, "lab-net-100", "10.30.0.0/24", 5002, "10.30.0.1", []));
        state.SetSequence("subnet", 2);
        state.Ranges.Put(new IpRangeRow(1, "reserved", "10.20.0.200", "10.20.0.250", 1, "admin"));
        state.SetSequence("iprange", 1);
        state.Domains.Put(new DomainRow(0, "maas"));
        state.Notifications.Put(
            new NotificationRow(
                2,
                "deprecation_MD6_admins",
                "DHCP snippets are deprecated and will be removed in the next major release.<br>"
                    + "<a class='p-link--external' href='https://maas.io/deprecations/MD6'>How to replace DHCP snippets...</a>",
                "warning"
            )
        );
        state.Notifications.Put(
            new NotificationRow(
                3,
                "dhcp_disabled_all_vlans",
                "DHCP is not enabled on any VLAN.  This will prevent machines from being able to PXE boot, unless an external "
                    + "DHCP server is being used.",
                "warning"
            )
        );
    }

    private static void WriteImages(RegionState state)
    {
        string[] kernels = ["jammy ga-22.04", "jammy hwe-22.04", "noble ga-24.04", "noble hwe-24.04"];
        foreach (var (series, index) in kernels.Select((kernel, index) => (kernel.Split(' '), index)))
        {
            state.Images.Put(
                new ImageRow(index + 1, "Synced", $"ubuntu/{series[0]}", $"amd64/{series[1]}", $"generic,{series[1]}", Size: 1536)
                {
                    Version = "20260801",
                    Files = index == 0 ? FirstImage : [],
                }
            );
        }

        state.SetSequence("image", kernels.Length);
        state.SetSequence("imagefile", kernels.Length * FirstImage.Length);
        state.Settings.Put(new SettingRow("maas_name", "lab"));
        state.Settings.Put(new SettingRow("node_timeout", "30"));
    }

    private void WriteUsers(RegionState state)
    {
        state.Users.Put(new UserRow("MAAS", "maas@localhost", true));
        state.Users.Put(new UserRow("admin", "admin@example.com", true));
        state.Users.Put(new UserRow("alice", "alice@example.com", false));
        state.Users.Put(new UserRow("maas-init-node", "node-init-user@localhost", false));
        state.Keys.Put(keys.Row("admin"));
        state.Keys.Put(keys.Row("alice"));
    }

    private static void WriteMachines(RegionState state)
    {
        var disk = 0;
        foreach (var (row, index) in Ready.Select((row, index) => (row, index)))
        {
            var machine = new MachineRow
            {
                Id = index + 1,
                SystemId = row.Id,
                Hostname = row.Name,
                CpuCount = row.Cpu,
                Memory = row.Memory,
                Disks = [.. row.DisksGB.Select((size, place) => Disk(++disk, place == 0 ? "sda" : "sdb", size))],
                PartitionId = index + 1,
                CommissioningResult = (index * 2) + 2,
                TestingResult = (index * 2) + 3,
                Nics =
                [
                    new NicRow(index + 1, "enp1s0", $"52:54:00:aa:00:{index + 1:x2}", 5001)
                    {
                        Links = [new LinkRow(row.Link, LinkMode.Auto, 1)],
                        DiscoveredIp = $"10.20.0.{101 + index}",
                        DiscoveredSubnetId = 1,
                    },
                ],
                ZoneId = row.Zone,
                PoolId = row.Pool,
                Tags = row.Tags,
                PowerType = row.Power,
                PowerParameters = row.Power == "ipmi" ? Power(index + 1) : null,
                PowerState = row.Power == "manual" ? "unknown" : "off",
                StatusMessage = "Ready",
                HardwareInfo = Unknown(),
            };
            Happened(state, row.Id, 6 + (index * 19), "Commissioning");
            Happened(state, row.Id, 22 + (index * 19), "Ready");
            state.Machines.Put(
                row.Name == "m12"
                    ? machine with
                    {
                        Status = MachineStatus.Broken,
                        ErrorDescription = "lab broken",
                        StatusMessage = "Released",
                    }
                    : machine
            );
        }

        Happened(state, "sttax3", 246, "Releasing");
        Happened(state, "sttax3", 248, "Released");
        state.Machines.Put(
            new MachineRow
            {
                Id = 13,
                SystemId = "866wke",
                Hostname = "m-new",
                Status = MachineStatus.New,
                Nics = [new NicRow(13, "eth0", "52:54:00:aa:00:20", null) { IsProbed = false }],
                PowerType = "manual",
                PowerState = "unknown",
                Commissioned = false,
                HardwareInfo = Unknown(),
            }
        );
        state.Machines.Put(
            new MachineRow
            {
                Id = 14,
                SystemId = "dgqar6",
                Hostname = "m-failed",
                Status = MachineStatus.FailedCommissioning,
                Owner = "admin",
                CpuCount = 2,
                Memory = 2048,
                Disks = [Disk(++disk, "sda", 20)],
                PartitionId = 13,
                CommissioningResult = 26,
                TestingResult = 27,
                TestingStatus = -1,
                Nics = [new NicRow(14, "enp1s0", "52:54:00:aa:00:21", 5003) { Links = [new LinkRow(34, LinkMode.Dhcp, null)] }],
                PowerType = "manual",
                PowerState = "unknown",
                StatusMessage = "Failed commissioning",
                HardwareInfo = Unknown(),
            }
        );
        Happened(state, "dgqar6", 251, "Commissioning");
        Happened(state, "dgqar6", 267, "Failed commissioning");
        state.SetSequence("link", 35);
        state.SetSequence("partition", 13);
        state.SetSequence("event", 267);
    }

    private static void Happened(RegionState state, string systemId, int id, string type) =>
        state.Events.Put(new EventRow(id, systemId, "INFO", type, "", DateTimeOffset.UnixEpoch));

    private static Dictionary<string, string> Power(int number) =>
        new()
        {
            ["power_address"] = $"10.99.0.{number}",
            ["power_user"] = "ipmiuser",
            ["power_pass"] = "ipmipass",
        };

    private static DiskRow Disk(int id, string name, int gigabytes) => new(id, name, gigabytes * 1_000_000_000L, ["ssd", "sata"]);

    private static Dictionary<string, string> Unknown() => Hardware.ToDictionary(name => name, _ => "Unknown");
}
