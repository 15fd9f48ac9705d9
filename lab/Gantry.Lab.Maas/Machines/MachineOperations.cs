using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Interfaces;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Storage;

namespace Gantry.Lab.Maas.Machines;

/// <summary>The operations on one machine: <c>POST machines/{id}/?op=…</c>.</summary>
internal sealed class MachineOperations(RegionState state, MachineLife life)
{
    private static readonly HashSet<int> Releasable =
    [
        MachineStatus.Allocated,
        MachineStatus.Reserved,
        MachineStatus.Broken,
        MachineStatus.Deploying,
        MachineStatus.Deployed,
        MachineStatus.FailedDeployment,
        MachineStatus.FailedDiskErasing,
        MachineStatus.ReleasingFailed,
    ];

    /// <summary>The operations by name.</summary>
    /// <returns>
    /// Each takes a machine and gives the one that the response shows, or null where MAAS answers <c>null</c>.
    /// </returns>
    public IReadOnlyDictionary<string, Func<RegionRequest, MachineRow, MachineRow?>> ByName =>
        new Dictionary<string, Func<RegionRequest, MachineRow, MachineRow?>>
        {
            ["abort"] = Abort,
            ["clear_default_gateways"] = ClearDefaultGateways,
            ["commission"] = Commission,
            ["deploy"] = Deploy,
            ["exit_rescue_mode"] = ExitRescueMode,
            ["lock"] = Lock,
            ["mark_broken"] = MarkBroken,
            ["mark_fixed"] = MarkFixed,
            ["override_failed_testing"] = OverrideFailedTesting,
            ["power_off"] = PowerOff,
            ["power_on"] = PowerOn,
            ["release"] = Release,
            ["rescue_mode"] = EnterRescueMode,
            ["restore_default_configuration"] = Restore,
            ["restore_networking_configuration"] = Restore,
            ["restore_storage_configuration"] = Restore,
            ["set_owner_data"] = Annotate,
            ["set_storage_layout"] = SetStorageLayout,
            ["set_workload_annotations"] = Annotate,
            ["test"] = Test,
            ["unlock"] = Unlock,
        };

    /// <summary>Machines that enlisted themselves are commissioned.</summary>
    public RegionAnswer Accept(RegionRequest request, bool all)
    {
        var machines = all
            ? [.. state.MachinesById.Where(machine => machine.Status == MachineStatus.New)]
            : Named(request, "accept", admin: true);
        var accepted = machines.Where(machine => machine.Status == MachineStatus.New).ToList();
        var shown = accepted.ConvertAll(machine => life.Commissioning(machine, request.Caller.Username, tests: true));
        return RegionAnswer.JsonList(shown.Select(machine => MachineJson.Machine(state, machine)));
    }

    /// <summary>The machines that a call for several names, all of which the caller may change.</summary>
    private List<MachineRow> Named(RegionRequest request, string what, bool admin)
    {
        var ids = request.Form.All("machines").Distinct().ToList();
        var unknown = ids.Where(id => !state.Machines.Has(id)).ToList();
        if (unknown.Count > 0)
        {
            throw RegionFault.Text(400, $"Unknown machine(s): {string.Join(", ", unknown)}.");
        }

        var machines = ids.ConvertAll(id => state.Machines.Find(id)!);
        var foreign = machines
            .Where(machine =>
                machine.Locked
                || (admin ? !request.Caller.IsAdmin : !MayEdit(request.Caller, machine) && machine.Owner is not null)
            )
            .Select(machine => machine.SystemId)
            .ToList();
        return foreign.Count > 0
            ? throw RegionFault.Text(
                403,
                $"You don't have the required permission to {what} the following machine(s): {string.Join(", ", foreign)}."
            )
            : machines;
    }

