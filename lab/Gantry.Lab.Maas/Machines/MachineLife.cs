using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>
/// The timed transitions of machines after a request: power, installation, release. Durations follow seeded distributions like
/// those of real servers, divided by the region's speed.
/// </summary>
internal sealed class MachineLife(RegionState state, LabRegionOptions options, IMachineHost? host, TimeProvider time)
{
    private readonly Queue<Action<IMachineHost>> _notifications = new();

    public DateTimeOffset Now => time.GetUtcNow();

    public DateTimeOffset? NextDue => state.Machines.All.Min(machine => machine.Due);

    /// <summary>Notifies the machine host outside of the region's lock, because the host calls back.</summary>
    public void NotifyHost()
    {
        while (true)
        {
            Action<IMachineHost>? notify;
            lock (_notifications)
            {
                if (!_notifications.TryDequeue(out notify))
                {
                    return;
                }
            }

            if (host is not null)
            {
                notify(host);
            }
        }
    }

    public void Advance()
    {
        var now = Now;
        while (true)
        {
            var due = state
                .Machines.All.Where(machine => machine.Due <= now)
                .OrderBy(machine => machine.Due)
                .ThenBy(machine => machine.Id)
                .ToList();
            if (due.Count == 0)
            {
                return;
            }

            foreach (var machine in due)
            {
                Step(machine);
            }
        }
    }

    public MachineRow Deploying(MachineRow machine, string osystem, string series, string? kernel, bool ephemeral)
    {
        var started = WithAddresses(machine) with
        {
            Status = MachineStatus.Deploying,
            Osystem = osystem,
            DistroSeries = series,
            HweKernel = kernel,
            EphemeralDeploy = ephemeral,
            ReallyOn = null,
            ErrorDescription = "",
            Netboot = true,
            Stage = 0,
            Deployments = machine.Deployments + 1,
        };
        started = Happened(started, DeploymentStage.All[0].Event, "");
        Note("deploying", started);
        return state.Machines.Put(started with { Due = Now + StageDuration(started, 0) });
    }

    /// <summary>Releases a machine: at once if its power is off, otherwise after power-off.</summary>
    public MachineRow Releasing(MachineRow machine, EraseKind erase)
    {
        Note("releasing", machine);
        var freed = machine with
        {
            AgentName = "",
            Osystem = "",
            DistroSeries = "",
            HweKernel = null,
            Netboot = true,
            Locked = false,
        };
        if (erase is not EraseKind.None)
        {
            freed = Happened(
                freed with
                {
                    Status = MachineStatus.DiskErasing,
                    Erase = erase,
                    PowerState = "on",
                },
                "Erasing disks",
                ""
            );
            return state.Machines.Put(freed with { Due = Now + Scaled(erase is EraseKind.Full ? 3600 : 300) });
        }

        freed = Happened(freed with { Status = MachineStatus.Releasing }, "Releasing", "");
        var off = machine.PowerState is "off" || machine.PowerType is "manual";
        if (off && machine.Status is not MachineStatus.Deploying)
        {
            return Released(freed);
        }

        return state.Machines.Put(freed with { Due = Now + Scaled(Between(freed, 5, 40, 101)) });
    }

    public MachineRow PowerOff(MachineRow machine) => Power(machine, on: false);

    public MachineRow PowerOn(MachineRow machine) => Power(machine, on: true);

    /// <summary>Queries the BMC, as <c>op=query_power_state</c> does, and shows its answer from then on.</summary>
    public MachineRow QueryPower(MachineRow machine)
    {
        if (machine.PowerType is "manual")
        {
            return machine with { PowerState = "unknown" };
        }

        if (machine.BmcAnswers.Length > 0)
        {
            return state.Machines.Put(machine with { ReallyOn = IsOn(machine), PowerState = machine.BmcAnswers });
        }

        return machine.ReallyOn is { } on
            ? state.Machines.Put(machine with { ReallyOn = null, PowerState = on ? "on" : "off" })
            : machine;
    }

