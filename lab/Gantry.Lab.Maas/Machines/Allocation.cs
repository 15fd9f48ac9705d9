using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary><c>op=allocate</c>: the cheapest machine that is Ready, unlocked and meets the constraints.</summary>
internal sealed class Allocation(RegionState state, MachineLife life)
{
    public (MachineRow Machine, JsonObject ConstraintsByType) Allocate(RegionRequest request)
    {
        var form = request.Form;
        var constraints = Constraints.ForAllocation(state, form);
        var dryRun = form.Option("dry_run");
        _ = form.Option("bridge_all");
        var found =
            state
                .Machines.All.Where(machine =>
                    machine is { Status: MachineStatus.Ready, Locked: false } && constraints.Fits(machine)
                )
                .OrderBy(machine => machine.CpuCount + (machine.Memory / 1024.0))
                .ThenBy(machine => machine.Id)
                .FirstOrDefault()
            ?? throw RegionFault.Text(409, NothingFits(constraints, form));
        if (dryRun)
        {
            return (found, ByType(form, found));
        }

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
        taken = state.Machines.Put(taken);
        life.Note("allocated", taken);
        return (taken, ByType(form, taken));
    }

    private static string NothingFits(Constraints constraints, Parameters form) =>
        constraints.None ? "No machine available."
        : form["system_id"] is { } id ? $"No machine with system ID {id} available."
        : $"No available machine matches constraints: [{constraints.Given}] (resolved to \"{constraints.Resolved}\")";

    /// <summary>The disk and the interface that matched each labelled constraint.</summary>
    private static JsonObject ByType(Parameters form, MachineRow machine)
    {
        var byType = new JsonObject();
        if (form["storage"] is { } storage)
        {
            var labelled = new JsonObject();
            var disks = machine.Disks.ToList();
            foreach (var (item, index) in storage.Split(',').Select((item, index) => (item, index)))
            {
                if (index < disks.Count && item.Split(':') is [var label, _])
                {
                    labelled[label] = new JsonArray(disks[index].Id);
                }
            }

            byType["storage"] = labelled;
        }

        if (form["interfaces"] is { } interfaces)
        {
            byType["interfaces"] = new JsonObject(
                interfaces
                    .Split(';', StringSplitOptions.RemoveEmptyEntries)
                    .Select(item =>
                        KeyValuePair.Create(
                            item.Split(':')[0],
                            (JsonNode?)new JsonArray([.. machine.Nics.Take(1).Select(nic => (JsonNode?)nic.Id)])
                        )
                    )
            );
        }

        return byType;
    }
}
