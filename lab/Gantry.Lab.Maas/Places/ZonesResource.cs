using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Places;

/// <summary><c>zones/</c></summary>
internal sealed class ZonesResource(RegionState state)
{
    private const string Kind = "Physical zone";

    public IEnumerable<Resource> Resources =>
        [
            new("Zones", "zones/", Operation.Create(Create), Operation.Read(List)),
            new("Zone", "zones/{name}/", Operation.Read(Read), Operation.Update(Update), Operation.Delete(Delete)),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.Zones.All.OrderBy(zone => zone.Name, StringComparer.Ordinal).Select(OtherJson.Zone));

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var name = Naming.New(request.Bound["name"], Kind, state.Zones.Has);
        return RegionAnswer.Json(
            OtherJson.Zone(state.Zones.Put(new ZoneRow(state.Next("zone"), name, request.Form["description"] ?? "")))
        );
    }

    private RegionAnswer Read(RegionRequest request) => RegionAnswer.Json(OtherJson.Zone(Find(request)));

    private RegionAnswer Update(RegionRequest request)
    {
        request.RequireAdmin();
        var zone = Find(request);
        var name = Naming.Changed(request.Bound["name"], zone.Name, Kind, state.Zones.Has);
        state.Zones.Remove(zone.Name);
        return RegionAnswer.Json(
            OtherJson.Zone(
                state.Zones.Put(zone with { Name = name, Description = request.Form["description"] ?? zone.Description })
            )
        );
    }

    /// <summary>What was in the zone goes to the default zone; a zone that is not there is as good as deleted.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        request.RequireAdmin();
        if (state.Zones.Find(request.At("name")) is not { } zone)
        {
            return RegionAnswer.Deleted();
        }

        if (zone.Id == state.DefaultZone.Id)
        {
            throw RegionFault.Text(400, "This zone is the default zone, it cannot be deleted.");
        }

        foreach (var machine in state.Machines.All.Where(machine => machine.ZoneId == zone.Id).ToList())
        {
            state.Machines.Put(machine with { ZoneId = state.DefaultZone.Id });
        }

        foreach (var device in state.Devices.All.Where(device => device.ZoneId == zone.Id).ToList())
        {
            state.Devices.Put(device with { ZoneId = state.DefaultZone.Id });
        }

        state.Zones.Remove(zone.Name);
        return RegionAnswer.Deleted();
    }

    private ZoneRow Find(RegionRequest request) => state.Zones.Find(request.At("name")) ?? throw RegionFault.Missing("Zone");
}