    /// <inheritdoc cref="LabRegion.SetFaults"/>
    public bool SetFaults(string systemId, MachineFaults faults)
    {
        if (state.Machines.Find(systemId) is not { } machine)
        {
            return false;
        }

        var changed = machine with
        {
            FailsToDeploy = faults.FailsToDeploy ?? machine.FailsToDeploy,
            HangsOnDeploy = faults.HangsOnDeploy ?? machine.HangsOnDeploy,
            PowerState = faults.PowerState ?? machine.PowerState,
            BmcAnswers = faults.Bmc switch
            {
                null => machine.BmcAnswers,
                "ok" => "",
                var answer => answer,
            },
            ReallyOn = faults.Bmc is null ? machine.ReallyOn : IsOn(machine),
        };
        if (faults.Dies is true)
        {
            // MAAS checks the power of each machine every five minutes; a hung deployment times out by its own timer.
            changed = changed with
            {
                ReallyOn = false,
                Due = Now + Scaled(changed.Status is MachineStatus.Deploying ? 3600 : 300),
            };
            Notify(to => to.PowerOff(systemId));
        }
        else if (faults.Dies is false && !IsOn(changed))
        {
            changed = changed with { ReallyOn = true };
            Notify(to => to.PowerOn(systemId));
        }

        if (faults.Hangs is { } hangs)
        {
            Notify(to => to.Hang(systemId, hangs));
        }

        state.Machines.Put(changed);
        return true;
    }

    /// <summary>Whether the machine has power, whatever MAAS shows.</summary>
    public static bool IsOn(MachineRow machine) => machine.ReallyOn ?? machine.PowerState is not "off";

    private MachineRow Power(MachineRow machine, bool on)
    {
        if (machine.BmcAnswers is "error")
        {
            // MAAS accepts the request, tries it, and reports the failure afterwards.
            return state.Machines.Put(
                Happened(
                    machine with
                    {
                        ReallyOn = IsOn(machine),
                        PowerState = "error",
                    },
                    $"Failed to power {(on ? "on" : "off")} node",
                    "Power state could not be changed: the BMC does not answer",
                    "ERROR"
                )
            );
        }

        Notify(to =>
        {
            if (on)
            {
                to.PowerOn(machine.SystemId);
            }
            else
            {
                to.PowerOff(machine.SystemId);
            }
        });
        return state.Machines.Put(
            machine.BmcAnswers.Length > 0
                ? machine with
                {
                    ReallyOn = on,
                    PowerState = machine.BmcAnswers,
                }
                : machine with
                {
                    ReallyOn = null,
                    PowerState = on ? "on" : "off",
                }
        );
    }

    /// <summary>Logs an event in MAAS, whose text becomes the <c>status_message</c>.</summary>
    public MachineRow Happened(MachineRow machine, string type, string description, string level = "INFO")
    {
        state.Events.Put(new EventRow(state.Next("event"), machine.SystemId, level, type, description, Now));
        return level is "DEBUG"
            ? machine
            : machine with
            {
                StatusMessage = description.Length > 0 ? $"{type} - {description}" : type,
            };
    }

    public void CloudInit(string systemId, string name, string description, bool success)
    {
        if (state.Machines.Find(systemId) is { Status: MachineStatus.Deployed } machine)
        {
            // MAAS logs cloud-init's reports without changing the status.
            state.Machines.Put(
                Happened(
                    machine,
                    success ? "Node status event" : "Node post-installation failure",
                    $"'cloudinit' {description}",
                    success ? "DEBUG" : "ERROR"
                )
            );
        }
    }

    /// <summary>Records a completed <c>kubeadm init</c>, once per installation.</summary>
    /// <returns>False when the record has it, or the machine is no longer deployed.</returns>
    public bool Initialized(string systemId)
    {
        var last = state.History.All.LastOrDefault(line =>
            line.SystemId == systemId && line.What is ("deployed" or "initialized")
        );
        if (last?.What is "initialized" || state.Machines.Find(systemId) is not { Status: MachineStatus.Deployed } machine)
        {
            return false;
        }

        Note("initialized", machine);
        return true;
    }

