using Gantry.Lab.Maas.Interfaces;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Storage;

namespace Gantry.Lab.Maas.Machines;

/// <summary>
/// The timed transitions of machines after a request: power, installation, release. Durations follow seeded distributions like
/// those of real servers, divided by the region's speed.
/// </summary>
internal sealed class MachineLife(RegionState state, LabRegionOptions options, IMachineHost? host, TimeProvider time)
{
    private const string NoBmc = "Failed to query node's BMC";
    private readonly Queue<Action<IMachineHost>> _notifications = new();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Whether a rack controller can reach the BMCs.</summary>
    public bool RackConnected { get; set; } = true;

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

    /// <summary>Begins a deployment. MAAS answers before the machine has its addresses.</summary>
    /// <returns>The machine as the response shows it.</returns>
    public MachineRow Deploying(MachineRow machine, string osystem, string series, string? kernel, bool ephemeral)
    {
        var begun = machine with
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
        var addressed = WithAddresses(begun).Nics;
        begun = begun with { InstallationResult = ephemeral ? begun.InstallationResult : state.Next("scriptset") };
        begun = Happened(begun, DeploymentStage.All[0].Event, "");
        Note("deploying", begun);
        state.Machines.Put(begun with { Nics = addressed, Due = Now + StageDuration(begun, 0) });
        return begun;
    }

    /// <summary>Releases a machine: at once if its power is off, otherwise after power-off.</summary>
    /// <returns>The machine as the response shows it.</returns>
    public MachineRow Releasing(MachineRow machine, EraseKind erase)
    {
        Note("releasing", machine);
        var freed = Emptied(machine);
        if (erase is not EraseKind.None)
        {
            // The machine is switched on for it after the response.
            freed = freed with
            {
                Status = MachineStatus.DiskErasing,
                Erase = erase,
            };
            state.Machines.Put(
                freed with
                {
                    PowerState = machine.PowerType is "manual" ? machine.PowerState : "on",
                    Due = Now + Scaled(erase is EraseKind.Full ? 3600 : 300),
                }
            );
            return freed;
        }

        freed = Happened(freed with { Status = MachineStatus.Releasing }, "Releasing", "");
        return IsOff(machine)
            ? Released(freed)
            : state.Machines.Put(freed with { Due = Now + Scaled(Between(freed, 5, 40, 101)) });
    }

    /// <summary>Whether a release needs no BMC, or has one that obeys.</summary>
    public bool CanCutPower(MachineRow machine) => IsOff(machine) || machine.BmcAnswers is not DeadBmc.State;

    /// <summary>
    /// A release that ended before it began, because the BMC does not answer: the machine keeps its state and its owner, and has lost
    /// what a release takes first.
    /// </summary>
    public void ReleaseUnreached(MachineRow machine) =>
        PowerOff(Happened(Emptied(machine), "Releasing", "") with { Status = machine.Status });

    private static MachineRow Emptied(MachineRow machine) =>
        machine with
        {
            AgentName = "",
            Osystem = "",
            DistroSeries = "",
            HweKernel = null,
            Netboot = true,
            Locked = false,
        };

    /// <summary>
    /// Marks a machine broken. One that somebody has is released before; it stays its owner's when its power has to be cut first.
    /// </summary>
    public MachineRow Breaking(MachineRow machine, bool isReleasable, string why)
    {
        var before = machine;
        var isPoweredOff = isReleasable && machine.PowerType is not "manual" && machine.BmcAnswers is not DeadBmc.State;
        if (isReleasable && machine.Status != MachineStatus.Broken)
        {
            before = Releasing(machine, EraseKind.None);
            if (before.Status == MachineStatus.Releasing)
            {
                before = PowerOff(before);
                if (isPoweredOff)
                {
                    // Nobody waits for the power: what was installed does not come back.
                    Notify(to => to.Wipe(machine.SystemId));
                }
            }
        }

        return state.Machines.Put(
            before with
            {
                Status = MachineStatus.Broken,
                PreviousStatus = machine.Status,
                ErrorDescription = why,
                PowerState = isPoweredOff ? "off" : before.PowerState,
                ReallyOn = isPoweredOff ? null : before.ReallyOn,
                Due = null,
                Stage = 0,
            }
        );
    }

