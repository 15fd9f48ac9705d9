using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>The ids of machines and what belongs to them go on from those that a seed, or a store of an older version, has used.</summary>
internal static class NodeSequences
{
    public static void CatchUp(RegionState state)
    {
        var machines = state.Machines.All.ToList();
        var nics = machines.SelectMany(machine => machine.Nics).ToList();
        var disks = machines.SelectMany(machine => machine.Disks).Select(disk => disk.Id).ToList();
        state.AtLeast("machine", machines.Select(machine => machine.Id));
        state.AtLeast("interface", nics.Select(nic => nic.Id));
        state.AtLeast("link", nics.SelectMany(nic => nic.Links).Select(link => link.Id));
        state.AtLeast("blockdevice", disks);
        state.AtLeast(
            "partition",
            machines.Select(machine => machine.PartitionId ?? machine.Disks.Select(disk => disk.Id).DefaultIfEmpty(0).First())
        );
        state.AtLeast("scriptset", machines.SelectMany(Results));
    }

    private static IEnumerable<int> Results(MachineRow machine) =>
        new[] { machine.CommissioningResult, machine.TestingResult, machine.InstallationResult }.OfType<int>();
}
