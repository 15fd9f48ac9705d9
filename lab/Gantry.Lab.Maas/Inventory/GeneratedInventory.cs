using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>
/// A data centre generated from a seed: three zones of racks, servers of several shapes, some of them broken, failed or owned by
/// other users. At least two thirds of the machines are free and in the default pool or in <c>general</c>.
/// </summary>
/// <param name="Network">The <c>127.N.0.0/16</c> of the machines' addresses.</param>
/// <param name="DeployFailures">The share of machines whose deployments never finish.</param>
public sealed class GeneratedInventory(int seed, int machines, string network, double deployFailures) : LabSeed
{
    /// <summary>The Kubernetes versions of the lab's images.</summary>
    public static IReadOnlyList<string> KubernetesVersions { get; } =
    ["1.30.14", "1.31.13", "1.32.9", "1.33.5", "1.34.1", "1.35.9", "1.36.4", "1.36.5", "1.37.1"];

    /// <summary>Preset API keys; the user alice exists only with one.</summary>
    public LabKeys Keys { get; init; } = new(null, null);

    /// <summary>The region has the images that MAAS imports, and none with Kubernetes.</summary>
    public bool StockImagesOnly { get; init; }

    /// <summary>
    /// The machines boot from a network of their own, which leads nowhere. A VLAN on a bond carries the network of the clusters, with
    /// the default route.
    /// </summary>
    public bool BootsApart { get; init; }

    private static readonly InventoryContent.InterfaceEntry[] ApartInterfaces =
    [
        new()
        {
            Name = "eno1",
            Network = BootNetwork,
            Speed = 1000,
        },
        new() { Name = "eno2", Speed = 25000 },
        new() { Name = "eno3", Speed = 25000 },
        new()
        {
            Name = "bond0",
            Type = "bond",
            Parents = ["eno2", "eno3"],
            Speed = 25000,
        },
        new()
        {
            Name = "bond0.10",
            Type = "vlan",
            Parents = ["bond0"],
            Network = InventoryContent.MainNetwork,
            Speed = 25000,
        },
    ];

    private const string BootNetwork = "boot";

    private static readonly string[] Zones = ["az1", "az2", "az3"];

    private static readonly (string Model, int Cpu, int MemoryGiB, int[] DisksGB, string[] Tags, int Weight)[] Shapes =
    [
        ("R450", 8, 32, [480], ["compute"], 4),
        ("R650", 16, 64, [480, 960], ["compute", "nvme"], 4),
        ("R750", 32, 128, [480, 1920, 1920], ["compute", "nvme"], 2),
        ("R740xd", 16, 64, [480, 4000, 4000, 4000], ["storage"], 1),
        ("XE8545", 64, 512, [960, 3840], ["gpu", "nvme"], 1),
    ];

    private protected override void Write(RegionState state)
    {
        WritePlaces(state);
        WriteNetwork(state);
        WriteImages(state);
        WriteUsers(state);
        for (var index = 0; index < machines; index++)
        {
            state.Machines.Put(Machine(state, index));
        }
    }

    private static void WritePlaces(RegionState state)
    {
        state.Zones.Put(new ZoneRow(1, "default"));
        foreach (var (zone, index) in Zones.Select((zone, index) => (zone, index)))
        {
            state.Zones.Put(new ZoneRow(index + 2, zone, $"room {index + 1}, a power feed of its own"));
        }

        state.SetSequence("zone", 4);
        state.Pools.Put(new PoolRow(0, "default", "Default pool"));
        state.Pools.Put(new PoolRow(1, "general", "for everybody"));
        state.Pools.Put(new PoolRow(2, "reserved", "kept back for the storage team"));
        state.SetSequence("pool", 2);
        foreach (var tag in Shapes.SelectMany(shape => shape.Tags).Concat(["baremetal", "old-bios"]).Distinct())
        {
            state.Tags.Put(new TagRow(tag));
        }
    }

