using System.Globalization;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>Finds fabrics, VLANs and spaces by what callers name them with: an id, a name, or either with its kind before it.</summary>
internal static class NetworkFinder
{
    public static FabricRow? Fabric(RegionState state, string given)
    {
        var value = Bare(given, "name:", "id:");
        return state.Fabrics.All.FirstOrDefault(fabric => Text(fabric.Id) == value)
            ?? state.Fabrics.All.FirstOrDefault(fabric => fabric.Name == value);
    }

    public static SpaceRow? Space(RegionState state, string given)
    {
        var value = Bare(given, "name:", "id:");
        return state.Spaces.All.FirstOrDefault(space => Text(space.Id) == value || space.Name == value);
    }

    public static VlanRow? Vlan(RegionState state, string id) =>
        state.Vlans.All.FirstOrDefault(vlan => Text(vlan.Id) == Bare(id, "id:"));

    public static VlanRow? Vlan(RegionState state, FabricRow fabric, string vid) =>
        state.Vlans.All.FirstOrDefault(vlan =>
            vlan.FabricId == fabric.Id && (Text(vlan.Vid) == vid || (vid == "untagged" && vlan.Vid == 0))
        );

    /// <summary>The VLAN of what is in no other of the fabric.</summary>
    public static VlanRow DefaultVlan(RegionState state, FabricRow fabric) =>
        state.Vlans.All.Where(vlan => vlan.FabricId == fabric.Id).MinBy(vlan => vlan.Id)!;

    /// <summary>The fabric that a region begins with.</summary>
    public static FabricRow DefaultFabric(RegionState state) => state.Fabrics.Find(0) ?? state.Fabrics.All.First();

    private static string Bare(string given, params ReadOnlySpan<string> kinds)
    {
        foreach (var kind in kinds)
        {
            if (given.StartsWith(kind, StringComparison.Ordinal))
            {
                return given[kind.Length..];
            }
        }

        return given;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
