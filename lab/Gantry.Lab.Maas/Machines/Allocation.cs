using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Interfaces;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary><c>op=allocate</c>: the cheapest machine that is Ready, unlocked and meets the constraints.</summary>
internal sealed class Allocation(RegionState state, MachineLife life)
{
    private readonly InterfaceForms _interfaces = new(state);

    public (MachineRow Machine, JsonObject ConstraintsByType) Allocate(RegionRequest request)
    {
        if (request.IsJson)
        {
            throw RegionFault.Text(500, "'dict' object has no attribute 'lists'");
        }

        var form = request.Form;
        var constraints = Constraints.ForAllocation(state, form);
        var dryRun = form.Option("dry_run");
        var verbose = form.Option("verbose");
        var bridgeAll = form.Option("bridge_all");
        if (form["bridge_type"] is { Length: > 0 } type and not ("standard" or "ovs"))
        {
            throw RegionFault.Text(400, $"Invalid bridge_type: Value must be one of: standard; ovs (not '{type}')");
        }

        var found =
            state
                .Machines.All.Where(machine =>
                    machine is { Status: MachineStatus.Ready, Locked: false } && constraints.Fits(machine)
                )
                .OrderBy(machine => machine.CpuCount + (machine.Memory / 1024.0))
                .ThenBy(machine => machine.Id)
                .FirstOrDefault()
            ?? throw RegionFault.Text(409, NothingFits(constraints, form));
        var byType = ByType(constraints, found, verbose);
        if (dryRun)
        {
            return (found, byType);
        }

        CheckAgent(form);
        var taken = life.Happened(
            found with
            {
                Status = MachineStatus.Allocated,
                Owner = request.Caller.Username,
                AgentName = form["agent_name"] ?? "",
            },
            "User acquiring node",
            form["comment"] is { Length: > 0 } comment
                ? $"({request.Caller.Username}) - {comment}"
                : $"({request.Caller.Username})",
            "DEBUG"
        );
        taken = state.Machines.Put(bridgeAll ? _interfaces.BridgeAll(taken, form) : taken);
        life.Note("allocated", taken);
        return (taken, byType);
    }

    /// <exception cref="RegionFault">The agent's name is longer than MAAS stores.</exception>
    public static void CheckAgent(Parameters form)
    {
        if (form["agent_name"] is { Length: > 255 } agent)
        {
            throw RegionFault.Model("agent_name", $"Ensure this value has at most 255 characters (it has {agent.Length}).");
        }
    }

    private static string NothingFits(Constraints constraints, Parameters form) =>
        constraints.None ? "No machine available."
        : form["system_id"] is { } id ? $"No machine with system ID {id} available."
        : $"No available machine matches constraints: [{constraints.Given}] (resolved to \"{constraints.Resolved}\")";

    /// <summary>What matched each labelled constraint; for the careful, of every machine.</summary>
    private JsonObject ByType(Constraints constraints, MachineRow machine, bool verbose)
    {
        var byType = new JsonObject();
        if (constraints.DisksOf(machine) is { Count: > 0 } disks)
        {
            byType["storage"] = new JsonObject(
                disks.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonArray(pair.Value)))
            );
        }

        if (constraints.NicsOf(machine) is { Count: > 0 } nics)
        {
            byType["interfaces"] = new JsonObject(
                nics.Select(pair =>
                    KeyValuePair.Create(pair.Key, (JsonNode?)new JsonArray([.. pair.Value.Select(id => (JsonNode?)id)]))
                )
            );
        }

        if (verbose)
        {
            byType["verbose_storage"] = new JsonObject(
                state
                    .MachinesById.Select(one => (Machine: one, Disks: constraints.DisksOf(one)))
                    .Where(pair => pair.Disks is { Count: > 0 })
                    .Select(pair =>
                        KeyValuePair.Create(
                            RowNumber(pair.Machine),
                            (JsonNode?)
                                new JsonObject(
                                    pair.Disks!.Select(disk => KeyValuePair.Create($"{disk.Value}", (JsonNode?)disk.Key))
                                )
                        )
                    )
            );
            byType["verbose_interfaces"] = EveryNic(constraints);
        }

        return byType;
    }

    private JsonObject EveryNic(Constraints constraints)
    {
        var byLabel = new JsonObject();
        foreach (var machine in state.MachinesById)
        {
            foreach (var (label, ids) in constraints.NicsOf(machine) ?? new Dictionary<string, IReadOnlyList<int>>())
            {
                byLabel[label] ??= new JsonObject();
                byLabel[label]![RowNumber(machine)] = new JsonArray([.. ids.Select(id => (JsonNode?)id)]);
            }
        }

        return byLabel;
    }

    /// <summary>The number of a machine in MAAS's table of nodes, in which its two controllers come first.</summary>
    private static string RowNumber(MachineRow machine) => $"{machine.Id + 2}";
}
