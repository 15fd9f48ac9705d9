using System.Text.Json.Nodes;
using Gantry.Lab.Region.Machines;
using Gantry.Lab.Region.Rows;
using Gantry.Lab.Region.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gantry.Lab.Region.Http;

/// <summary>
/// The lab's own side, below <c>/lab/</c>: what really happened, and faults on request. It asks for no key and listens on
/// loopback only.
/// </summary>
internal static class LabControl
{
    public static void Map(IEndpointRouteBuilder routes, LabRegion region)
    {
        routes.MapGet("/lab/record", () => Results.Json(region.Exclusively(state => Record(state))));
        routes.MapGet("/lab/leftovers", () => Results.Json(region.Exclusively(Leftovers.Of)));
        routes.MapGet("/lab/calls", () => Results.Json(region.Calls));
        routes.MapPost("/lab/machines/{id}/faults", (string id, MachineFaults faults) =>
            region.Exclusively(state => Set(state, id, faults)) ? Results.NoContent() : Results.NotFound());
    }

    /// <param name="FailsToDeploy">Each deployment ends in Failed deployment.</param>
    /// <param name="HangsOnDeploy">Each deployment goes on until MAAS gives it up.</param>
    /// <param name="PowerState"><c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>, as MAAS will show it.</param>
    public sealed record MachineFaults(bool? FailsToDeploy = null, bool? HangsOnDeploy = null, string? PowerState = null);

    private static bool Set(RegionState state, string id, MachineFaults faults)
    {
        if (state.Machines.Find(id) is not { } machine)
        {
            return false;
        }

        state.Machines.Put(machine with
        {
            FailsToDeploy = faults.FailsToDeploy ?? machine.FailsToDeploy,
            HangsOnDeploy = faults.HangsOnDeploy ?? machine.HangsOnDeploy,
            PowerState = faults.PowerState ?? machine.PowerState,
        });
        return true;
    }

    private static JsonArray Record(RegionState state) =>
    [
        .. state.History.All.Select(line => (JsonNode)new JsonObject
        {
            ["at"] = line.At.ToString("O"),
            ["what"] = line.What,
            ["systemId"] = line.SystemId,
            ["hostname"] = state.Machines.Find(line.SystemId)?.Hostname,
            ["owner"] = line.Owner,
            ["agentName"] = line.AgentName,
        }),
    ];
}