    /// <summary>Begins to commission a machine: what it was found to be is found out anew.</summary>
    /// <returns>The machine as the response shows it.</returns>
    public MachineRow Commissioning(MachineRow machine, string owner, bool tests)
    {
        var begun = Happened(
            machine with
            {
                Status = MachineStatus.Commissioning,
                PreviousStatus = machine.Status,
                Owner = owner,
                CommissioningStatus = 0,
                CommissioningResult = state.Next("scriptset"),
                TestingStatus = tests ? 0 : machine.TestingStatus,
                Layout = StorageLayout.Blank,
                Nics = [.. machine.Nics.Where(nic => nic.Type == "physical").Select(nic => nic with { Links = [] })],
            },
            "Commissioning",
            ""
        );
        begun = begun with { TestingResult = tests ? state.Next("scriptset") : begun.TestingResult };
        state.Machines.Put(
            begun with
            {
                PowerState = machine.PowerType is "manual" ? machine.PowerState : "on",
                Due = options.Installs ? Now + Scaled(400) : null,
            }
        );
        return begun;
    }

    /// <summary>Ends what is under way, with the machine off. MAAS answers before the power is cut.</summary>
    /// <returns>The machine as the response shows it.</returns>
    public MachineRow Aborting(MachineRow machine, string type, MachineRow aborted)
    {
        Note("aborted", machine);
        var shown = Happened(machine, type, "");
        var off = machine.PowerType is "manual" ? machine : PowerOff(machine);
        state.Machines.Put(
            aborted with
            {
                StatusMessage = shown.StatusMessage,
                StatusAction = shown.StatusAction,
                PowerState = off.PowerState,
                ReallyOn = off.ReallyOn,
                Stage = 0,
                Due = null,
            }
        );
        return shown with { Owner = aborted.Owner };
    }

    /// <summary>Whether MAAS waits for no power-off.</summary>
    private static bool IsOff(MachineRow machine) =>
        machine.PowerType is "manual" || (machine.PowerState is "off" && machine.Status is not MachineStatus.Deploying);

    public MachineRow PowerOff(MachineRow machine) => Power(machine, on: false);

    public MachineRow PowerOn(MachineRow machine) => Power(machine, on: true);

    /// <summary>Notes that no rack controller reaches the BMC of a machine.</summary>
    public void Unreached(MachineRow machine) =>
        state.Machines.Put(
            Happened(machine, NoBmc, $"No rack controllers can access the BMC of node {machine.Hostname}", "WARNING", NoBmc) with
            {
                PowerState = "unknown",
            }
        );

    /// <summary>A commissioning that ended before it began, because no rack controller reaches the BMC.</summary>
    public void CommissioningUnreached(MachineRow machine, string user)
    {
        var begun = Commissioning(machine, user, tests: true);
        var back = MachineStatus.Label(machine.Status).ToUpperInvariant();
        var told = Happened(
            begun,
            NoBmc,
            $"({user}) - No rack controllers can access the BMC of node {machine.Hostname}",
            "WARNING",
            user: user
        );
        told = Happened(
            told,
            NoBmc,
            $"({user}) - Aborting COMMISSIONING and reverting to {back}. Unable to power control the node. "
                + "Please check power credentials.",
            "WARNING"
        );
        state.Machines.Put(
            told with
            {
                Status = machine.Status,
                CommissioningStatus = machine.Commissioned ? 2 : -1,
                TestingStatus = -1,
                Due = null,
            }
        );
    }