    public RegionAnswer ReleaseMany(RegionRequest request)
    {
        var machines = Named(request, "release", admin: false);
        var wrong = machines
            .Where(machine => machine.Status != MachineStatus.Ready && !Releasable.Contains(machine.Status))
            .ToList();
        if (wrong.Count > 0)
        {
            throw RegionFault.Text(
                409,
                "Machine(s) cannot be released in their current state: "
                    + string.Join(", ", wrong.Select(machine => $"{machine.SystemId} ('{MachineStatus.Label(machine.Status)}')"))
                    + "."
            );
        }

        var released = machines.Where(machine => machine.Status != MachineStatus.Ready).ToList();
        released.ForEach(machine => Release(machine, EraseKind.None));
        return RegionAnswer.Json(new JsonArray([.. released.Select(machine => (JsonNode?)machine.SystemId)]));
    }

    private MachineRow Deploy(RegionRequest request, MachineRow machine)
    {
        var form = request.Form;
        RequireEdit(request.Caller, machine, freeToo: true);
        if (machine.Status is not (MachineStatus.Ready or MachineStatus.Allocated))
        {
            throw RegionFault.Text(409, $"Can't deploy a machine that is in the '{MachineStatus.Label(machine.Status)}' state");
        }

        if (form.Option("install_rackd"))
        {
            throw RegionFault.Text(400, "Deploying a machine as a rackd has been disabled and it's not supported anymore.");
        }

        if ((form.Option("install_kvm") || form.Option("register_vmhost")) && !request.Caller.IsAdmin)
        {
            throw RegionFault.Text(403, "Only administratros can deploy VM hosts");
        }

        var ephemeral = form.Option("ephemeral_deploy") || machine.Disks.Count == 0;
        var sync = form.Option("enable_hw_sync");
        var bridgeAll = form.Option("bridge_all");
        if (machine.Status == MachineStatus.Ready)
        {
            Allocation.CheckAgent(form);
        }

        var (osystem, series) = Images.Series.Resolve(state, form["distro_series"] ?? "");
        var named = form.Filled("distro_series") is not null;
        var kernel = Images.Series.Kernel(state, osystem, series, machine.Architecture, named ? form["hwe_kernel"] ?? "" : "");
        if (!Images.Series.Has(state, osystem, series, machine.Architecture))
        {
            throw RegionFault.Text(
                400,
                $"Deployment operating system {osystem}/{series} is unavailable for {machine.Architecture}."
            );
        }

        RequireDeployable(machine, ephemeral);
        if (machine.Status == MachineStatus.Ready)
        {
            machine = state.Machines.Put(
                machine with
                {
                    Status = MachineStatus.Allocated,
                    Owner = request.Caller.Username,
                    AgentName = form["agent_name"] ?? "",
                }
            );
            life.Note("allocated", machine);
            machine = bridgeAll ? new InterfaceForms(state).BridgeAll(machine, form) : machine;
        }

        Keep(machine, form["user_data"]);
        return life.Deploying(machine with { EnableHwSync = sync }, osystem, series, kernel, ephemeral);
    }

    /// <summary>A machine needs a network and, unless it runs from memory, a place for <c>/</c>; and MAAS its BMC.</summary>
    private void RequireDeployable(MachineRow machine, bool ephemeral)
    {
        if (machine.Nics.All(nic => nic.Links.All(link => link.Mode == LinkMode.LinkUp)))
        {
            throw RegionFault.Model("network", "Node must be configured to use a network");
        }

        if (!ephemeral && !StorageLayout.HasRoot(machine))
        {
            throw RegionFault.Model("storage", "Mount the root '/' filesystem to be able to deploy this node.");
        }

        if (!life.RackConnected && machine.PowerType is not "manual")
        {
            throw RegionFault.Text(500, $"Error determining BMC task queue for machine {machine.SystemId}");
        }
    }

    private void Keep(MachineRow machine, string? userData)
    {
        if (string.IsNullOrEmpty(userData))
        {
            state.UserData.Remove(machine.SystemId);
        }
        else
        {
            state.UserData.Put(new UserDataRow(machine.SystemId, userData));
        }
    }