    public void Note(string what, MachineRow machine) =>
        state.History.Put(new HistoryRow(state.Next("history"), Now, what, machine.SystemId, machine.Owner, machine.AgentName));

    /// <summary>Assigns an address to each automatic link without one.</summary>
    public MachineRow WithAddresses(MachineRow machine)
    {
        var nics = new List<NicRow>();
        foreach (var nic in machine.Nics)
        {
            if (nic is { SubnetId: { } id, LinkId: not null, Ip: null })
            {
                var subnet = state.Subnets.Find(id)!;
                var ip =
                    FreeOf(machine, nic, subnet)
                    ?? throw RegionFault.Text(
                        503,
                        $"{machine.SystemId}: Unable to allocate static IP due to address exhaustion."
                    );
                nics.Add(nic with { Ip = ip });
            }
            else
            {
                nics.Add(nic);
            }
        }

        return machine with
        {
            Nics = nics,
        };
    }

    /// <summary>The discovered address if it is free, as MAAS prefers to keep it.</summary>
    private string? FreeOf(MachineRow machine, NicRow nic, SubnetRow subnet)
    {
        var seen = nic.DiscoveredIp;
        var others = state.Machines.All.Where(other => other.SystemId != machine.SystemId).SelectMany(other => other.Nics);
        return
            seen is not null
            && AddressPlan.Contains(subnet.Cidr, seen)
            && AddressPlan.RangeOf(state, subnet, AddressPlan.Number(seen)) is null
            && !others.Any(other => other.Ip == seen)
            && !state.Addresses.All.Any(address => address.Ip == seen)
            ? seen
            : AddressPlan.LowestFree(state, subnet);
    }

    private void Step(MachineRow machine)
    {
        switch (machine.Status)
        {
            case MachineStatus.Deploying:
                StepDeployment(machine);
                break;
            case MachineStatus.DiskErasing:
                state.Machines.Put(
                    Happened(machine with { Status = MachineStatus.Releasing, Erase = EraseKind.None }, "Disks erased", "") with
                    {
                        Due = Now + Scaled(Between(machine, 5, 40, 102)),
                    }
                );
                break;
            case MachineStatus.Releasing when machine.BmcAnswers is "error":
                state.Machines.Put(
                    Happened(
                        machine with
                        {
                            Status = MachineStatus.ReleasingFailed,
                            PowerState = "error",
                            Due = null,
                        },
                        "Failed to power off node",
                        "Power state could not be changed: the BMC does not answer",
                        "ERROR"
                    )
                );
                break;
            case MachineStatus.Releasing:
                Released(machine);
                break;
            case MachineStatus.Commissioning:
                state.Machines.Put(
                    Happened(
                        machine with
                        {
                            Status = MachineStatus.Ready,
                            Commissioned = true,
                            PowerState = "off",
                            Due = null,
                        },
                        "Ready",
                        ""
                    )
                );
                break;
            case MachineStatus.Testing:
                state.Machines.Put(machine with { Status = machine.PreviousStatus, Due = null });
                break;
            case MachineStatus.EnteringRescueMode:
                state.Machines.Put(
                    Happened(machine with { Status = MachineStatus.RescueMode, PowerState = "on", Due = null }, "Rescue mode", "")
                );
                break;
            case MachineStatus.ExitingRescueMode:
                state.Machines.Put(machine with { Status = machine.PreviousStatus, Due = null });
                break;
            default:
                state.Machines.Put(QueryPower(machine) with { Due = null });
                break;
        }
    }

