using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>The operations on one machine: <c>POST machines/{id}/?op=…</c>.</summary>
internal sealed partial class MachineOperations(RegionState state, MachineLife life)
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

    /// <c>null</c> for the operations whose response in MAAS is <c>null</c>.
    public sealed record Outcome(MachineRow? Machine);

    /// <returns><c>null</c> for an unknown operation.</returns>
    public Outcome? Do(RegionRequest request, string operation, MachineRow machine) =>
        operation switch
        {
            "deploy" => new Outcome(Deploy(request, machine)),
            "release" => new Outcome(Release(request, machine)),
            "abort" => new Outcome(Abort(request, machine)),
            "lock" => new Outcome(Lock(request, machine)),
            "unlock" => new Outcome(Unlock(request, machine)),
            "mark_broken" => new Outcome(MarkBroken(request, machine)),
            "mark_fixed" => new Outcome(MarkFixed(request, machine)),
            "power_on" => new Outcome(PowerOn(request, machine)),
            "power_off" => new Outcome(PowerOff(request, machine)),
            "commission" => new Outcome(Commission(request, machine)),
            "test" => new Outcome(Test(request, machine)),
            "rescue_mode" => new Outcome(EnterRescueMode(request, machine)),
            "exit_rescue_mode" => new Outcome(ExitRescueMode(request, machine)),
            "set_owner_data" or "set_workload_annotations" => new Outcome(Annotate(request, machine)),
            "set_storage_layout" => new Outcome(SetStorageLayout(request, machine)),
            "override_failed_testing" => new Outcome(OverrideFailedTesting(request, machine)),
            _ => null,
        };

    public RegionAnswer ReleaseMany(RegionRequest request)
    {
        var ids = request.Form.All("machines").Distinct().ToList();
        var unknown = ids.Where(id => !state.Machines.Has(id)).ToList();
        if (unknown.Count > 0)
        {
            throw RegionFault.Text(400, $"Unknown machine(s): {string.Join(", ", unknown)}.");
        }

        var machines = ids.ConvertAll(id => state.Machines.Find(id)!);
        var foreign = machines
            .Where(machine => machine.Locked || !MayEdit(request.Caller, machine))
            .Select(machine => machine.SystemId)
            .ToList();
        if (foreign.Count > 0)
        {
            throw RegionFault.Text(
                403,
                $"You don't have the required permission to release the following machine(s): {string.Join(", ", foreign)}."
            );
        }

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
        released.ForEach(machine => life.Releasing(machine, EraseKind.None));
        return RegionAnswer.Json(
            new System.Text.Json.Nodes.JsonArray([
                .. released.Select(machine => (System.Text.Json.Nodes.JsonNode?)machine.SystemId),
            ])
        );
    }

    public MachineRow Update(MachineRow machine, Parameters form)
    {
        var changed = machine;
        if (form["hostname"] is { } hostname)
        {
            if (state.Machines.All.Any(other => other.SystemId != machine.SystemId && other.Hostname == hostname))
            {
                throw RegionFault.Field("hostname", "Node with this Hostname already exists.");
            }

            changed = changed with { Hostname = hostname };
        }

        if (form["zone"] is { } zone)
        {
            changed = changed with
            {
                ZoneId =
                    state.Zones.Find(zone)?.Id
                    ?? throw RegionFault.Field("zone", "Select a valid choice. That choice is not one of the available choices."),
            };
        }

        if (form["pool"] is { } pool)
        {
            changed = changed with
            {
                PoolId =
                    state.Pools.All.FirstOrDefault(one => one.Name == pool)?.Id
                    ?? throw RegionFault.Field("pool", "Select a valid choice. That choice is not one of the available choices."),
            };
        }

        if (form["domain"] is { } domain)
        {
            changed = changed with
            {
                DomainId =
                    state
                        .Domains.All.FirstOrDefault(one =>
                            one.Name == domain || one.Id.ToString(CultureInfo.InvariantCulture) == domain
                        )
                        ?.Id
                    ?? throw RegionFault.Field(
                        "domain",
                        "Select a valid choice. That choice is not one of the available choices."
                    ),
            };
        }

        if (form["swap_size"] is { } swap)
        {
            changed = changed with
            {
                SwapSize =
                    swap.Length == 0 ? null
                    : long.TryParse(swap, CultureInfo.InvariantCulture, out var bytes) ? bytes
                    : throw RegionFault.Field("swap_size", "Enter a whole number."),
            };
        }

        return state.Machines.Put(
            changed with
            {
                Description = form["description"] ?? changed.Description,
                MinHweKernel = form["min_hwe_kernel"] ?? changed.MinHweKernel,
                Architecture = form["architecture"] ?? changed.Architecture,
            }
        );
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

        var ephemeral = form.Option("ephemeral_deploy");
        if (machine.Status == MachineStatus.Ready && form["agent_name"] is { Length: > 255 } agent)
        {
            throw RegionFault.Field("agent_name", $"Ensure this value has at most 255 characters (it has {agent.Length}).");
        }

        var (osystem, series) = Images.Series.Resolve(state, form["distro_series"] ?? "");
        if (!Images.Series.Has(state, osystem, series, machine.Architecture))
        {
            throw RegionFault.Text(
                400,
                $"Deployment operating system {osystem}/{series} is unavailable for {machine.Architecture}."
            );
        }

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
        }

        if (form["user_data"] is { Length: > 0 } userData)
        {
            state.UserData.Put(new UserDataRow(machine.SystemId, userData));
        }
        else
        {
            state.UserData.Remove(machine.SystemId);
        }

        var kernel =
            form["hwe_kernel"] is { Length: > 0 } asked && form["distro_series"] is { Length: > 0 }
                ? asked
                : Images.Series.Kernel(osystem, series);
        return life.Deploying(
            machine with
            {
                EnableHwSync = form.Option("enable_hw_sync"),
            },
            osystem,
            series,
            kernel,
            ephemeral || machine.Disks.Count == 0
        );
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
        var erase =
            form.Tick("secure_erase") ? EraseKind.Secure
            : form.Tick("quick_erase") ? EraseKind.Quick
            : form.Tick("erase") ? EraseKind.Full
            : EraseKind.None;
        return life.Releasing(machine, erase);
    }

    private MachineRow Abort(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        var back = machine.Status switch
        {
            MachineStatus.Deploying => MachineStatus.Allocated,
            MachineStatus.Commissioning => MachineStatus.New,
            MachineStatus.Testing => machine.PreviousStatus,
            MachineStatus.DiskErasing => MachineStatus.FailedDiskErasing,
            _ => throw RegionFault.Text(
                409,
                $"Cannot abort in current state: node {machine.SystemId} is in state {MachineStatus.Label(machine.Status)}."
            ),
        };
        var type = machine.Status == MachineStatus.Deploying ? "Aborted deployment" : "Aborted";
        life.Note("aborted", machine);
        life.PowerOff(machine);
        return state.Machines.Put(
            life.Happened(machine, type, "") with
            {
                Status = back,
                Osystem = machine.Status == MachineStatus.Deploying ? "" : machine.Osystem,
                DistroSeries = machine.Status == MachineStatus.Deploying ? "" : machine.DistroSeries,
                HweKernel = null,
                PowerState = "off",
                Stage = 0,
                Due = null,
                Nics = [.. machine.Nics.Select(nic => nic with { Ip = null })],
            }
        );
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

        var wasDeployed = machine.Status == MachineStatus.Deployed ? MachineStatus.Deployed : MachineStatus.Ready;
        if (Releasable.Contains(machine.Status))
        {
            life.PowerOff(machine);
        }

        return state.Machines.Put(
            life.Happened(machine, "Marking node broken", request.Form["comment"] ?? "") with
            {
                Status = MachineStatus.Broken,
                PreviousStatus = wasDeployed,
                ErrorDescription = request.Form["comment"] ?? "",
                PowerState = "off",
                Due = null,
                Osystem = wasDeployed == MachineStatus.Deployed ? machine.Osystem : "",
                DistroSeries = wasDeployed == MachineStatus.Deployed ? machine.DistroSeries : "",
            }
        );
    }

    private MachineRow MarkFixed(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        if (machine.Status != MachineStatus.Broken)
        {
            throw RegionFault.Text(409, "Can't mark a non-broken node as 'Ready'.");
        }

        return state.Machines.Put(
            life.Happened(machine, "Marking node fixed", request.Form["comment"] ?? "") with
            {
                Status = MachineStatus.Ready,
                Owner = null,
                ErrorDescription = "",
                Osystem = "",
                DistroSeries = "",
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
            return life.Deploying(machine, osystem, series, Images.Series.Kernel(osystem, series), false);
        }

        return life.PowerOn(machine);
    }

    private MachineRow? PowerOff(RegionRequest request, MachineRow machine)
    {
        RequireEdit(request.Caller, machine, freeToo: true);
        return machine.PowerType is "manual" ? null : life.PowerOff(machine);
    }

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

        if (request.Form["commissioning_scripts"] is { Length: > 0 } scripts)
        {
            var name = scripts.Split(',')[0];
            throw RegionFault.Field(
                "commissioning_scripts",
                $"Select a valid choice. {name} is not one of the available choices."
            );
        }

        return state.Machines.Put(
            life.Happened(machine, "Commissioning", "") with
            {
                Status = MachineStatus.Commissioning,
                PowerState = "on",
                Owner = request.Caller.Username,
                Due = life.Now + life.Scaled(400),
            }
        );
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
            )
        )
        {
            throw RegionFault.Field("__all__", "Test is not available because of the current state of the node.");
        }

        return state.Machines.Put(
            life.Happened(machine, "Testing", "") with
            {
                Status = MachineStatus.Testing,
                PreviousStatus = machine.Status == MachineStatus.Deployed ? MachineStatus.Deployed : MachineStatus.Ready,
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

        return state.Machines.Put(
            life.Happened(machine, "Entering rescue mode", "") with
            {
                Status = MachineStatus.EnteringRescueMode,
                PreviousStatus = machine.Status,
                Due = life.Now + life.Scaled(180),
            }
        );
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

        return state.Machines.Put(
            life.Happened(machine, "Exiting rescue mode", "") with
            {
                Status = MachineStatus.ExitingRescueMode,
                Due = life.Now + life.Scaled(60),
            }
        );
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

        var data = new SortedDictionary<string, string>(
            machine.OwnerData.ToDictionary(pair => pair.Key, pair => pair.Value),
            StringComparer.Ordinal
        );
        foreach (var (key, value) in request.Form.Fields.Where(field => field.Key != "op"))
        {
            if (key.Length > 255)
            {
                throw RegionFault.Field("key", $"Ensure this value has at most 255 characters (it has {key.Length}).");
            }

            if (!AnnotationKey().IsMatch(key))
            {
                throw RegionFault.Text(500, "Invalid character in key name");
            }

            if (value.Length == 0)
            {
                data.Remove(key);
            }
            else
            {
                data[key] = value;
            }
        }

        return state.Machines.Put(machine with { OwnerData = data });
    }

    private MachineRow SetStorageLayout(RegionRequest request, MachineRow machine)
    {
        request.RequireAdminSilently();
        string[] layouts = ["vmfs7", "bcache", "custom", "vmfs6", "lvm", "blank", "flat"];
        var layout = request.Form["storage_layout"] ?? throw RegionFault.Text(400, "No provided storage_layout!");
        if (!layouts.Contains(layout))
        {
            throw RegionFault.Field(
                "storage_layout",
                $"'{layout}' is not a valid storage_layout.  It should be one of: "
                    + $"{string.Join(", ", layouts.Select(one => $"'{one}'"))}."
            );
        }

        return machine.Status == MachineStatus.Ready
            ? machine
            : throw RegionFault.Text(409, "Cannot change the storage layout on a machine that is not Ready.");
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

    [GeneratedRegex(@"^[a-zA-Z0-9_.\-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AnnotationKey();
}
