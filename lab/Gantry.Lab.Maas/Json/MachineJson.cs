using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of a machine in MAAS 3.7: every key, with the recorded types.</summary>
internal static class MachineJson
{
    private static readonly string[] ScriptKinds = ["cpu", "memory", "network", "interface", "other"];

    public static JsonObject Machine(RegionState state, MachineRow machine)
    {
        var domain = state.Domains.Find(machine.DomainId)!;
        var zone = state.Zones.All.First(one => one.Id == machine.ZoneId);
        var pool = state.Pools.Find(machine.PoolId)!;
        var gateway = machine
            .Nics.Select(nic => nic.SubnetId is { } id ? state.Subnets.Find(id)?.GatewayIp : null)
            .FirstOrDefault(ip => ip is not null);
        var json = new JsonObject
        {
            ["system_id"] = machine.SystemId,
            ["hostname"] = machine.Hostname,
            ["fqdn"] = $"{machine.Hostname}.{domain.Name}",
            ["description"] = machine.Description,
            ["hardware_uuid"] = null,
            ["domain"] = NetworkJson.Domain(state, domain),
            ["owner"] = machine.Owner,
            ["owner_data"] = Texts(machine.OwnerData),
            ["workload_annotations"] = Texts(machine.OwnerData),
            ["locked"] = machine.Locked,
            ["architecture"] = machine.Architecture,
            ["min_hwe_kernel"] = machine.MinHweKernel,
            ["hwe_kernel"] = machine.HweKernel,
            ["cpu_count"] = machine.CpuCount,
            ["cpu_speed"] = machine.CpuSpeed,
            ["memory"] = machine.Memory,
            ["swap_size"] = machine.SwapSize,
            ["storage"] = Megabytes(machine.Disks.Sum(disk => disk.Size)),
            ["status"] = machine.Status,
            ["status_name"] = MachineStatus.Label(machine.Status),
            ["status_message"] = machine.StatusMessage,
            ["status_action"] = "",
            ["error_description"] = machine.ErrorDescription,
            ["osystem"] = machine.Osystem,
            ["distro_series"] = machine.DistroSeries,
            ["ephemeral_deploy"] = machine.EphemeralDeploy,
            ["netboot"] = machine.Netboot,
            ["enable_kernel_crash_dump"] = false,
            ["enable_hw_sync"] = machine.EnableHwSync,
            ["last_sync"] = null,
            ["sync_interval"] = null,
            ["next_sync"] = null,
            ["is_dpu"] = false,
            ["power_type"] = machine.PowerType,
            ["power_state"] = machine.PowerState,
            ["bios_boot_method"] = machine.BiosBootMethod,
            ["tag_names"] = new JsonArray([.. machine.Tags.Select(tag => (JsonNode?)tag)]),
            ["address_ttl"] = null,
            ["ip_addresses"] = new JsonArray([.. Addresses(machine).Select(ip => (JsonNode?)ip)]),
            ["zone"] = OtherJson.Zone(zone),
            ["pool"] = OtherJson.Pool(pool),
            ["node_type"] = 0,
            ["node_type_name"] = "Machine",
            ["disable_ipv4"] = false,
            ["constraints_by_type"] = new JsonObject(),
            ["parent"] = null,
            ["pod"] = null,
            ["virtualmachine_id"] = null,
            ["default_gateways"] = new JsonObject
            {
                ["ipv4"] = new JsonObject { ["gateway_ip"] = gateway, ["link_id"] = null },
                ["ipv6"] = new JsonObject { ["gateway_ip"] = null, ["link_id"] = null },
            },
            ["boot_interface"] = machine.Nics.Count > 0 ? Nic(state, machine, machine.Nics[0]) : null,
            ["interface_set"] = new JsonArray([.. machine.Nics.Select(nic => (JsonNode)Nic(state, machine, nic))]),
            ["boot_disk"] = machine.Disks.Count > 0 ? Disk(machine, machine.Disks[0]) : null,
            ["blockdevice_set"] = Disks(machine),
            ["physicalblockdevice_set"] = Disks(machine),
            ["virtualblockdevice_set"] = new JsonArray(),
            ["volume_groups"] = new JsonArray(),
            ["raids"] = new JsonArray(),
            ["bcaches"] = new JsonArray(),
            ["cache_sets"] = new JsonArray(),
            ["special_filesystems"] = new JsonArray(),
            ["numanode_set"] = new JsonArray(
                new JsonObject
                {
                    ["index"] = 0,
                    ["memory"] = machine.Memory,
                    ["cores"] = new JsonArray([.. Enumerable.Range(0, machine.CpuCount).Select(core => (JsonNode?)core)]),
                    ["hugepages_set"] = new JsonArray(),
                }
            ),
            ["hardware_info"] = Texts(machine.HardwareInfo),
            ["commissioning_status"] = machine.Commissioned ? 2 : -1,
            ["commissioning_status_name"] = machine.Commissioned ? "Passed" : "Unknown",
            ["testing_status"] = machine.Commissioned ? 0 : -1,
            ["testing_status_name"] = machine.Commissioned ? "Pending" : "Unknown",
            ["storage_test_status"] = machine.Commissioned ? 0 : -1,
            ["storage_test_status_name"] = machine.Commissioned ? "Pending" : "Unknown",
            ["current_commissioning_result_id"] = machine.Commissioned ? machine.Id * 2 : null,
            ["current_testing_result_id"] = machine.Commissioned ? (machine.Id * 2) + 1 : null,
            ["current_installation_result_id"] = null,
            ["resource_uri"] = $"/MAAS/api/2.0/machines/{machine.SystemId}/",
        };
        foreach (var kind in ScriptKinds)
        {
            json[$"{kind}_test_status"] = -1;
            json[$"{kind}_test_status_name"] = "Unknown";
        }

        return json;
    }