    private void StepDeployment(MachineRow machine)
    {
        var stage = machine.Stage + 1;
        if (machine.Stage == 0 && machine.BmcAnswers is "error")
        {
            Fail(machine, "Failed to power on node: the BMC does not answer.");
            return;
        }

        if (machine.ReallyOn is false || (machine.Stage == DeploymentStage.Installing && machine.HangsOnDeploy))
        {
            // MAAS fails a deployment without progress after twice its node timeout.
            Fail(machine, "Node operation 'Deploying' timed out after 60 minutes.");
            return;
        }

        if (machine.Stage == DeploymentStage.Installing && machine.FailsToDeploy)
        {
            Fail(machine, "Installation failed (refer to the installation log for more information).");
            return;
        }

        if (stage < DeploymentStage.All.Count)
        {
            var moved = Happened(
                machine with
                {
                    Stage = stage,
                    PowerState = "on",
                    Netboot = stage < DeploymentStage.All.Count - 1,
                },
                DeploymentStage.All[stage].Event,
                ""
            );
            var lasts = stage == DeploymentStage.Installing && machine.HangsOnDeploy ? Scaled(3600) : StageDuration(moved, stage);
            state.Machines.Put(moved with { Due = Now + lasts });
            return;
        }

        var deployed = Happened(
            machine,
            "Image Deployed",
            $"deployed {machine.Osystem}/{machine.DistroSeries}/{machine.Architecture}"
        );
        Deployed(Happened(deployed, "Deployed", ""));
    }

    /// <summary>MAAS shows a machine as deployed once cloud-init fetches the user-data, before the user-data has run.</summary>
    private void Deployed(MachineRow machine)
    {
        var deployed = state.Machines.Put(
            machine with
            {
                Status = MachineStatus.Deployed,
                Netboot = false,
                PowerState = "on",
                Due = null,
            }
        );
        Note("deployed", deployed);
        var installed = Installed(deployed);
        Notify(to => to.Boot(installed));
    }

    /// <summary>The facts of the system on a deployed machine's disk.</summary>
    public InstalledMachine Installed(MachineRow deployed)
    {
        var domain = state.Domains.Find(deployed.DomainId)!.Name;
        return new InstalledMachine(
            deployed.SystemId,
            deployed.Hostname,
            $"{deployed.Hostname}.{domain}",
            state.Zones.All.First(zone => zone.Id == deployed.ZoneId).Name,
            $"{deployed.Osystem}/{deployed.DistroSeries}",
            deployed.Architecture,
            deployed.CpuCount,
            deployed.Memory,
            MachineJson.Addresses(deployed),
            UserData.Served(state.UserData.Find(deployed.SystemId)?.Text)
        );
    }

    private void Fail(MachineRow machine, string why)
    {
        var failed = Happened(machine, "Node installation failure", "'curtin' curtin command install: FAIL", "ERROR");
        failed = Happened(failed, "Marking node failed", why, "ERROR");
        failed = state.Machines.Put(
            failed with
            {
                Status = MachineStatus.FailedDeployment,
                ErrorDescription = why,
                PowerState = "on",
                Due = null,
            }
        );
        Note("deployFailed", failed);
    }

    private MachineRow Released(MachineRow machine)
    {
        Notify(to => to.Wipe(machine.SystemId));
        var released = Happened(machine, "Released", "");
        state.UserData.Remove(machine.SystemId);
        released = state.Machines.Put(
            released with
            {
                Status = machine.Commissioned ? MachineStatus.Ready : MachineStatus.New,
                Owner = null,
                OwnerData = new SortedDictionary<string, string>(StringComparer.Ordinal),
                Nics = [.. machine.Nics.Select(nic => nic with { Ip = null })],
                PowerState = machine.PowerType is "manual" ? machine.PowerState : "off",
                ReallyOn = null,
                ErrorDescription = "",
                Locked = false,
                Due = null,
                Stage = 0,
            }
        );
        Note("released", released);
        return released;
    }

    private void Notify(Action<IMachineHost> what)
    {
        lock (_notifications)
        {
            _notifications.Enqueue(what);
        }
    }

    private TimeSpan StageDuration(MachineRow machine, int stage) =>
        Scaled(Between(machine, DeploymentStage.All[stage].From, DeploymentStage.All[stage].To, stage));

    public TimeSpan Scaled(double seconds) => TimeSpan.FromSeconds(seconds / options.Speed);

    /// <summary>A stable duration for a machine, deployment and occasion, independent of other events.</summary>
    private double Between(MachineRow machine, int from, int to, int occasion)
    {
        var chance = Chances.Of(options.Seed, machine.SystemId, machine.Deployments, occasion);
        return from + ((to - from) * chance);
    }
}