    private MachineRow Release(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        if (machine.Status is MachineStatus.Ready or MachineStatus.Releasing)
        {
            return machine;
        }

        if (!Releasable.Contains(machine.Status))
        {
            throw RegionFault.Text(
                409,
                $"Machine cannot be released in its current state ('{MachineStatus.Label(machine.Status)}')."
            );
        }

        var form = request.Form;
        CheckReleaseScripts(form);
        var erase =
            form.Tick("secure_erase") ? EraseKind.Secure
            : form.Tick("quick_erase") ? EraseKind.Quick
            : form.Tick("erase") ? EraseKind.Full
            : EraseKind.None;
        return Release(machine, erase);
    }

    private MachineRow Release(MachineRow machine, EraseKind erase)
    {
        if (erase is EraseKind.None && !life.CanCutPower(machine))
        {
            life.ReleaseUnreached(machine);
            throw DeadBmc.Fault();
        }

        return life.Releasing(machine, erase);
    }

    private void CheckReleaseScripts(Parameters form)
    {
        var unknown = form.Filled("scripts")
            ?.Split(',')
            .FirstOrDefault(name => name.Length > 0 && state.Scripts.Find(name) is not { Type: 3 });
        if (unknown is not null)
        {
            throw RegionFault.Field("scripts", $"Select a valid choice. {unknown} is not one of the available choices.");
        }
    }

    private MachineRow Abort(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        switch (machine.Status)
        {
            case MachineStatus.Deploying:
                return life.Aborting(machine, "Aborted deployment", machine with { Status = MachineStatus.Allocated });
            case MachineStatus.Commissioning:
                return life.Aborting(
                    machine,
                    "Aborted commissioning",
                    machine with
                    {
                        Status = MachineStatus.New,
                        Owner = null,
                        CommissioningStatus = null,
                        TestingStatus = -1,
                    }
                );
            case MachineStatus.Testing:
                return life.Aborting(
                    machine,
                    "Aborted testing",
                    machine with
                    {
                        Status = machine.PreviousStatus,
                        TestingStatus = -1,
                    }
                );
            case MachineStatus.DiskErasing:
                return life.Aborting(
                    machine,
                    "Aborted disk erasing",
                    machine with
                    {
                        Status = MachineStatus.FailedDiskErasing,
                        Erase = EraseKind.None,
                    }
                );
            default:
                throw RegionFault.Text(
                    409,
                    $"Cannot abort in current state: node {machine.SystemId} is in state {MachineStatus.Label(machine.Status)}."
                );
        }
    }

    private MachineRow Lock(RegionRequest request, MachineRow machine)
    {
        if (!MayEdit(request.Caller, machine))
        {
            throw RegionFault.Forbidden();
        }

        if (machine.Locked)
        {
            throw RegionFault.Text(409, "Machine is already locked");
        }

        return machine.Status is MachineStatus.Deployed or MachineStatus.Deploying
            ? state.Machines.Put(machine with { Locked = true })
            : throw RegionFault.Text(409, "Machine can't be locked, it's not deployed");
    }

    private MachineRow Unlock(RegionRequest request, MachineRow machine)
    {
        if (!MayEdit(request.Caller, machine))
        {
            throw RegionFault.Forbidden();
        }

        return machine.Locked
            ? state.Machines.Put(machine with { Locked = false })
            : throw RegionFault.Text(409, "Machine is not locked");
    }

    private MachineRow MarkBroken(RegionRequest request, MachineRow machine)
    {
        if (machine.Owner != request.Caller.Username || machine.Locked)
        {
            throw RegionFault.Forbidden();
        }

        return life.Breaking(machine, Releasable.Contains(machine.Status), request.Form["comment"] ?? "");
    }

    private MachineRow MarkFixed(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (machine.Status != MachineStatus.Broken)
        {
            throw RegionFault.Text(409, "Can't mark a non-broken node as 'Ready'.");
        }

        return state.Machines.Put(
            machine.Freed() with
            {
                Status = MachineStatus.Ready,
                Owner = null,
                OwnerData = new SortedDictionary<string, string>(StringComparer.Ordinal),
                ErrorDescription = "",
                Osystem = "",
                DistroSeries = "",
                HweKernel = null,
            }
        );
    }

