namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Machine pools and machines of clusters.</summary>
    public static class CloudConfigs
    {
        public static Operation<NoBody, CloudConfigView> Get { get; } =
            new("v1CloudConfigsMaasGet", "GET /v1/cloudconfigs/maas/{configUid}", Permissions.CloudConfig.Get)
            {
                Tag = "Cloud configs",
                Summary = "Read the machine pools of a cluster.",
            };

        public static Operation<ClusterConfigInput, NoBody> Update { get; } =
            new(
                "v1CloudConfigsMaasUidClusterConfig",
                "PUT /v1/cloudconfigs/maas/{configUid}/clusterConfig",
                Permissions.CloudConfig.Update
            )
            {
                Tag = "Cloud configs",
                Summary = "Change SSH keys, NTP servers, the order of pool updates and the limit of drains.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<PoolEntity, UidAnswer> AddPool { get; } =
            new(
                "v1CloudConfigsMaasMachinePoolCreate",
                "POST /v1/cloudconfigs/maas/{configUid}/machinePools",
                Permissions.CloudConfig.Create
            )
            {
                Tag = "Cloud configs",
                Summary = "Add a machine pool.",
                Query = [QueryParameters.Generation],
                Status = 201,
            };

        public static Operation<PoolEntity, NoBody> UpdatePool { get; } =
            new(
                "v1CloudConfigsMaasMachinePoolUpdate",
                "PUT /v1/cloudconfigs/maas/{configUid}/machinePools/{machinePoolName}",
                Permissions.CloudConfig.Update
            )
            {
                Tag = "Cloud configs",
                Summary = "Replace the settings of a machine pool.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, NoBody> DeletePool { get; } =
            new(
                "v1CloudConfigsMaasMachinePoolDelete",
                "DELETE /v1/cloudconfigs/maas/{configUid}/machinePools/{machinePoolName}",
                Permissions.CloudConfig.Delete
            )
            {
                Tag = "Cloud configs",
                Summary = "Delete a worker pool.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, ItemList<MachineView>> ListMachines { get; } =
            new(
                "v1CloudConfigsMaasPoolMachinesList",
                "GET /v1/cloudconfigs/maas/{configUid}/machinePools/{machinePoolName}/machines",
                Permissions.Machine.List
            )
            {
                Tag = "Cloud configs",
                Summary = "List the machines of a pool.",
                Query = QueryParameters.List,
            };

        public static Operation<NoBody, MachineView> GetMachine { get; } =
            new(
                "v1CloudConfigsMaasPoolMachinesUidGet",
                "GET /v1/cloudconfigs/maas/{configUid}/machinePools/{machinePoolName}/machines/{machineUid}",
                Permissions.Machine.Get
            )
            {
                Tag = "Cloud configs",
                Summary = "Read a machine of a pool.",
            };

        public static Operation<NoBody, MachinePoolsMachineUids> ListMachineUids { get; } =
            new(
                "v1CloudConfigsMachinePoolsMachineUidsGet",
                "GET /v1/cloudconfigs/{configUid}/machinePools/machineUids",
                Permissions.Machine.List
            )
            {
                Tag = "Cloud configs",
                Summary = "List system ids of machines by pool.",
            };
    }
}
