using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary><c>fabrics/</c> and their VLANs.</summary>
internal sealed partial class FabricsResource(RegionState state)
{
    private readonly Vlans _vlans = new(state);

    public IEnumerable<Resource> Resources =>
        [
            new("Fabrics", "fabrics/", Operation.Create(Create), Operation.Read(List)),
            new(
                "Fabric",
                "fabrics/{id}/",
                Operation.Read(request => RegionAnswer.Json(NetworkJson.Fabric(state, Find(request, "id")))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
            new(
                "Vlans",
                "fabrics/{fabric_id}/vlans/",
                Operation.Create(request => _vlans.Create(request, Find(request, "fabric_id"))),
                Operation.Read(request => _vlans.List(Find(request, "fabric_id")))
            ),
            new(
                "Vlan",
                "fabrics/{fabric_id}/vlans/{vid}/",
                Operation.Read(request => _vlans.Read(InFabric(request))),
                Operation.Update(request => _vlans.Update(request, InFabric(request))),
                Operation.Delete(request => _vlans.Delete(request, InFabric(request)))
            ),
            new(
                "",
                "vlans/{vlan_id}/",
                Operation.Read(request => _vlans.Read(ById(request))),
                Operation.Update(request => _vlans.Update(request, ById(request))),
                Operation.Delete(request => _vlans.Delete(request, ById(request)))
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(
            state.Fabrics.All.OrderBy(fabric => fabric.Id == 0).Select(fabric => NetworkJson.Fabric(state, fabric))
        );

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var name = form.Filled("name");
        Check(name, null);
        var id = state.Next("fabric");
        var created = state.Fabrics.Put(
            new FabricRow(id, name ?? $"fabric-{id}", form.Filled("class_type"), form["description"] ?? "")
        );
        state.Vlans.Put(new VlanRow(state.Next("vlan"), 0, "untagged", id, null));
        return RegionAnswer.Json(NetworkJson.Fabric(state, created));
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var fabric = Find(request, "id");
        request.RequireAdminSilently();
        var form = request.Bound;
        var name = form.Filled("name") ?? (form.Has("name") ? $"fabric-{fabric.Id}" : fabric.Name);
        if (name != fabric.Name)
        {
            Check(name, fabric);
        }

        return RegionAnswer.Json(
            NetworkJson.Fabric(
                state,
                state.Fabrics.Put(
                    fabric with
                    {
                        Name = name,
                        ClassType = form.Has("class_type") ? form.Filled("class_type") : fabric.ClassType,
                        Description = form["description"] ?? fabric.Description,
                    }
                )
            )
        );
    }

    /// <summary>A fabric goes only when nothing is on it.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        var fabric = Find(request, "id");
        request.RequireAdminSilently();
        if (fabric.Id == 0)
        {
            throw RegionFault.Text(400, "This fabric is the default fabric, it cannot be deleted.");
        }

        var vlans = state.Vlans.All.Where(vlan => vlan.FabricId == fabric.Id).Select(vlan => vlan.Id).ToHashSet();
        var subnets = state
            .Subnets.All.Where(subnet => vlans.Contains(subnet.VlanId))
            .OrderBy(subnet => AddressPlan.Number(subnet.Cidr.Split('/')[0]))
            .ToList();
        if (subnets.Count > 0)
        {
            throw RegionFault.Text(
                400,
                "Can't delete fabric; the following subnets are still present: "
                    + string.Join(", ", subnets.Select(subnet => subnet.Cidr))
            );
        }

        var nics = state
            .MachinesById.SelectMany(machine => machine.Nics.Select(nic => (machine.Hostname, Nic: nic)))
            .Where(pair => pair.Nic.VlanId is { } id && vlans.Contains(id))
            .ToList();
        if (nics.Count > 0)
        {
            throw RegionFault.Text(
                400,
                "Can't delete fabric; the following interfaces are still connected: "
                    + string.Join(", ", nics.Select(pair => $"{pair.Nic.Name} ({pair.Nic.Type}) on {pair.Hostname}"))
            );
        }

        foreach (var vlan in vlans)
        {
            state.Vlans.Remove(vlan);
        }

        state.Fabrics.Remove(fabric.Id);
        return RegionAnswer.Deleted();
    }

    private void Check(string? name, FabricRow? itself)
    {
        if (name is null)
        {
            return;
        }

        if (!Form().IsMatch(name))
        {
            throw RegionFault.Field("name", $"Invalid fabric name: {name}.");
        }

        if (Made().IsMatch(name) && name != $"fabric-{itself?.Id}")
        {
            throw RegionFault.Field("name", "Reserved fabric name.");
        }

        if (state.Fabrics.All.Any(fabric => fabric.Name == name))
        {
            throw RegionFault.Field("name", "Fabric with this Name already exists.");
        }
    }

    private FabricRow Find(RegionRequest request, string variable) =>
        NetworkFinder.Fabric(state, request.At(variable)) ?? throw RegionFault.Missing("Fabric");

    private VlanRow InFabric(RegionRequest request) =>
        NetworkFinder.Vlan(state, Find(request, "fabric_id"), request.At("vid")) ?? throw RegionFault.Missing("VLAN");

    private VlanRow ById(RegionRequest request) =>
        NetworkFinder.Vlan(state, request.At("vlan_id")) ?? throw RegionFault.Missing("VLAN");

    [GeneratedRegex(@"^[\w-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();

    [GeneratedRegex(@"^fabric-\d+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Made();
}
