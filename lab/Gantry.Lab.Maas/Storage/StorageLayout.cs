using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Storage;

/// <summary>How the disks of a machine are divided: by name, as <c>op=set_storage_layout</c> takes it.</summary>
internal static class StorageLayout
{
    public const string Flat = "flat";
    public const string Lvm = "lvm";
    public const string Blank = "blank";

    /// <summary>The names in the order of MAAS's refusal.</summary>
    public static IReadOnlyList<string> Names { get; } = ["vmfs7", "bcache", "custom", "vmfs6", Lvm, Blank, Flat];

    private const long Block = 4 * 1024 * 1024;

    /// <summary>The partition table at both ends of a disk, with the alignment of partitions.</summary>
    private const long Table = Block * 3 / 2;

    public static string Of(MachineRow machine) => machine.Layout ?? (machine.Disks.Count > 0 ? Flat : Blank);

    /// <summary>What a disk has room for.</summary>
    public static long Usable(long size) => Math.Max(0, (size - Table) / Block * Block);

    /// <summary>What a partition over the whole disk uses of it, table included.</summary>
    public static long Used(long size) => Usable(size) + Table;

    /// <summary>The logical volume over the whole of such a partition.</summary>
    public static long Volume(long size) => Usable(size) - Block;

    /// <summary>Whether the machine has a place for <c>/</c>.</summary>
    public static bool HasRoot(MachineRow machine) => Of(machine) is not Blank;

    /// <summary>Divides the disks anew.</summary>
    public static MachineRow Apply(RegionState state, MachineRow machine, string layout) =>
        machine with
        {
            Layout = layout,
            LayoutNumber = machine.LayoutNumber + 1,
            PartitionId = layout is Blank ? null : state.Next("partition"),
            VolumeGroupId = layout is Lvm ? state.Next("volumegroup") : null,
            LogicalVolumeId = layout is Lvm ? state.Next("blockdevice") : null,
        };
}
