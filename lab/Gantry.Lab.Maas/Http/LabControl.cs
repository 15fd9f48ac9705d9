using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Rows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gantry.Lab.Maas.Http;

/// <summary>
/// The lab's control API below <c>/lab/</c>: the history, and fault injection. It has no authentication and listens on loopback
/// only.
/// </summary>
internal static class LabControl
{
    public static void Map(IEndpointRouteBuilder routes, LabRegion region)
    {
        routes.MapGet("/lab/record", () => Results.Json(region.Exclusively(state => Record(state))));
        routes.MapGet("/lab/leftovers", () => Results.Json(region.Exclusively(Leftovers.Of)));
        routes.MapGet("/lab/calls", () => Results.Json(region.Calls));
        routes.MapPost(
            "/lab/machines/{id}/faults",
            (string id, MachineFaults faults) =>
                faults.Problem() is { } problem ? Results.BadRequest(problem)
                : region.SetFaults(id, faults) ? Results.NoContent()
                : Results.NotFound()
        );
        routes.MapPost(
            "/lab/rack",
            (RackFault fault) =>
            {
                region.SetRackConnected(fault.Connected);
                return Results.NoContent();
            }
        );
    }

    private static JsonArray Record(RegionState state) =>
        [
            .. state.History.All.Select(line =>
                (JsonNode)
                    new JsonObject
                    {
                        ["at"] = line.At.ToString("O"),
                        ["what"] = line.What,
                        ["systemId"] = line.SystemId,
                        ["hostname"] = state.Machines.Find(line.SystemId)?.Hostname,
                        ["owner"] = line.Owner,
                        ["agentName"] = line.AgentName,
                    }
            ),
        ];

    /// <param name="Connected">Whether the region reaches its rack controllers, and with them the BMCs.</param>
    private sealed record RackFault(bool Connected);
}