    /// <summary>A machine that is deleted is gone, with what runs on it.</summary>
    public void Gone(MachineRow machine)
    {
        state.Machines.Remove(machine.SystemId);
        state.UserData.Remove(machine.SystemId);
        Notify(to => to.PowerOff(machine.SystemId));
        Notify(to => to.Wipe(machine.SystemId));
    }

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
        if (machine.BmcAnswers is DeadBmc.State)
        {
            return state.Machines.Put(
                Happened(
                    machine with
                    {
                        ReallyOn = IsOn(machine),
                        PowerState = DeadBmc.State,
                    },
                    $"Failed to power {(on ? "on" : "off")} node",
                    DeadBmc.Text,
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
    /// <param name="action">The event's action, which MAAS shows as <c>status_action</c>.</param>
    public MachineRow Happened(
        MachineRow machine,
        string type,
        string description,
        string level = "INFO",
        string action = "",
        string user = "unknown"
    )
    {
        state.Events.Put(new EventRow(state.Next("event"), machine.SystemId, level, type, description, Now, user));
        return level is "DEBUG"
            ? machine
            : machine with
            {
                StatusMessage = description.Length > 0 ? $"{type} - {description}" : type,
                StatusAction = action,
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
    private MachineRow WithAddresses(MachineRow machine)
    {
        var addressed = machine;
        foreach (var nic in machine.Nics)
        {
            var links = new List<LinkRow>();
            foreach (var link in nic.Links)
            {
                if (link is not { Mode: LinkMode.Auto, SubnetId: { } id, Ip: null })
                {
                    links.Add(link);
                    continue;
                }

                var taken = links.Concat(addressed.Nics.SelectMany(one => one.Links)).Select(one => one.Ip);
                var ip =
                    AddressPlan.NextFree(state, state.Subnets.Find(id)!, [.. taken.OfType<string>()])
                    ?? throw RegionFault.Text(
                        503,
                        $"{machine.SystemId}: Unable to allocate static IP due to address exhaustion."
                    );
                links.Add(link with { Ip = ip });
            }

            addressed = addressed.With(nic with { Links = links });
        }

        return addressed;
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
            case MachineStatus.Releasing when machine.BmcAnswers is DeadBmc.State:
                state.Machines.Put(
                    Happened(
                        machine with
                        {
                            Status = MachineStatus.ReleasingFailed,
                            PowerState = DeadBmc.State,
                            Due = null,
                        },
                        "Failed to power off node",
                        DeadBmc.Text,
                        "ERROR"
                    )
                );
                break;
            case MachineStatus.Releasing:
                Released(machine);
                break;
            case MachineStatus.Commissioning:
                Commissioned(machine);
                break;
            case MachineStatus.Testing:
                state.Machines.Put(machine with { Status = machine.PreviousStatus, TestingStatus = 2, Due = null });
                break;
            case MachineStatus.EnteringRescueMode:
                state.Machines.Put(
                    Happened(machine with { Status = MachineStatus.RescueMode, PowerState = "on", Due = null }, "Rescue mode", "")
                );
                break;
            case MachineStatus.ExitingRescueMode:
                var isDeployed = machine.PreviousStatus == MachineStatus.Deployed;
                state.Machines.Put(
                    Happened(machine, "Exited rescue mode", "") with
                    {
                        Status = machine.PreviousStatus,
                        Owner = machine.PreviousStatus is MachineStatus.Ready or MachineStatus.New ? null : machine.Owner,
                        PowerState =
                            machine.PowerType is "manual" ? machine.PowerState
                            : isDeployed ? "on"
                            : "off",
                        Due = null,
                    }
                );
                break;
            default:
                state.Machines.Put(QueryPower(machine) with { Due = null });
                break;
        }
    }

    private void StepDeployment(MachineRow machine)
    {
        if (!options.Installs)
        {
            // The machine is switched on and does no more by itself.
            state.Machines.Put(
                machine with
                {
                    PowerState = machine.PowerType is "manual" ? machine.PowerState : "on",
                    Due = null,
                }
            );
            return;
        }

        var stage = machine.Stage + 1;
        if (machine.Stage == 0 && machine.BmcAnswers is DeadBmc.State)
        {
            Fail(machine, $"Failed to power on node - {DeadBmc.Text}");
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

        Deployed(
            Happened(machine, "Image Deployed", $"deployed {machine.Osystem}/{machine.DistroSeries}/{machine.Architecture}")
        );
    }

    /// <summary>Commissioning has ended well: the machine is Ready, laid out anew.</summary>
    public void Commissioned(MachineRow machine)
    {
        var laidOut = machine.Disks.Count > 0 ? StorageLayout.Apply(state, machine, StorageLayout.Flat) : machine;
        state.Machines.Put(
            Happened(
                laidOut with
                {
                    Status = MachineStatus.Ready,
                    Owner = null,
                    Commissioned = true,
                    CommissioningStatus = 2,
                    Nics = [.. machine.Nics.Select((nic, index) => index == 0 ? Linked(nic) : nic)],
                    PowerState = machine.PowerType is "manual" || !options.Installs ? machine.PowerState : "off",
                    Due = null,
                },
                "Ready",
                ""
            )
        );
    }

    /// <summary>The interfaces as commissioning left them.</summary>
    public MachineRow NetworkAsCommissioned(MachineRow machine) =>
        machine with
        {
            Nics =
            [
                .. machine
                    .Nics.Where(nic => nic.Type == "physical")
                    .Select(nic => nic with { Links = [], VlanId = VlanSeen(nic) ?? nic.VlanId })
                    .Select((nic, index) => index == 0 ? Linked(nic) : nic),
            ],
        };

    private int? VlanSeen(NicRow nic) => nic.DiscoveredSubnetId is { } id ? state.Subnets.Find(id)?.VlanId : null;

    /// <summary>The interface a machine booted from has an automatic link to the subnet that it was seen on.</summary>
    private NicRow Linked(NicRow nic) =>
        nic.DiscoveredSubnetId is { } subnet
            ? nic with
            {
                Links = [new LinkRow(state.Next("link"), LinkMode.Auto, subnet)],
            }
            : nic;

    /// <summary>MAAS shows a machine as deployed once cloud-init fetches the user-data, before the user-data has run.</summary>
    public void Deployed(MachineRow machine)
    {
        var deployed = state.Machines.Put(
            Happened(machine, "Deployed", "") with
            {
                Status = MachineStatus.Deployed,
                Netboot = false,
                PowerState = machine.PowerType is "manual" && !options.Installs ? machine.PowerState : "on",
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
        )
        {
            Interfaces = InstalledAddresses(deployed),
        };
    }

    private IReadOnlyList<InstalledAddress> InstalledAddresses(MachineRow deployed)
    {
        var route = DefaultRoute.Of(state, deployed);
        return
        [
            .. deployed.Nics.SelectMany(nic =>
                nic.Links.Where(link => link is { Ip: not null, SubnetId: not null })
                    .Select(link => new InstalledAddress(
                        nic.Name,
                        link.Ip!,
                        AddressPlan.Parse(state.Subnets.Find(link.SubnetId!.Value)!.Cidr).Prefix,
                        link == route
                    ))
            ),
        ];
    }

    /// <summary>Ends a deployment badly. Tests that still waited count as failed.</summary>
    public void Fail(MachineRow machine, string why)
    {
        var failed = Happened(machine, "Node installation failure", "'curtin' curtin command install: FAIL", "ERROR");
        failed = Happened(failed, "Marking node failed", why, "ERROR", "mark_failed");
        failed = state.Machines.Put(
            failed with
            {
                Status = MachineStatus.FailedDeployment,
                ErrorDescription = why,
                TestingStatus = (failed.TestingStatus ?? 0) == 0 ? 3 : failed.TestingStatus,
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
            released.Freed() with
            {
                Status = machine.Commissioned ? MachineStatus.Ready : MachineStatus.New,
                Owner = null,
                OwnerData = new SortedDictionary<string, string>(StringComparer.Ordinal),
                PowerState = machine.PowerType is "manual" ? machine.PowerState : "off",
                ReallyOn = null,
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
