using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>The endpoints of <c>machines/</c> and <c>nodes/</c>.</summary>
internal sealed class MachinesResource(RegionState state, MachineLife life)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, (MachineRow Row, int Surroundings, byte[] Json)> _jsonCache = [];
    private readonly MachineOperations _operations = new(state, life);
    private readonly Allocation _allocation = new(state, life);

    public RegionAnswer? Handle(RegionRequest request, string[] segments) =>
        segments switch
        {
            [_] => Collection(request),
            ["machines" or "nodes", var id] => One(request, id),
            ["nodes", var id, "interfaces", ..] => Interfaces(request, id, segments[3..]),
            ["nodes", var id, "blockdevices", ..] => Disks(request, id, segments[3..]),
            ["nodes", var id, "results"] when request.Method == "GET" => Results(request, id),
            _ => null,
        };

    private RegionAnswer Collection(RegionRequest request)
    {
        if (request.User is null)
        {
            // The anonymous handlers of the collections lack these operations.
            throw RegionFault.Text(400, $"Unrecognised signature: method={request.Method} op={request.Operation ?? "None"}");
        }

        return (request.Method, request.Operation) switch
        {
            ("GET", null) => RegionAnswer.JsonArray(
                Visible(request).Where(Constraints.ForList(state, request.Query).Fits).Select(CachedJson)
            ),
            ("GET", "list_allocated") => RegionAnswer.JsonArray(
                state
                    .MachinesById.Where(machine =>
                        machine.Owner == request.User.Username && machine.Status == MachineStatus.Allocated
                    )
                    .Where(machine => !request.Query.Has("id") || request.Query.All("id").Contains(machine.SystemId))
                    .Select(CachedJson)
            ),
            ("GET", "is_registered") => RegionAnswer.Json(IsRegistered(request.Query)),
            ("GET", "power_parameters") => PowerParameters(request),
            ("POST", "allocate") => Allocate(request),
            ("POST", "release") => _operations.ReleaseMany(request),
            _ => throw Signatures.Refuse(request, "GET", "POST"),
        };
    }

    private RegionAnswer Allocate(RegionRequest request)
    {
        var (machine, byType) = _allocation.Allocate(request);
        var json = JsonNode.Parse(CachedJson(machine))!.AsObject();
        json["constraints_by_type"] = byType;
        if (request.Form.Option("verbose"))
        {
            json["verbose_storage"] = new JsonObject();
            json["verbose_interfaces"] = new JsonObject();
        }

        return RegionAnswer.Json(json);
    }

    private RegionAnswer One(RegionRequest request, string id)
    {
        var caller = request.Caller;
        var machine = state.Machines.Find(id) ?? throw RegionFault.Missing("Machine");
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                if (!MayView(caller, machine))
                {
                    throw RegionFault.Forbidden();
                }

                return RegionAnswer.JsonBytes(CachedJson(machine));
            case ("GET", "query_power_state"):
                return RegionAnswer.Json(new JsonObject { ["state"] = life.QueryPower(machine).PowerState });
            case ("GET", "power_parameters"):
                request.RequireAdmin();
                return RegionAnswer.Json(PowerParametersOf(machine));
            case ("GET", "get_curtin_config"):
                return machine.Status is MachineStatus.Deploying or MachineStatus.Deployed or MachineStatus.FailedDeployment
                    ? RegionAnswer.Text(200, "install: {}\n")
                    : throw RegionFault.Text(400, $"Machine {machine.Hostname} is not in a deployment state.");
            case ("PUT", null):
                request.RequireAdminSilently();
                return RegionAnswer.JsonBytes(CachedJson(_operations.Update(machine, request.Form)));
            case ("DELETE", null):
                request.RequireAdminSilently();
                if (machine.Locked)
                {
                    throw RegionFault.Forbidden();
                }

                state.Machines.Remove(id);
                return RegionAnswer.Deleted();
            case ("POST", { } operation) when _operations.Do(request, operation, machine) is { } changed:
                return changed.Machine is { } shown ? RegionAnswer.JsonBytes(CachedJson(shown)) : RegionAnswer.Json(null);
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE", "POST");
        }
    }

    private RegionAnswer Interfaces(RegionRequest request, string id, string[] rest)
    {
        _ = request.Caller;
        var machine = state.Machines.Find(id) ?? throw RegionFault.Missing("Node");
        if (request.Method != "GET")
        {
            throw Signatures.Refuse(request, "GET");
        }

        if (rest.Length == 0)
        {
            return RegionAnswer.Json(
                new JsonArray([.. machine.Nics.Select(nic => (JsonNode)MachineJson.Nic(state, machine, nic))])
            );
        }

        var found =
            machine.Nics.FirstOrDefault(nic => nic.Id.ToString() == rest[0] || nic.Name == rest[0])
            ?? throw RegionFault.Missing("Interface");
        return RegionAnswer.Json(MachineJson.Nic(state, machine, found));
    }

    private RegionAnswer Disks(RegionRequest request, string id, string[] rest)
    {
        _ = request.Caller;
        var machine = state.Machines.Find(id) ?? throw RegionFault.Missing("Node");
        if (rest.Length == 0)
        {
            return request.Method == "GET"
                ? RegionAnswer.Json(MachineJson.Disks(machine))
                : throw Signatures.Refuse(request, "GET");
        }

        var disk = machine.Disks.FirstOrDefault(one => one.Id.ToString() == rest[0]) ?? throw RegionFault.Missing("BlockDevice");
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(MachineJson.Disk(machine, disk));
            case ("POST", "add_tag" or "remove_tag"):
                request.RequireAdminSilently();
                var tag = request.Form["tag"] ?? throw RegionFault.Text(400, "No provided tag!");
                var without = disk.Tags.Where(one => one != tag);
                var changed = disk with { Tags = request.Operation == "add_tag" ? [.. without, tag] : [.. without] };
                var after = state.Machines.Put(
                    machine with
                    {
                        Disks = [.. machine.Disks.Select(one => one == disk ? changed : one)],
                    }
                );
                return RegionAnswer.Json(MachineJson.Disk(after, changed));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Results(RegionRequest request, string id)
    {
        _ = request.Caller;
        return state.Machines.Has(id) ? RegionAnswer.Json(new JsonArray()) : throw RegionFault.Missing("Node");
    }

    private RegionAnswer PowerParameters(RegionRequest request)
    {
        request.RequireAdmin();
        var wanted = request.Query.All("id");
        return RegionAnswer.Json(
            new JsonObject(
                state
                    .MachinesById.Where(machine => wanted.Count == 0 || wanted.Contains(machine.SystemId))
                    .Select(machine => KeyValuePair.Create(machine.SystemId, (JsonNode?)PowerParametersOf(machine)))
            )
        );
    }

    private static JsonObject PowerParametersOf(MachineRow machine) =>
        machine.PowerType is "manual"
            ? []
            : new JsonObject
            {
                ["power_address"] = $"bmc-{machine.SystemId}",
                ["power_user"] = "maas",
                ["power_pass"] = "",
            };

    private bool IsRegistered(Parameters query)
    {
        var mac = query["mac_address"] ?? throw RegionFault.Text(400, "No provided mac_address!");
        return state.Machines.All.Any(machine =>
            machine.Nics.Any(nic => string.Equals(nic.Mac, mac, StringComparison.OrdinalIgnoreCase))
        );
    }

    private IEnumerable<MachineRow> Visible(RegionRequest request) =>
        state.MachinesById.Where(machine => MayView(request.User!, machine));

    private static bool MayView(UserRow user, MachineRow machine) =>
        user.IsAdmin || machine.Owner is null || machine.Owner == user.Username;

    /// <summary>The machine's JSON, cached until the machine or an object it names changes: lists are requested often.</summary>
    private byte[] CachedJson(MachineRow machine)
    {
        var surroundings = HashCode.Combine(
            state.Zones.Version,
            state.Pools.Version,
            state.Domains.Version,
            state.Subnets.Version,
            state.Vlans.Version,
            state.Fabrics.Version,
            state.DnsResources.Version
        );
        if (
            _jsonCache.TryGetValue(machine.SystemId, out var kept)
            && ReferenceEquals(kept.Row, machine)
            && kept.Surroundings == surroundings
        )
        {
            return kept.Json;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes((JsonNode)MachineJson.Machine(state, machine), Json);
        _jsonCache[machine.SystemId] = (machine, surroundings, json);
        return json;
    }
}
