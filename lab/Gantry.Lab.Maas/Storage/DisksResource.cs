using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Storage;

/// <summary><c>nodes/{system_id}/blockdevices/</c></summary>
internal sealed class DisksResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("BlockDevices", "nodes/{system_id}/blockdevices/", Operation.Read(List)),
            new(
                "BlockDevice",
                "nodes/{system_id}/blockdevices/{id}/",
                Operation.Read(request => Show(request, Machine(request))),
                Operation.Delete(Delete),
                Operation.Do("add_tag", request => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag), tag])),
                Operation.Do("remove_tag", request => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag)])),
                Operation.Do("set_boot_disk", SetBootDisk)
            ),
            new("Partitions", "nodes/{system_id}/blockdevices/{device_id}/partitions/", Operation.Read(Partitions)),
            new(
                "Partition",
                "nodes/{system_id}/blockdevices/{device_id}/partition/{id}",
                Operation.Read(request =>
                    OnDisk(request).FirstOrDefault(partition => $"{partition["id"]}" == request.At("id")) is { } found
                        ? RegionAnswer.Json(found)
                        : throw RegionFault.Missing("Partition")
                )
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(StorageJson.All(Machine(request)).Select(disk => Plain(disk!.AsObject())));

    /// <summary>A disk by itself is shown without its firmware.</summary>
    private static JsonObject Plain(JsonObject disk)
    {
        var plain = disk.DeepClone().AsObject();
        plain.Remove("firmware_version");
        return plain;
    }

    private RegionAnswer Partitions(RegionRequest request) => RegionAnswer.JsonList(OnDisk(request));

    private IEnumerable<JsonObject> OnDisk(RegionRequest request)
    {
        var machine = Machine(request);
        var disk = Disk(machine, request.At("device_id"));
        return disk == machine.Disks[0] && StorageLayout.HasRoot(machine) ? [StorageJson.Partition(machine, disk)] : [];
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var machine = Machine(request);
        var disk = Disk(machine, request.At("id"));
        request.RequireAdminSilently();
        RequireReady(machine, "Cannot delete block device because the machine is not Ready.");
        state.Machines.Put(machine with { Disks = [.. machine.Disks.Where(one => one != disk)] });
        return RegionAnswer.Deleted();
    }

    private RegionAnswer SetBootDisk(RegionRequest request)
    {
        var machine = Machine(request);
        var disk = Disk(machine, request.At("id"));
        request.RequireAdminSilently();
        RequireReady(machine, "Cannot set as boot disk because the machine is not Ready.");
        state.Machines.Put(machine with { Disks = [disk, .. machine.Disks.Where(one => one != disk)] });
        return RegionAnswer.Plain(200, "OK");
    }

    private RegionAnswer Retag(RegionRequest request, Func<IReadOnlyList<string>, string, string[]> change)
    {
        var machine = Machine(request);
        var disk = Disk(machine, request.At("id"));
        request.RequireAdminSilently();
        var tag = request.Form.Mandatory("tag");
        var changed = state.Machines.Put(
            machine with
            {
                Disks = [.. machine.Disks.Select(one => one == disk ? disk with { Tags = change(disk.Tags, tag) } : one)],
            }
        );
        return Show(request, changed);
    }

    private static void RequireReady(MachineRow machine, string refusal)
    {
        if (machine.Status != MachineStatus.Ready)
        {
            throw RegionFault.Text(409, refusal);
        }
    }

    private static RegionAnswer Show(RegionRequest request, MachineRow machine) =>
        RegionAnswer.Json(Plain(StorageJson.Disk(machine, Disk(machine, request.At("id")))));

    private MachineRow Machine(RegionRequest request)
    {
        var machine = state.Machines.Find(request.At("system_id")) ?? throw RegionFault.Missing("Machine");
        return MachinesResource.MayView(request.Caller, machine) ? machine : throw RegionFault.Forbidden();
    }

    private static DiskRow Disk(MachineRow machine, string given) =>
        machine.Disks.FirstOrDefault(disk => disk.Id.ToString(CultureInfo.InvariantCulture) == given || disk.Name == given)
        ?? throw RegionFault.Missing("BlockDevice");
}