    private void WriteNetwork(RegionState state)
    {
        state.Fabrics.Put(new FabricRow(1, "fabric-1"));
        state.SetSequence("fabric", 1);
        state.Spaces.Put(new SpaceRow(1, "lab"));
        state.SetSequence("space", 1);
        state.Vlans.Put(new VlanRow(5001, 0, "untagged", 1, BootsApart ? null : 1, DhcpOn: true));
        state.SetSequence("vlan", 5001);
        if (BootsApart)
        {
            state.Vlans.Put(new VlanRow(5002, 10, "production", 1, 1));
            state.SetSequence("vlan", 5002);
            state.Subnets.Put(new SubnetRow(1, BootNetwork, $"{Prefix}.128.0/17", 5001, null, []));
            state.Subnets.Put(
                new SubnetRow(2, InventoryContent.MainNetwork, $"{Prefix}.0.0/17", 5002, $"{Prefix}.0.1", [$"{Prefix}.0.1"])
            );
            state.SetSequence("subnet", 2);
        }
        else
        {
            state.Subnets.Put(new SubnetRow(1, InventoryContent.MainNetwork, network, 5001, $"{Prefix}.0.1", [$"{Prefix}.0.1"]));
            state.SetSequence("subnet", 1);
        }

        state.Ranges.Put(new IpRangeRow(1, "dynamic", $"{Prefix}.250.0", $"{Prefix}.254.255", 1, "admin", "boot"));
        state.Ranges.Put(
            new IpRangeRow(
                2,
                "reserved",
                $"{Prefix}.0.2",
                $"{Prefix}.0.255",
                state.Subnets.Count,
                "admin",
                "switches and controllers"
            )
        );
        state.Ranges.Put(new IpRangeRow(3, "reserved", $"{Prefix}.255.0", $"{Prefix}.255.254", 1, "admin", "the lab itself"));
        state.SetSequence("iprange", 3);
        state.Domains.Put(new DomainRow(0, "maas"));
    }

    private string Prefix => network[..network.IndexOf(".0.0/", StringComparison.Ordinal)];

    private void WriteImages(RegionState state)
    {
        var id = 0;
        foreach (var (name, kernel) in new[] { ("ubuntu/jammy", "ga-22.04"), ("ubuntu/noble", "ga-24.04") })
        {
            state.Images.Put(new ImageRow(++id, "Synced", name, $"amd64/{kernel}", $"generic,{kernel}"));
        }

        foreach (var version in StockImagesOnly ? [] : KubernetesVersions)
        {
            state.Images.Put(
                new ImageRow(
                    ++id,
                    "Uploaded",
                    $"ubuntu-24.04-k8s-{version}",
                    "amd64/generic",
                    "generic",
                    Title: $"Ubuntu 24.04 with Kubernetes {version}",
                    BaseImage: "ubuntu/noble"
                )
            );
        }

        state.SetSequence("image", id);
        state.Settings.Put(new SettingRow("default_distro_series", "noble"));
        state.Settings.Put(new SettingRow("commissioning_distro_series", "noble"));
        state.Settings.Put(new SettingRow("maas_name", "lab"));
        state.Settings.Put(new SettingRow("node_timeout", "30"));
    }

    private void WriteUsers(RegionState state)
    {
        state.Users.Put(new UserRow("admin", "admin@lab.example", true));
        state.Users.Put(new UserRow("storage-team", "storage@lab.example", false));
        state.Keys.Put(
            Keys.Admin is null
                ? new KeyRow(Letters("consumer", 18), Letters("token", 18), Letters("secret", 32), "admin", "lab")
                : Keys.Row("admin")
        );
        if (Keys.User is not null)
        {
            state.Users.Put(new UserRow("alice", "alice@lab.example", false));
            state.Keys.Put(Keys.Row("alice"));
        }
    }

