using System.Text.Json;

namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>
    /// Settings of clusters that Palette has and Gantry has not. A request for what is so anyway is granted, because clients write
    /// settings that their user took back; every other one is refused with the reason.
    /// </summary>
    public static class Unavailable
    {
        public static Operation<JsonElement, NoBody> UpdateNamespaces { get; } =
            new(
                "v1SpectroClustersUidConfigNamespacesUpdate",
                "PUT /v1/spectroclusters/{uid}/config/namespaces",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept an empty list of namespaces; they are made with kubectl.",
            };

        public static Operation<JsonElement, NoBody> UpdateRbacs { get; } =
            new("v1SpectroClustersUidConfigRbacsUpdate", "PUT /v1/spectroclusters/{uid}/config/rbacs", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Accept an empty list of role bindings; they are made with kubectl.",
            };

        public static Operation<JsonElement, NoBody> SetOsPatch { get; } =
            new(
                "v1SpectroClustersUidOsPatchUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/osPatch",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept that nodes are not patched; a patch schedule is not available.",
            };

        public static Operation<JsonElement, NoBody> SetHostCluster { get; } =
            new(
                "V1HostClusterConfigUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/hostCluster",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept that a cluster hosts no virtual ones.",
            };

        public static Operation<JsonElement, NoBody> SetLifecycle { get; } =
            new(
                "v1SpectroClustersUidLifecycleConfigUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/lifecycleConfig",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept that a cluster is not paused.",
            };

        public static Operation<JsonElement, NoBody> SetHealthCheckTimeout { get; } =
            new(
                "V1ControlPlaneHealthCheckTimeoutUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/controlPlaneHealthCheckTimeout",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept an empty timeout; the gateway decides when a machine has failed.",
            };

        public static Operation<JsonElement, NoBody> UpdateBackup { get; } =
            new("v1ClusterFeatureBackupUpdate", "PUT /v1/spectroclusters/{uid}/features/backup", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Accept an empty backup schedule; backups are not available.",
            };

        public static Operation<JsonElement, NoBody> UpdateScan { get; } =
            new(
                "v1ClusterFeatureComplianceScanUpdate",
                "PUT /v1/spectroclusters/{uid}/features/complianceScan",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept an empty scan schedule; scans are not available.",
            };

        public static Operation<JsonElement, NoBody> PatchVariables { get; } =
            new("v1SpectroClustersUidVariablesPatch", "PATCH /v1/spectroclusters/{uid}/variables", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Accept an empty list of variables; variables are not available.",
            };

        public static Operation<JsonElement, NoBody> SetUpgrades { get; } =
            new(
                "v1SpectroClustersUidUpgradeSettings",
                "POST /v1/spectroclusters/{uid}/upgrade/settings",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Accept unlock; a gateway is upgraded by its operator.",
            };
    }
}