    private MachineRow? PowerOn(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        if (machine.Owner is null)
        {
            throw RegionFault.Text(409, "Can't start node: it hasn't been allocated.");
        }

        if (machine.Status == MachineStatus.Allocated)
        {
            var (osystem, series) = Images.Series.Resolve(state, "");
            RequireDeployable(machine, ephemeral: false);
            Keep(machine, request.Form["user_data"]);
            var kernel = Images.Series.Kernel(state, osystem, series, machine.Architecture, "");
            return life.Deploying(machine, osystem, series, kernel, ephemeral: false);
        }

        // MAAS answers before the machine has power.
        life.PowerOn(machine);
        return machine.BmcAnswers is DeadBmc.State ? throw DeadBmc.Fault() : machine;
    }

    private MachineRow? PowerOff(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        if (machine.PowerType is "manual")
        {
            return null;
        }

        if (!life.RackConnected)
        {
            throw NoRack(machine);
        }

        life.PowerOff(machine);
        return machine.BmcAnswers is DeadBmc.State ? throw DeadBmc.Fault() : machine;
    }

    private static RegionFault NoRack(MachineRow machine) =>
        new(RegionAnswer.Refused(503, $"No rack controllers can access the BMC of node {machine.Hostname}") with { Vary = null });

    private MachineRow Commission(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (
            machine.Status
            is not (MachineStatus.New or MachineStatus.FailedCommissioning or MachineStatus.Ready or MachineStatus.Broken)
        )
        {
            throw RegionFault.Field("__all__", "Commission is not available because of the current state of the node.");
        }

        if (machine.Nics.Count == 0 && machine.PowerType is not "ipmi")
        {
            throw RegionFault.Field("__all__", "No interfaces are configured; commissioning needs at least one.");
        }

        CheckScripts(request.Form, "commissioning_scripts", 0);
        CheckScripts(request.Form, "testing_scripts", 2);

        return life.Commissioning(machine, request.Caller.Username, request.Form["testing_scripts"] is not "none");
    }

    /// <summary>Scripts by name or tag; none of MAAS's own has to be known to be run.</summary>
    private void CheckScripts(Parameters form, string field, int type)
    {
        foreach (var name in form.Filled(field)?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var known = state.Scripts.All.Any(script =>
                script.Type == type && (script.Name == name || script.Tags.Contains(name))
            );
            if (!known && name is not "none")
            {
                throw RegionFault.Field(field, $"Select a valid choice. {name} is not one of the available choices.");
            }
        }
    }

    private MachineRow Test(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (
            machine.Status
            is not (
                MachineStatus.Ready
                or MachineStatus.Deployed
                or MachineStatus.Broken
                or MachineStatus.FailedTesting
                or MachineStatus.FailedDeployment
                or MachineStatus.FailedCommissioning
                or MachineStatus.Allocated
                or MachineStatus.New
                or MachineStatus.RescueMode
            )
        )
        {
            throw RegionFault.Field("__all__", "Test is not available because of the current state of the node.");
        }

        CheckScripts(request.Form, "testing_scripts", 2);
        return state.Machines.Put(
            life.Happened(machine, "Testing", "") with
            {
                Status = MachineStatus.Testing,
                TestingStatus = 0,
                TestingResult = state.Next("scriptset"),
                Owner = machine.Owner ?? request.Caller.Username,
                PreviousStatus = machine.Status is MachineStatus.FailedTesting ? MachineStatus.Ready : machine.Status,
                Due = life.Now + life.Scaled(120),
            }
        );
    }

