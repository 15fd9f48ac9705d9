using System.Globalization;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Interfaces;

/// <summary><c>nodes/{system_id}/interfaces/</c></summary>
internal sealed class InterfacesResource(RegionState state)
{
    private readonly InterfaceForms _forms = new(state);
    private readonly InterfaceLinks _links = new(state);

    public IEnumerable<Resource> Resources =>
        [
            new(
                "Interfaces",
                "nodes/{system_id}/interfaces/",
                Operation.Read(List),
                Operation.Do("create_physical", request => Create(request, "create", _forms.Physical)),
                Operation.Do("create_bond", request => Create(request, "create bond", _forms.Bond)),
                Operation.Do("create_bridge", request => Create(request, "create bridge", _forms.Bridge)),
                Operation.Do("create_vlan", request => Create(request, "create VLAN", _forms.Vlan))
            ),
            new(
                "Interface",
                "nodes/{system_id}/interfaces/{id}/",
                Operation.Read(Read),
                Operation.Update(request => Change(request, "update interface", _forms.Update, deployedToo: true)),
                Operation.Delete(Delete),
                Operation.Do("link_subnet", request => Change(request, "link subnet", _links.Link)),
                Operation.Do("unlink_subnet", request => Change(request, "unlink subnet", _links.Unlink)),
                Operation.Do("disconnect", request => Change(request, "disconnect", InterfaceLinks.Disconnect)),
                Operation.Do("set_default_gateway", request => Change(request, "set default gateway", _links.SetDefaultGateway)),
                Operation.Do("add_tag", request => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag), tag])),
                Operation.Do("remove_tag", request => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag)]))
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        if (state.Devices.Find(request.At("system_id")) is { } device)
        {
            return RegionAnswer.JsonList(
                device.Nics.Select(nic => NicJson.Nic(state, device.SystemId, device.Nics, nic, isMachine: false))
            );
        }

        var machine = Machine(request);
        return RegionAnswer.JsonList(machine.Nics.Select(nic => MachineJson.Nic(state, machine, nic)));
    }

    private RegionAnswer Read(RegionRequest request)
    {
        if (state.Devices.Find(request.At("system_id")) is { } device)
        {
            return RegionAnswer.Json(
                NicJson.Nic(state, device.SystemId, device.Nics, Nic(request, device.Nics), isMachine: false)
            );
        }

        var machine = Machine(request);
        return RegionAnswer.Json(MachineJson.Nic(state, machine, Nic(request, machine.Nics)));
    }

    private RegionAnswer Create(
        RegionRequest request,
        string what,
        Func<MachineRow, Parameters, (MachineRow Machine, NicRow Nic)> create
    )
    {
        var machine = Machine(request);
        request.RequireAdminSilently();
        RequireState(machine, what, false);
        var (changed, nic) = create(machine, request.Bound);
        state.Machines.Put(changed);
        return RegionAnswer.Json(MachineJson.Nic(state, changed, nic));
    }

    private RegionAnswer Change(
        RegionRequest request,
        string what,
        Func<MachineRow, NicRow, Parameters, MachineRow> change,
        bool deployedToo = false
    )
    {
        var machine = Machine(request);
        var nic = Nic(request, machine.Nics);
        request.RequireAdminSilently();
        RequireState(machine, what, deployedToo);
        var changed = state.Machines.Put(change(machine, nic, request.Bound));
        return RegionAnswer.Json(MachineJson.Nic(state, changed, changed.Nics.First(one => one.Id == nic.Id)));
    }

    private RegionAnswer Retag(RegionRequest request, Func<IReadOnlyList<string>, string, string[]> change)
    {
        var machine = Machine(request);
        var nic = Nic(request, machine.Nics);
        request.RequireAdminSilently();
        var tag = request.Form.Mandatory("tag");
        var changed = state.Machines.Put(machine.With(nic with { Tags = change(nic.Tags, tag) }));
        return RegionAnswer.Json(MachineJson.Nic(state, changed, changed.Nics.First(one => one.Id == nic.Id)));
    }

    /// <summary>What stands on an interface alone goes with it.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        var machine = Machine(request);
        var nic = Nic(request, machine.Nics);
        request.RequireAdminSilently();
        RequireState(machine, "delete interface", false);
        var left = machine.Nics.Where(other => other.Id != nic.Id && !(other.Parents is [var only] && only == nic.Id));
        state.Machines.Put(machine with { Nics = [.. left] });
        return RegionAnswer.Deleted();
    }

    private static void RequireState(MachineRow machine, string what, bool deployedToo)
    {
        var allowed =
            machine.Status
                is MachineStatus.New
                    or MachineStatus.Ready
                    or MachineStatus.FailedTesting
                    or MachineStatus.Allocated
                    or MachineStatus.Broken
            || (deployedToo && machine.Status == MachineStatus.Deployed);
        if (!allowed)
        {
            throw RegionFault.Text(409, $"Cannot {what} interface because the machine is not New, Ready, Allocated, or Broken.");
        }
    }

    private MachineRow Machine(RegionRequest request)
    {
        var machine = state.Machines.Find(request.At("system_id")) ?? throw RegionFault.Missing("Node");
        return MachinesResource.MayView(request.Caller, machine) ? machine : throw RegionFault.Forbidden();
    }

    /// <summary>An interface by id or by name.</summary>
    private static NicRow Nic(RegionRequest request, IReadOnlyList<NicRow> nics)
    {
        var given = request.At("id");
        return nics.FirstOrDefault(nic => nic.Id.ToString(CultureInfo.InvariantCulture) == given || nic.Name == given)
            ?? throw RegionFault.Missing("Interface");
    }
}
