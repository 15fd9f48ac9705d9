using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary><c>static-routes/</c></summary>
internal sealed class StaticRoutesResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("StaticRoutes", "static-routes/", Operation.Create(Create), Operation.Read(List)),
            new(
                "StaticRoute",
                "static-routes/{id}/",
                Operation.Read(request => RegionAnswer.Json(Shown(Find(request)))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
        ];

    private RegionAnswer List(RegionRequest request) => RegionAnswer.JsonList(state.StaticRoutes.All.Select(Shown));

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var row = Checked(new StaticRouteRow(0, 0, 0, "", 0), form);
        return RegionAnswer.Json(Shown(state.StaticRoutes.Put(row with { Id = state.Next("staticroute") })));
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var route = Find(request);
        request.RequireAdminSilently();
        return RegionAnswer.Json(Shown(state.StaticRoutes.Put(Checked(route, request.Bound))));
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var route = Find(request);
        request.RequireAdminSilently();
        state.StaticRoutes.Remove(route.Id);
        return RegionAnswer.Deleted();
    }

    private StaticRouteRow Checked(StaticRouteRow was, Parameters form)
    {
        var faults = new FormFaults();
        var source = faults.Of(() => SubnetOf(form, "source", was.SourceId));
        var destination = faults.Of(() => SubnetOf(form, "destination", was.DestinationId));
        var gateway = form.Filled("gateway_ip") ?? was.GatewayIp;
        if (!AddressPlan.IsAddress(gateway))
        {
            faults.Add("gateway_ip", gateway.Length == 0 ? "This field is required." : "Enter a valid IPv4 or IPv6 address.");
        }

        var metric = faults.Of(() => form.Integer("metric")) ?? was.Metric;
        if (metric < 0)
        {
            faults.Add("metric", "Ensure this value is greater than or equal to 0.");
        }

        faults.ThrowIfAny();
        if (source!.Id == destination!.Id)
        {
            throw RegionFault.Field("__all__", "source and destination cannot be the same subnet.");
        }

        if (!AddressPlan.Contains(source.Cidr, gateway))
        {
            throw RegionFault.Field("__all__", "gateway_ip must be with in the source subnet.");
        }

        return was with
        {
            SourceId = source.Id,
            DestinationId = destination.Id,
            GatewayIp = gateway,
            Metric = metric,
        };
    }

    private SubnetRow SubnetOf(Parameters form, string field, int was) =>
        form.Filled(field) is { } given
            ? AddressPlan.Find(state, given) ?? throw RegionFault.Field(field, Naming.NotAmongChoices)
            : state.Subnets.Find(was) ?? throw RegionFault.Field(field, "This field is required.");

    private JsonObject Shown(StaticRouteRow route) =>
        new()
        {
            ["id"] = route.Id,
            ["source"] = NetworkJson.Subnet(state, state.Subnets.Find(route.SourceId)!),
            ["destination"] = NetworkJson.Subnet(state, state.Subnets.Find(route.DestinationId)!),
            ["gateway_ip"] = route.GatewayIp,
            ["metric"] = route.Metric,
            ["resource_uri"] = $"/MAAS/api/2.0/static-routes/{route.Id}/",
        };

    private StaticRouteRow Find(RegionRequest request) =>
        state.StaticRoutes.All.FirstOrDefault(route => route.Id.ToString(CultureInfo.InvariantCulture) == request.At("id"))
        ?? throw RegionFault.Missing("StaticRoute");
}