    private MachineRow EnterRescueMode(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (
            machine.Status
            is not (
                MachineStatus.Ready
                or MachineStatus.Deployed
                or MachineStatus.Broken
                or MachineStatus.Allocated
                or MachineStatus.FailedDeployment
                or MachineStatus.New
                or MachineStatus.FailedCommissioning
            )
        )
        {
            throw RegionFault.Text(409, $"Cannot enter rescue mode while the node is {MachineStatus.Label(machine.Status)}.");
        }

        var entering = life.Happened(machine, "Entering rescue mode", "") with
        {
            Status = MachineStatus.EnteringRescueMode,
            PreviousStatus = machine.Status,
            Owner = machine.Owner ?? request.Caller.Username,
            Due = life.Now + life.Scaled(180),
        };
        state.Machines.Put(entering with { PowerState = machine.PowerType is "manual" ? machine.PowerState : "on" });
        return entering;
    }

    private MachineRow ExitRescueMode(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (
            machine.Status
            is not (MachineStatus.RescueMode or MachineStatus.EnteringRescueMode or MachineStatus.FailedEnteringRescueMode)
        )
        {
            throw RegionFault.Text(409, $"Cannot exit rescue mode while the node is {MachineStatus.Label(machine.Status)}.");
        }

        return state.Machines.Put(machine with { Status = MachineStatus.ExitingRescueMode, Due = life.Now + life.Scaled(30) });
    }

    private MachineRow Annotate(RegionRequest request, MachineRow machine)
    {
        if (machine.Owner is null)
        {
            throw RegionFault.Text(409, "Cannot set workload annotation: it hasn't been acquired.");
        }

        if (machine.Owner != request.Caller.Username || machine.Locked)
        {
            throw RegionFault.Forbidden();
        }

        return state.Machines.Put(machine with { OwnerData = Annotations.Changed(machine.OwnerData, request.Form) });
    }

    private MachineRow SetStorageLayout(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (machine.Status != MachineStatus.Ready)
        {
            throw RegionFault.Text(409, "Cannot change the storage layout on a machine that is not Ready.");
        }

        var layout = request.Form.Mandatory("storage_layout");
        if (!StorageLayout.Names.Contains(layout))
        {
            throw RegionFault.Field(
                "storage_layout",
                $"'{layout}' is not a valid storage_layout.  It should be one of: "
                    + $"{string.Join(", ", StorageLayout.Names.Select(one => $"'{one}'"))}."
            );
        }

        return machine.Disks.Count == 0 && layout is not StorageLayout.Blank
            ? throw RegionFault.Text(400, "Machine is missing a boot disk; no storage layout can be applied.")
            : state.Machines.Put(StorageLayout.Apply(state, machine, layout));
    }

    /// <summary>Back to what commissioning found.</summary>
    private MachineRow Restore(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (machine.Status is not (MachineStatus.Ready or MachineStatus.FailedTesting))
        {
            throw RegionFault.Text(409, "Machine must be in a ready or failed testing state to restore its configuration");
        }

        var what = request.Operation!;
        var restored =
            what.Contains("networking", StringComparison.Ordinal) || what.Contains("default", StringComparison.Ordinal)
                ? life.NetworkAsCommissioned(machine)
                : machine;
        return state.Machines.Put(
            what.Contains("networking", StringComparison.Ordinal) || machine.Disks.Count == 0
                ? restored
                : StorageLayout.Apply(state, restored, StorageLayout.Flat)
        );
    }

    private MachineRow ClearDefaultGateways(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        return state.Machines.Put(machine with { GatewayLinkId = null });
    }

    private MachineRow OverrideFailedTesting(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        return machine.Status == MachineStatus.FailedTesting
            ? state.Machines.Put(
                machine with
                {
                    Status = machine.Osystem.Length > 0 ? MachineStatus.Deployed : MachineStatus.Ready,
                }
            )
            : throw RegionFault.Text(409, "Cannot override test results: the machine has not failed testing.");
    }

    /// <summary>A locked machine refuses even its owner, with an empty response.</summary>
    private static void RequireEdit(UserRow caller, MachineRow machine, bool freeToo)
    {
        if (machine.Locked || !(MayEdit(caller, machine) || (freeToo && machine.Owner is null)))
        {
            throw RegionFault.Forbidden();
        }
    }

    private static bool MayEdit(UserRow caller, MachineRow machine) => caller.IsAdmin || machine.Owner == caller.Username;
}