    private MachineRow Machine(RegionState state, int index)
    {
        var id = SystemId(index);
        var shape = ShapeOf(index, id);
        var rack = (index / 12) + 1;
        var trouble = Chances.Of(seed, id, 2);
        var discovered = $"{Prefix}.{(BootsApart ? 129 : 1) + (index / 250)}.{1 + (index % 250)}";
        var machine = new MachineRow
        {
            Id = index + 1,
            SystemId = id,
            Hostname = $"r{rack:00}-u{(index % 12) + 1:00}",
            CpuCount = shape.Cpu,
            CpuSpeed = 2900,
            Memory = shape.MemoryGiB * 1024,
            Disks =
            [
                .. shape.DisksGB.Select(
                    (size, disk) =>
                        new DiskRow(
                            (index * 8) + disk + 1,
                            disk == 0 ? "sda" : $"nvme{disk - 1}n1",
                            size * 1_000_000_000L,
                            disk == 0 ? ["ssd", "sata"] : ["ssd", "nvme"]
                        )
                ),
            ],
            ZoneId = (index % Zones.Length) + 2,
            PoolId = trouble is >= 0.20 and < 0.40 ? 1 : 0,
            Tags = [.. shape.Tags, "baremetal"],
            CommissioningResult = (index * 2) + 1,
            TestingResult = (index * 2) + 2,
            TestingStatus = 2,
            HardwareInfo = new Dictionary<string, string>
            {
                ["system_vendor"] = "Example",
                ["system_product"] = shape.Model,
                ["system_serial"] = $"EX{seed:000}{index:0000}",
                ["cpu_model"] = "Example CPU at 2.90GHz",
            },
            StatusMessage = "Ready",
            FailsToDeploy = Chances.Of(seed, id, 3) < deployFailures,
        };

        machine = BootsApart
            ? new InventoryNics(state).Added(machine, ApartInterfaces, discovered)
            : machine with
            {
                Nics =
                [
                    new NicRow(index + 1, "eno1", $"52:54:00:{seed & 0xff:x2}:{index >> 8:x2}:{index & 0xff:x2}", 5001)
                    {
                        Links = [new LinkRow(index + 1, LinkMode.Auto, 1)],
                        DiscoveredIp = discovered,
                        DiscoveredSubnetId = 1,
                    },
                ],
            };

        // Some machines that no cluster may use, few enough that a small lab has room left.
        return trouble switch
        {
            < 0.03 => machine with
            {
                Status = MachineStatus.Broken,
                Owner = "admin",
                ErrorDescription = "fan 3 failed",
                StatusMessage = "Broken",
            },
            < 0.06 => machine with
            {
                Status = MachineStatus.FailedCommissioning,
                StatusMessage = "Failed commissioning",
                Commissioned = false,
            },
            < 0.10 => machine with
            {
                Status = MachineStatus.Deployed,
                Owner = "storage-team",
                PoolId = 2,
                Osystem = "ubuntu",
                DistroSeries = "jammy",
                PowerState = "on",
                Netboot = false,
                StatusMessage = "Deployed",
                Nics =
                [
                    machine.Nics[0] with
                    {
                        Links = [machine.Nics[0].Links[0] with { Ip = machine.Nics[0].DiscoveredIp }],
                    },
                    .. machine.Nics.Skip(1),
                ],
            },
            < 0.12 => machine with { PoolId = 2 },
            < 0.14 => machine with { Tags = [.. machine.Tags, "old-bios"] },
            _ => machine,
        };
    }

    private (string Model, int Cpu, int MemoryGiB, int[] DisksGB, string[] Tags, int Weight) ShapeOf(int index, string id)
    {
        var chance = Chances.Of(seed, id, 1, index) * Shapes.Sum(shape => shape.Weight);
        foreach (var shape in Shapes)
        {
            chance -= shape.Weight;
            if (chance < 0)
            {
                return shape;
            }
        }

        return Shapes[0];
    }

    /// <summary>Six letters and digits, the format of MAAS, unique within a lab.</summary>
    private string SystemId(int index)
    {
        const string Alphabet = "34678abcdefghkmnpqrstwxy";
        const int Values = 24 * 24 * 24 * 24 * 24 * 24;

        // A step coprime to the number of ids visits every id before it repeats one.
        const int Step = 48_611_131;
        var number = (int)((((long)seed * 7919) + ((long)index * Step)) % Values);
        number = number < 0 ? number + Values : number;
        var id = new char[6];
        for (var place = 5; place >= 0; place--)
        {
            id[place] = Alphabet[number % Alphabet.Length];
            number /= Alphabet.Length;
        }

        return new string(id);
    }

    private string Letters(string part, int length)
    {
        const string Alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
        return string.Concat(
            Enumerable.Range(0, length).Select(place => Alphabet[(int)(Chances.Of(seed, "key/" + part, place) * Alphabet.Length)])
        );
    }
}
