using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Api;

namespace Gantry.Server.CloudConfigs;

/// <summary>Machines in the form of the public API.</summary>
public static class MachineViews
{
    public static MachineView Machine(MachineStatus machine, DateTimeOffset reportedAt) =>
        new(
            "v1",
            "maas",
            new ObjectMeta
            {
                Name = machine.Hostname,
                Uid = machine.SystemId.Value,
                Labels = new Dictionary<string, string>(),
                Annotations = new Dictionary<string, string>
                {
                    ["state"] = machine.State,
                    ["stage"] = machine.Stage,
                    ["zone"] = machine.Zone,
                    ["resourcePool"] = machine.ResourcePool,
                    ["powerState"] = machine.PowerState,
                },
                CreationTimestamp = machine.StateSince,
                LastModifiedTimestamp = machine.StateSince,
            },
            new MachineSpec(
                machine.Zone,
                machine.Hostname,
                new MachineMetadata(machine.StateSince),
                [new Nic(0, "", machine.Addresses)]
            ),
            new MachineStatusView(
                InstanceState(machine),
                machine.NodeReady,
                machine.StateSince,
                [.. machine.Addresses.Select(address => new MachineAddress(address, "InternalIP"))],
                new MachineHealth(
                    machine.NodeReady ? nameof(Health.Healthy) : nameof(Health.Unknown),
                    [
                        new MachineCondition(
                            "Ready",
                            machine.NodeReady ? ConditionStatuses.True : ConditionStatuses.False,
                            machine.State,
                            machine.Stage
                        ),
                    ],
                    reportedAt
                ),
                new MaintenanceStatus("", "", "")
            )
        );

    /// <summary>Maps the engine's states to the eight states of the public API.</summary>
    public static string InstanceState(MachineStatus machine) =>
        machine.State switch
        {
            nameof(MachineState.Selected) => InstanceStates.Pending,
            nameof(MachineState.Allocated) or nameof(MachineState.Deploying) => InstanceStates.Provisioning,
            nameof(MachineState.Joining) => InstanceStates.Provisioned,
            nameof(MachineState.Ready) => InstanceStates.Running,
            nameof(MachineState.Draining) or nameof(MachineState.Releasing) => InstanceStates.Deleting,
            nameof(MachineState.Released) => InstanceStates.Deleted,
            nameof(MachineState.Failed) => InstanceStates.Failed,
            _ => InstanceStates.Unknown,
        };
}
