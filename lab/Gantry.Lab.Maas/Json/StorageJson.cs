using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Storage;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of disks, partitions and volumes in MAAS 3.7.</summary>
internal static class StorageJson
{
    public static JsonArray All(MachineRow machine) =>
        [.. Physical(machine).Concat(Virtual(machine)).Select(disk => (JsonNode)disk)];

    public static JsonArray PhysicalOnly(MachineRow machine) => [.. Physical(machine).Select(disk => (JsonNode)disk)];

    public static JsonArray VirtualOnly(MachineRow machine) => [.. Virtual(machine).Select(disk => (JsonNode)disk)];

    public static JsonArray VolumeGroups(MachineRow machine) =>
        machine.VolumeGroupId is { } id
            ?
            [
                new JsonObject
                {
                    ["system_id"] = machine.SystemId,
                    ["id"] = id,
                    ["__incomplete__"] = true,
                },
            ]
            : [];

    public static JsonObject Disk(MachineRow machine, DiskRow disk)
    {
        var divided = disk == machine.Disks[0] && StorageLayout.HasRoot(machine);
        return new JsonObject
        {
            ["firmware_version"] = null,
            ["uuid"] = null,
            ["filesystem"] = null,
            ["model"] = disk.Model,
            ["block_size"] = 512,
            ["system_id"] = machine.SystemId,
            ["partitions"] = divided ? new JsonArray(Partition(machine, disk)) : new JsonArray(),
            ["used_for"] = divided ? "GPT partitioned with 1 partition" : "Unused",
            ["type"] = "physical",
            ["used_size"] = divided ? StorageLayout.Used(disk.Size) : 0,
            ["storage_pool"] = null,
            ["path"] = $"/dev/disk/by-dname/{disk.Name}",
            ["serial"] = disk.Serial,
            ["id_path"] = $"/dev/{disk.Name}",
            ["id"] = disk.Id,
            ["tags"] = new JsonArray([.. disk.Tags.Select(tag => (JsonNode?)tag)]),
            ["numa_node"] = 0,
            ["partition_table_type"] = divided ? "GPT" : null,
            ["name"] = disk.Name,
            ["size"] = disk.Size,
            ["available_size"] = divided ? 0 : StorageLayout.Usable(disk.Size),
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/blockdevices/{disk.Id}/",
        };
    }

    public static JsonObject Partition(MachineRow machine, DiskRow disk)
    {
        var id = machine.PartitionId ?? disk.Id;
        var isVolume = StorageLayout.Of(machine) is StorageLayout.Lvm;
        var filesystem =
            isVolume ? Filesystem(machine, "lvm-pv", null, null, "volume")
            : Shows(machine) ? Root(machine)
            : null;
        return new JsonObject
        {
            ["uuid"] = Uuid(machine, "partition"),
            ["size"] = StorageLayout.Usable(disk.Size),
            ["bootable"] = false,
            ["tags"] = new JsonArray(),
            ["path"] = $"/dev/disk/by-dname/{disk.Name}-part2",
            ["type"] = "partition",
            ["id"] = id,
            ["device_id"] = disk.Id,
            ["filesystem"] = filesystem,
            ["system_id"] = machine.SystemId,
            ["used_for"] =
                isVolume ? "LVM volume for vgroot"
                : filesystem is null ? "Unused"
                : "ext4 formatted filesystem mounted at /",
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/blockdevices/{disk.Id}/partition/{id}",
        };
    }

    private static IEnumerable<JsonObject> Physical(MachineRow machine) => machine.Disks.Select(disk => Disk(machine, disk));

    private static IEnumerable<JsonObject> Virtual(MachineRow machine)
    {
        if (machine.LogicalVolumeId is not { } id)
        {
            yield break;
        }

        var size = StorageLayout.Volume(machine.Disks[0].Size);
        var filesystem = Shows(machine) ? Root(machine) : null;
        yield return new JsonObject
        {
            ["system_id"] = machine.SystemId,
            ["used_size"] = size,
            ["model"] = null,
            ["serial"] = null,
            ["storage_pool"] = null,
            ["uuid"] = Uuid(machine, "logical"),
            ["block_size"] = 4096,
            ["filesystem"] = filesystem,
            ["tags"] = new JsonArray(),
            ["type"] = "virtual",
            ["partitions"] = new JsonArray(),
            ["id_path"] = null,
            ["size"] = size,
            ["id"] = id,
            ["numa_node"] = null,
            ["partition_table_type"] = null,
            ["name"] = "vgroot-lvroot",
            ["available_size"] = 0,
            ["path"] = "/dev/disk/by-dname/vgroot-lvroot",
            ["used_for"] = filesystem is null ? "Unused" : "ext4 formatted filesystem mounted at /",
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/blockdevices/{id}/",
        };
    }

    /// <summary>
    /// A release takes the owner's filesystems away at its beginning, and a machine that nobody has installed has none in rescue mode.
    /// </summary>
    private static bool Shows(MachineRow machine) =>
        machine.Status switch
        {
            MachineStatus.Releasing => false,
            MachineStatus.EnteringRescueMode
            or MachineStatus.RescueMode
            or MachineStatus.ExitingRescueMode
            or MachineStatus.FailedEnteringRescueMode => machine.Osystem.Length > 0,
            _ => true,
        };

    private static JsonObject Root(MachineRow machine) => Filesystem(machine, "ext4", "root", "/", "filesystem");

    private static JsonObject Filesystem(MachineRow machine, string type, string? label, string? mount, string what) =>
        new()
        {
            ["fstype"] = type,
            ["label"] = label,
            ["uuid"] = Uuid(machine, what),
            ["mount_point"] = mount,
            ["mount_options"] = null,
        };

    /// <summary>A stable UUID, so that a machine is equal in every response.</summary>
    private static string Uuid(MachineRow machine, string what) =>
        new Guid(MD5.HashData(Encoding.UTF8.GetBytes($"{machine.SystemId}/{machine.LayoutNumber}/{what}"))).ToString();
}