    /// <summary>Python prints a float with a decimal point even for a whole number; a decimal keeps the point.</summary>
    private static JsonNode Megabytes(long bytes) => JsonValue.Create((bytes / 1_000_000m) + 0.0m);

    /// <summary>The configured addresses, or else those discovered by commissioning.</summary>
    public static IReadOnlyList<string> Addresses(MachineRow machine)
    {
        var configured = machine.Nics.Select(nic => nic.Ip).OfType<string>().ToList();
        return configured.Count > 0 ? configured : [.. machine.Nics.Select(nic => nic.DiscoveredIp).OfType<string>()];
    }

    public static JsonObject Nic(RegionState state, MachineRow machine, NicRow nic)
    {
        var links = new JsonArray();
        if (nic.LinkId is { } link)
        {
            var shown = new JsonObject { ["id"] = link, ["mode"] = nic.SubnetId is null ? "link_up" : "auto" };
            if (nic.Ip is not null)
            {
                shown["ip_address"] = nic.Ip;
            }

            if (nic.SubnetId is { } id)
            {
                shown["subnet"] = NetworkJson.Subnet(state, state.Subnets.Find(id)!);
            }

            links.Add(shown);
        }

        return new JsonObject
        {
            ["effective_mtu"] = 1500,
            ["firmware_version"] = "1.63, 0x800009fa",
            ["params"] = new JsonObject(),
            ["parents"] = new JsonArray(),
            ["product"] = "My Gigabit Network Connection",
            ["system_id"] = machine.SystemId,
            ["children"] = new JsonArray(),
            ["interface_speed"] = nic.Speed,
            ["enabled"] = true,
            ["link_connected"] = true,
            ["sriov_max_vf"] = 0,
            ["links"] = links,
            ["link_speed"] = nic.Speed,
            ["type"] = "physical",
            ["vlan"] = nic.VlanId is { } vlan ? NetworkJson.Vlan(state, state.Vlans.Find(vlan)!) : null,
            ["vendor"] = "My Corporation",
            ["tags"] = new JsonArray(),
            ["mac_address"] = nic.Mac,
            ["numa_node"] = 0,
            ["name"] = nic.Name,
            ["id"] = nic.Id,
            ["discovered"] =
                nic.DiscoveredIp is { } seen && nic.SubnetId is { } on
                    ? new JsonArray(
                        new JsonObject { ["subnet"] = NetworkJson.Subnet(state, state.Subnets.Find(on)!), ["ip_address"] = seen }
                    )
                    : null,
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/interfaces/{nic.Id}/",
        };
    }

    public static JsonArray Disks(MachineRow machine) => [.. machine.Disks.Select(disk => (JsonNode)Disk(machine, disk))];

    public static JsonObject Disk(MachineRow machine, DiskRow disk)
    {
        var root = disk == machine.Disks[0];
        const long Table = 1_501_184;
        const long Boundaries = 7_792_640;
        var partitions = new JsonArray();
        if (root)
        {
            partitions.Add(
                new JsonObject
                {
                    ["uuid"] = Uuid(machine, disk, "partition"),
                    ["size"] = disk.Size - Boundaries,
                    ["bootable"] = false,
                    ["tags"] = new JsonArray(),
                    ["path"] = $"/dev/disk/by-dname/{disk.Name}-part2",
                    ["type"] = "partition",
                    ["id"] = disk.Id,
                    ["device_id"] = disk.Id,
                    ["filesystem"] = new JsonObject
                    {
                        ["fstype"] = "ext4",
                        ["label"] = "root",
                        ["uuid"] = Uuid(machine, disk, "filesystem"),
                        ["mount_point"] = "/",
                        ["mount_options"] = null,
                    },
                    ["system_id"] = machine.SystemId,
                    ["used_for"] = "ext4 formatted filesystem mounted at /",
                    ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/blockdevices/{disk.Id}/partition/{disk.Id}",
                }
            );
        }

        return new JsonObject
        {
            ["firmware_version"] = null,
            ["uuid"] = null,
            ["filesystem"] = null,
            ["model"] = disk.Model,
            ["block_size"] = 512,
            ["system_id"] = machine.SystemId,
            ["partitions"] = partitions,
            ["used_for"] = root ? "GPT partitioned with 1 partition" : "Unused",
            ["type"] = "physical",
            ["used_size"] = root ? disk.Size - Table : 0,
            ["storage_pool"] = null,
            ["path"] = $"/dev/disk/by-dname/{disk.Name}",
            ["serial"] = disk.Serial,
            ["id_path"] = $"/dev/{disk.Name}",
            ["id"] = disk.Id,
            ["tags"] = new JsonArray([.. disk.Tags.Select(tag => (JsonNode?)tag)]),
            ["numa_node"] = 0,
            ["partition_table_type"] = root ? "GPT" : null,
            ["name"] = disk.Name,
            ["size"] = disk.Size,
            ["available_size"] = root ? 0 : disk.Size - Table,
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/blockdevices/{disk.Id}/",
        };
    }

    private static JsonObject Texts(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value)));

    /// <summary>A stable UUID, so that a machine is equal in every response.</summary>
    private static string Uuid(MachineRow machine, DiskRow disk, string what) =>
        new Guid(MD5.HashData(Encoding.UTF8.GetBytes($"{machine.SystemId}/{disk.Id}/{what}"))).ToString();
}
