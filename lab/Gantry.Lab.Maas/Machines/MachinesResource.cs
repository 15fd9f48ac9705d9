using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Users;

namespace Gantry.Lab.Maas.Machines;

/// <summary><c>machines/</c> and <c>nodes/</c></summary>
internal sealed class MachinesResource(RegionState state, MachineLife life)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, (MachineRow Row, int Surroundings, byte[] Json)> _jsonCache = [];
    private readonly MachineOperations _operations = new(state, life);
    private readonly MachineForms _forms = new(state);
    private readonly Allocation _allocation = new(state, life);

    public IEnumerable<Resource> Resources =>
        [
            new(
                "Machines",
                "machines/",
                Operation.Create(Create),
                Operation.Read(request => List(request, Constraints.ForList(state, request.Query).Fits)),
                Operation.Read(ListAllocated, "list_allocated"),
                Operation.Read(IsRegistered, "is_registered"),
                Operation.Read(PowerParameters, "power_parameters"),
                Operation.Do("allocate", Allocate),
                Operation.Do("release", _operations.ReleaseMany),
                Operation.Do("accept", request => _operations.Accept(request, all: false)),
                Operation.Do("accept_all", AcceptAll),
                Operation.Do("set_zone", SetZone)
            )
            {
                Anonymous = [Operation.Create(Enlist), Operation.Read(IsRegistered, "is_registered")],
            },
            new(
                "Machine",
                "machines/{system_id}/",
                [
                    Operation.Read(Read),
                    Operation.Update(Update),
                    Operation.Delete(Delete),
                    Operation.Read(QueryPower, "query_power_state"),
                    Operation.Read(PowerParametersOfOne, "power_parameters"),
                    Operation.Read(CurtinConfig, "get_curtin_config"),
                    Operation.Read(Details, "details"),
                    Operation.Read(Token, "get_token"),
                    .. _operations.ByName.Select(operation =>
                        Operation.Do(operation.Key, request => Operate(request, operation.Value))
                    ),
                ]
            ),
            new(
                "Nodes",
                "nodes/",
                Operation.Read(request => List(request, Constraints.ForList(state, request.Query).Fits)),
                Operation.Read(IsRegistered, "is_registered"),
                Operation.Do("set_zone", SetZone)
            )
            {
                Anonymous = [Operation.Read(IsRegistered, "is_registered")],
            },
            new(
                "Node",
                "nodes/{system_id}/",
                Operation.Read(Read),
                Operation.Delete(Delete),
                Operation.Read(Details, "details"),
                Operation.Read(PowerParametersOfOne, "power_parameters")
            ),
            new("NodeResults", "nodes/{system_id}/results/", Operation.Read(Results)),
        ];

    /// <summary>The machines that the caller may see and a filter lets through.</summary>
    public RegionAnswer List(RegionRequest request, Func<MachineRow, bool> fits) =>
        RegionAnswer.JsonArray(
            state.MachinesById.Where(machine => MayView(request.Caller, machine)).Where(fits).Select(CachedJson)
        );

    public static bool MayView(UserRow user, MachineRow machine) =>
        user.IsAdmin || machine.Owner is null || machine.Owner == user.Username;

    private RegionAnswer ListAllocated(RegionRequest request) =>
        RegionAnswer.JsonArray(
            state
                .MachinesById.Where(machine =>
                    machine.Owner == request.Caller.Username && machine.Status == MachineStatus.Allocated
                )
                .Where(machine => !request.Query.Has("id") || request.Query.All("id").Contains(machine.SystemId))
                .Select(CachedJson)
        );

    private RegionAnswer Create(RegionRequest request)
    {
        var form = request.Bound;
        var machine = state.Machines.Put(_forms.Create(form));
        var caller = request.Caller;
        if (form.Tick("deployed"))
        {
            return Show(
                state.Machines.Put(
                    machine with
                    {
                        Status = MachineStatus.Deployed,
                        Owner = caller.Username,
                        Osystem = "ubuntu",
                        DistroSeries = Images.Series.Default,
                    }
                )
            );
        }

        if (!caller.IsAdmin || !(form.Has("commission") ? form.Tick("commission") : true))
        {
            return Show(machine);
        }

        return Commission(machine, caller);
    }

    /// <summary>A machine that enlists itself needs no key, and is shown little.</summary>
    private RegionAnswer Enlist(RegionRequest request) =>
        RegionAnswer.Json(MachineJson.Anonymous(state, state.Machines.Put(_forms.Create(request.Bound))));

    /// <summary>Commissions, or says that nothing reaches the machine's BMC. What has happened until then has happened.</summary>
    private RegionAnswer Commission(MachineRow machine, UserRow caller)
    {
        if (life.RackConnected || machine.PowerType is "manual")
        {
            return Show(life.Commissioning(machine, caller.Username, tests: true));
        }

        life.CommissioningUnreached(machine, caller.Username);
        return Unreached(machine) with { Vary = null };
    }

    private static RegionAnswer Unreached(MachineRow machine) =>
        RegionAnswer.Refused(503, $"No rack controllers can access the BMC of node {machine.Hostname}");

    private RegionAnswer Allocate(RegionRequest request)
    {
        var (machine, byType) = _allocation.Allocate(request);
        var json = JsonNode.Parse(CachedJson(machine))!.AsObject();
        json["constraints_by_type"] = byType;
        return RegionAnswer.Json(json);
    }

    private RegionAnswer AcceptAll(RegionRequest request)
    {
        request.RequireAdmin();
        return _operations.Accept(request, all: true);
    }

    private RegionAnswer SetZone(RegionRequest request)
    {
        request.RequireAdmin();
        var zone =
            state.Zones.Find(request.Form.Mandatory("zone")) ?? throw RegionFault.Field("zone", Places.Naming.NotAmongChoices);
        foreach (var machine in request.Form.All("nodes").Select(state.Machines.Find).OfType<MachineRow>())
        {
            state.Machines.Put(machine with { ZoneId = zone.Id });
        }

        return RegionAnswer.Json(null);
    }

    private RegionAnswer Operate(RegionRequest request, Func<RegionRequest, MachineRow, MachineRow?> operate)
    {
        var machine = Find(request);
        if (request.Operation == "commission" && request.Caller.IsAdmin && !life.RackConnected)
        {
            return Commission(machine, request.Caller);
        }

        return operate(request, machine) is { } shown ? Show(shown) : RegionAnswer.Json(null);
    }

    private RegionAnswer Read(RegionRequest request)
    {
        var machine = Find(request);
        return MayView(request.Caller, machine) ? Show(machine) : throw RegionFault.Forbidden();
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var machine = Find(request);
        request.RequireAdminSilently();
        return Show(state.Machines.Put(_forms.Update(machine, request.Bound)));
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var machine = Find(request);
        request.RequireAdminSilently();
        if (machine.Locked)
        {
            throw RegionFault.Forbidden();
        }

        foreach (var happened in state.Events.All.Where(one => one.SystemId == machine.SystemId).ToList())
        {
            state.Events.Put(happened with { Hostname = machine.Hostname });
        }

        life.Gone(machine);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer QueryPower(RegionRequest request)
    {
        var machine = Find(request);
        if (!MayView(request.Caller, machine))
        {
            throw RegionFault.Forbidden();
        }

        if (!life.RackConnected && machine.PowerType is not "manual")
        {
            life.Unreached(machine);
            return Unreached(machine);
        }

        return RegionAnswer.Json(new JsonObject { ["state"] = life.QueryPower(machine).PowerState });
    }

    private RegionAnswer PowerParameters(RegionRequest request)
    {
        request.RequireAdmin();
        var wanted = request.Query.All("id");
        return RegionAnswer.Json(
            new JsonObject(
                state
                    .MachinesById.Where(machine => wanted.Count == 0 || wanted.Contains(machine.SystemId))
                    .Select(machine => KeyValuePair.Create(machine.SystemId, (JsonNode?)PowerTypes.Shown(machine)))
            )
        );
    }

    private RegionAnswer PowerParametersOfOne(RegionRequest request)
    {
        request.RequireAdmin();
        return RegionAnswer.Json(PowerTypes.Shown(Find(request)));
    }

    private RegionAnswer CurtinConfig(RegionRequest request)
    {
        var machine = Find(request);
        return machine.Status is MachineStatus.Deploying or MachineStatus.Deployed or MachineStatus.FailedDeployment
            ? RegionAnswer.Plain(200, "install: {}\n")
            : throw RegionFault.Text(400, $"Machine {machine.Hostname} is not in a deployment state.");
    }

    private RegionAnswer Details(RegionRequest request)
    {
        var machine = Find(request);
        return MayView(request.Caller, machine)
            ? RegionAnswer.Bytes("application/bson", MachineDetails.Of(machine))
            : throw RegionFault.Forbidden();
    }

    /// <summary>The credentials that the machine has from its commissioning or installation; null before.</summary>
    private RegionAnswer Token(RegionRequest request)
    {
        var machine = Find(request);
        request.RequireAdminSilently();
        if (!machine.Commissioned && machine.Status is MachineStatus.New)
        {
            return RegionAnswer.Json(null);
        }

        var key =
            state.Keys.All.FirstOrDefault(one => one.SystemId == machine.SystemId)
            ?? state.Keys.Put(UsersResource.NewKey(state, "maas-init-node", "node", machine.SystemId));
        return RegionAnswer.Json(
            new JsonObject
            {
                ["token_key"] = key.TokenKey,
                ["token_secret"] = key.TokenSecret,
                ["consumer_key"] = key.ConsumerKey,
            }
        );
    }

    /// <summary>The script sets of a machine, without the scripts' output, which the lab does not make.</summary>
    private RegionAnswer Results(RegionRequest request)
    {
        var machine = state.Machines.Find(request.At("system_id")) ?? throw RegionFault.Missing("Node");
        if (!MayView(request.Caller, machine))
        {
            throw RegionFault.Forbidden();
        }

        var wanted = request.Query.Filled("type");
        return RegionAnswer.JsonList(
            ScriptSets(machine)
                .Where(set => wanted is null || set.Type.Equals(wanted, StringComparison.OrdinalIgnoreCase))
                .Select(set => new JsonObject
                {
                    ["id"] = set.Id,
                    ["system_id"] = machine.SystemId,
                    ["type"] = set.Number,
                    ["type_name"] = set.Type,
                    ["last_ping"] = null,
                    ["status"] = set.Status,
                    ["status_name"] = MachineJson.StatusName(set.Status),
                    ["started"] = null,
                    ["ended"] = null,
                    ["runtime"] = "",
                    ["results"] = new JsonArray(),
                    ["resource_uri"] = $"/MAAS/api/2.0/nodes/{machine.SystemId}/results/{set.Id}/",
                })
        );
    }

    private static IEnumerable<(int Id, int Number, string Type, int Status)> ScriptSets(MachineRow machine)
    {
        if (machine.InstallationResult is { } installation)
        {
            yield return (
                installation,
                1,
                "Installation",
                machine.Status switch
                {
                    MachineStatus.Deploying => 1,
                    MachineStatus.FailedDeployment => 3,
                    _ => 2,
                }
            );
        }

        if (machine.TestingResult is { } testing)
        {
            yield return (testing, 2, "Testing", machine.TestingStatus ?? 0);
        }

        if (machine.CommissioningResult is { } commissioning)
        {
            yield return (commissioning, 0, "Commissioning", machine.CommissioningStatus ?? 2);
        }
    }

    private RegionAnswer IsRegistered(RegionRequest request)
    {
        var mac = request.Query.Mandatory("mac_address");
        return RegionAnswer.Json(Macs.HolderOf(state, mac) is not null);
    }

    private MachineRow Find(RegionRequest request) =>
        state.Machines.Find(request.At("system_id")) ?? throw RegionFault.Missing("Machine");

    private RegionAnswer Show(MachineRow machine) => RegionAnswer.JsonBytes(CachedJson(machine));

    /// <summary>The machine's JSON, cached until the machine or an object it names changes: lists are requested often.</summary>
    private byte[] CachedJson(MachineRow machine)
    {
        var surroundings = HashCode.Combine(
            state.Zones.Version,
            state.Pools.Version,
            state.Domains.Version,
            state.Subnets.Version,
            HashCode.Combine(state.Vlans.Version, state.Spaces.Version, state.Settings.Version),
            state.Fabrics.Version,
            HashCode.Combine(state.DnsResources.Version, state.DnsRecords.Version)
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
