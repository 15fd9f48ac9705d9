using System.Text.Json.Nodes;
using Gantry.Server.Api;
using Gantry.Server.Clusters;

namespace Gantry.Server.CloudConfigs;

public sealed record CloudConfigSpec(ObjectReference CloudAccountRef, MaasClusterConfig ClusterConfig, IReadOnlyList<JsonObject> MachinePoolConfig);

public sealed record CloudConfigStatus(IReadOnlyList<object> Conditions, bool IsAddonLayer);

/// <param name="Kind"><c>maas</c>: clients build paths with it.</param>
public sealed record CloudConfigView(string ApiVersion, string Kind, ObjectMeta Metadata, CloudConfigSpec Spec, CloudConfigStatus Status);

public sealed record ClusterConfigInput(MaasClusterConfig? ClusterConfig);

public sealed record Nic(int Index, string PublicIp, [property: System.Text.Json.Serialization.JsonPropertyName("privateIPs")] IReadOnlyList<string> PrivateIps);

public sealed record MachineMetadata(DateTimeOffset CreationTimestamp);

public sealed record MachineSpec(string Az, string Hostname, MachineMetadata MachineMetadata, IReadOnlyList<Nic> Nics);

public sealed record MachineAddress(string Address, string Type);

public sealed record MachineCondition(string Type, string Status, string Reason, string Message);

public sealed record MachineHealth(string State, IReadOnlyList<MachineCondition> Conditions, DateTimeOffset? LastHeartBeatTimestamp);

public sealed record MaintenanceStatus(string Action, string Message, string State);

/// <param name="InstanceState">One of Pending, Provisioning, Provisioned, Running, Deleting, Deleted, Failed, Unknown.</param>
public sealed record MachineStatusView(
    string InstanceState, bool Ready, DateTimeOffset InstanceStateLastUpdate, IReadOnlyList<MachineAddress> Addresses, MachineHealth Health,
    MaintenanceStatus MaintenanceStatus);

public sealed record MachineView(string ApiVersion, string Kind, ObjectMeta Metadata, MachineSpec Spec, MachineStatusView Status);

public sealed record MachineUids([property: System.Text.Json.Serialization.JsonPropertyName("machineUids")] IReadOnlyList<string> Uids);

public sealed record MachinePoolsMachineUids(IReadOnlyDictionary<string, MachineUids> MachinePools);
