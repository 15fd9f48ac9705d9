using System.Text.Json;

namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Clusters: create, read, change, delete.</summary>
    public static class Clusters
    {
        public static Operation<ClusterEntity, UidAnswer> Create { get; } =
            new("v1SpectroClustersMaasCreate", "POST /v1/spectroclusters/maas", Permissions.Cluster.Create)
            {
                Tag = "Clusters",
                Summary = "Create a cluster.",
                Status = 201,
            };

        public static Operation<ClusterEntity, ValidationAnswer> Validate { get; } =
            new("v1SpectroClustersMaasValidate", "POST /v1/spectroclusters/maas/validate", Permissions.Cluster.Create)
            {
                Tag = "Clusters",
                Summary = "Check pools and profiles of a new cluster.",
            };

        public static Operation<NoBody, NoBody> ValidateName { get; } =
            new("v1SpectroClustersValidateName", "GET /v1/spectroclusters/validate/name", Permissions.Cluster.Create)
            {
                Tag = "Clusters",
                Summary = "Check that the name of a cluster is valid and free.",
                Query = [QueryParameters.ClusterName],
            };

        public static Operation<NoBody, ClusterView> Get { get; } =
            new("v1SpectroClustersGet", "GET /v1/spectroclusters/{uid}", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "Read a cluster.",
            };

        public static Operation<NoBody, ItemList<ClusterView>> List { get; } =
            new("SpectroClustersList", "GET /v1/spectroclusters", Permissions.Cluster.List)
            {
                Tag = "Clusters",
                Summary = "List clusters, without deleted ones.",
                Query = [.. QueryParameters.List, QueryParameters.OfClusterName],
            };

        public static Operation<NoBody, NoBody> Delete { get; } =
            new("v1SpectroClustersDelete", "DELETE /v1/spectroclusters/{uid}", Permissions.Cluster.Delete)
            {
                Tag = "Clusters",
                Summary = "Delete a cluster and give its machines back.",
                Query = [QueryParameters.Generation, QueryParameters.ForceDelete, QueryParameters.Drain],
            };

        public static Operation<NoBody, StatusEntity> GetStatus { get; } =
            new("v1SpectroClustersUidStatus", "GET /v1/spectroclusters/{uid}/status", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "Read the state of a cluster.",
            };

        public static Operation<NoBody, ProgressAnswer> GetProgress { get; } =
            new("ClusterProgress", "GET /v1/spectroclusters/{uid}/progress", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "Read the newest report about a cluster with conditions and machines.",
            };

        public static Operation<NoBody, ItemList<HistoryItem>> GetHistory { get; } =
            new("ClusterHistory", "GET /v1/spectroclusters/{uid}/history", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List the desired states of a cluster and what followed from each, newest first.",
                Query = [QueryParameters.Limit, QueryParameters.Continue],
            };

        public static Operation<NoBody, ResidueAnswer> GetResidue { get; } =
            new("ClusterResidue", "GET /v1/spectroclusters/{uid}/residue", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List what a deletion could not give back.",
            };

        public static Operation<NoBody, NoBody> DismissResidue { get; } =
            new("DismissClusterResidue", "DELETE /v1/spectroclusters/{uid}/residue", Permissions.Cluster.Delete)
            {
                Tag = "Clusters",
                Summary = "Record that a person has taken care of what a deletion left.",
            };

        public static Operation<NoBody, AdoptionAnswer> Adopt { get; } =
            new("AdoptClusterMachines", "POST /v1/spectroclusters/{uid}/adopt", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Go on with machines that MAAS shows with the mark of the cluster and that its gateway does not know.",
            };

        public static Operation<NoBody, NoBody> ReplaceMachine { get; } =
            new("ReplaceClusterMachine", "POST /v1/spectroclusters/{uid}/machines/{systemId}/replace", Permissions.Machine.Update)
            {
                Tag = "Clusters",
                Summary = "Replace a machine of a cluster by another.",
                Query = [QueryParameters.Generation, QueryParameters.Quarantine],
            };

        public static Operation<NoBody, NoBody> AbandonMachine { get; } =
            new("AbandonClusterMachine", "POST /v1/spectroclusters/{uid}/machines/{systemId}/abandon", Permissions.Machine.Update)
            {
                Tag = "Clusters",
                Summary = "Let go of a machine that has left a cluster and that MAAS does not release.",
            };

        public static Operation<AutoRepairInput, NoBody> SetAutoRepair { get; } =
            new("SetClusterAutoRepair", "PUT /v1/spectroclusters/{uid}/autoRepair", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Set automatic repair for a cluster, or leave it to its project.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, CertificatesAnswer> GetCertificates { get; } =
            new("v1SpectroClustersK8Certificate", "GET /v1/spectroclusters/{uid}/k8certificates", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List when the certificates of the control planes expire.",
            };

        public static Operation<NoBody, NoBody> RenewCertificates { get; } =
            new(
                "v1SpectroClustersCertificatesRenew",
                "PATCH /v1/spectroclusters/{uid}/k8certificates/renew",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Renew the certificates of the control planes by replacing the machines.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, RepaveView> GetRepave { get; } =
            new("v1SpectroClustersUidRepaveGet", "GET /v1/spectroclusters/{uid}/repave/status", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "Read whether a repave waits for approval, and why.",
            };

        public static Operation<NoBody, NoBody> ApproveRepave { get; } =
            new(
                "v1SpectroClustersUidRepaveApproveUpdate",
                "PATCH /v1/spectroclusters/{uid}/repave/approve",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Approve the pending repave.",
                Query = [QueryParameters.Generation, QueryParameters.RepaveHash],
            };

        public static Operation<ProfilesInput, RepaveValidation> ValidateRepave { get; } =
            new(
                "v1SpectroClustersUidValidateRepave",
                "POST /v1/spectroclusters/{uid}/validate/repave",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Check whether a change of profiles replaces machines.",
            };

        public static Operation<ProfilesInput, NoBody> PatchProfiles { get; } =
            new("v1SpectroClustersPatchProfiles", "PATCH /v1/spectroclusters/{uid}/profiles", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Attach or update the named profiles; the others stay.",
                Query = [QueryParameters.Generation, QueryParameters.ResolveNotification],
            };

        public static Operation<ProfilesInput, NoBody> ReplaceProfiles { get; } =
            new("v1SpectroClustersUpdateProfiles", "PUT /v1/spectroclusters/{uid}/profiles", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Set all profiles of a cluster.",
                Query = [QueryParameters.Generation, QueryParameters.ResolveNotification],
            };

        public static Operation<ProfilesDeleteInput, NoBody> DeleteProfiles { get; } =
            new("v1SpectroClustersDeleteProfiles", "DELETE /v1/spectroclusters/{uid}/profiles", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Detach add-on profiles.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, ClusterProfileList> ListProfiles { get; } =
            new("v1SpectroClustersGetProfiles", "GET /v1/spectroclusters/{uid}/profiles", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List the profiles of a cluster.",
            };

        public static Operation<NoBody, byte[]> GetKubeconfig { get; } =
            new(
                "v1SpectroClustersUidKubeConfig",
                "GET /v1/spectroclusters/{uid}/assets/kubeconfig",
                Permissions.Cluster.AdminKubeconfig
            )
            {
                Tag = "Clusters",
                Summary = "Download a kubeconfig issued to the caller.",
                Query = [QueryParameters.Via, QueryParameters.Duration],
                ContentType = "application/octet-stream",
            };

        public static Operation<NoBody, byte[]> GetKubeconfigClient { get; } =
            new(
                "v1SpectroClustersUidKubeConfigClientGet",
                "GET /v1/spectroclusters/{uid}/assets/kubeconfigclient",
                Permissions.Cluster.AdminKubeconfig
            )
            {
                Tag = "Clusters",
                Summary = "Download a kubeconfig issued to the caller.",
                Query = [QueryParameters.Via, QueryParameters.Duration],
                ContentType = "application/octet-stream",
            };

        public static Operation<NoBody, byte[]> GetAdminKubeconfig { get; } =
            new(
                "v1SpectroClustersUidAdminKubeConfig",
                "GET /v1/spectroclusters/{uid}/assets/adminKubeconfig",
                Permissions.Cluster.AdminKubeconfig
            )
            {
                Tag = "Clusters",
                Summary = "Download a kubeconfig issued to the caller.",
                Query = [QueryParameters.Via, QueryParameters.Duration],
                ContentType = "application/octet-stream",
            };

        public static Operation<NoBody, JsonElement> GetBackup { get; } =
            new("v1ClusterFeatureBackupGet", "GET /v1/spectroclusters/{uid}/features/backup", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "Read the backup schedule; there is none.",
            };

        public static Operation<NoBody, JsonElement> GetScan { get; } =
            new(
                "v1ClusterFeatureComplianceScanGet",
                "GET /v1/spectroclusters/{uid}/features/complianceScan",
                Permissions.Cluster.Get
            )
            {
                Tag = "Clusters",
                Summary = "Read the scan schedule; there is none.",
            };

        public static Operation<NoBody, ItemList<JsonElement>> ListRbacs { get; } =
            new("v1SpectroClustersUidConfigRbacsGet", "GET /v1/spectroclusters/{uid}/config/rbacs", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List managed role bindings; there are none.",
            };

        public static Operation<NoBody, ItemList<JsonElement>> ListConfigNamespaces { get; } =
            new(
                "v1SpectroClustersUidConfigNamespacesGet",
                "GET /v1/spectroclusters/{uid}/config/namespaces",
                Permissions.Cluster.Get
            )
            {
                Tag = "Clusters",
                Summary = "List managed namespaces; there are none.",
            };

        public static Operation<NoBody, ClusterNamespaces> ListNamespaces { get; } =
            new("v1ClusterNamespacesGet", "GET /v1/spectroclusters/{uid}/namespaces", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List managed namespaces; there are none.",
            };

        public static Operation<NoBody, IReadOnlyList<ProfileVariables>> ListVariables { get; } =
            new("v1SpectroClustersUidVariablesGet", "GET /v1/spectroclusters/{uid}/variables", Permissions.Cluster.Get)
            {
                Tag = "Clusters",
                Summary = "List variables by profile; there are none.",
            };

        public static Operation<MetadataInput, NoBody> UpdateMetadata { get; } =
            new("v1SpectroClustersUidMetadataUpdate", "PATCH /v1/spectroclusters/{uid}/metadata", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Change labels and annotations of a cluster.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<MetaAttributeInput, NoBody> SetMetaAttribute { get; } =
            new(
                "v1SpectroClustersUidClusterMetaAttributeUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/clusterMetaAttribute",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Set the meta attribute of a cluster.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<TimezoneInput, NoBody> SetTimezone { get; } =
            new(
                "v1SpectroClustersUidTimezoneUpdate",
                "PATCH /v1/spectroclusters/{uid}/clusterConfig/timezone",
                Permissions.Cluster.Update
            )
            {
                Tag = "Clusters",
                Summary = "Set the time zone of a cluster.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<LocationInput, NoBody> SetLocation { get; } =
            new("v1SpectroClustersUidLocationPut", "PUT /v1/spectroclusters/{uid}/location", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Set the location of a cluster.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, ClusterTags> ListTags { get; } =
            new("v1SpectroClustersTagsGet", "GET /v1/spectroclusters/tags", Permissions.Cluster.List)
            {
                Tag = "Clusters",
                Summary = "List the tags of all clusters.",
            };

        public static Operation<SearchRequest, ItemList<ClusterSummary>> Search { get; } =
            new("v1SpectroClustersSearchFilterSummary", "POST /v1/dashboard/spectroclusters/search", Permissions.Cluster.List)
            {
                Tag = "Cluster search",
                Summary = "Search clusters.",
                Query = QueryParameters.Page,
            };

        public static Operation<NoBody, SearchSchema> GetSearchSchema { get; } =
            new("v1SpectroClustersSearchSchema", "GET /v1/dashboard/spectroclusters/search/schema", Permissions.Cluster.List)
            {
                Tag = "Cluster search",
                Summary = "List the properties that clusters can be searched by.",
            };

        public static Operation<NoBody, ItemList<ObjectMeta>> ListMetadata { get; } =
            new("v1SpectroClustersMetadataGet", "GET /v1/dashboard/spectroclusters/metadata", Permissions.Cluster.List)
            {
                Tag = "Cluster search",
                Summary = "List metadata of clusters.",
            };

        public static Operation<NoBody, Overview> GetSummary { get; } =
            new("v1SpectroClustersSummaryUid", "GET /v1/dashboard/spectroclusters/{uid}", Permissions.Cluster.Get)
            {
                Tag = "Cluster search",
                Summary = "Read a cluster with health and profiles.",
            };

        public static Operation<NoBody, Overview> GetOverview { get; } =
            new(
                "v1SpectroClustersSummaryUidOverview",
                "GET /v1/dashboard/spectroclusters/{uid}/overview",
                Permissions.Cluster.Get
            )
            {
                Tag = "Cluster search",
                Summary = "Read a cluster with health and profiles.",
            };

        public static Operation<NoBody, ItemList<ClusterSummary>> ListRepaves { get; } =
            new(
                "v1DashboardSpectroClustersRepaveList",
                "GET /v1/dashboard/spectroclusters/repaveStatus",
                Permissions.Cluster.List
            )
            {
                Tag = "Cluster search",
                Summary = "List clusters by the state of their repave.",
                Query = [.. QueryParameters.Page, QueryParameters.RepaveState],
            };

        public static Operation<UpgradeChange, ChangeAnswer> Upgrade { get; } =
            new("UpgradeCluster", "POST /v1/spectroclusters/{uid}/upgrade", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Move a cluster to another Kubernetes version or another image.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<PackChange, ChangeAnswer> PatchPack { get; } =
            new("PatchClusterPack", "PATCH /v1/spectroclusters/{uid}/packs/{packName}", Permissions.Cluster.Update)
            {
                Tag = "Clusters",
                Summary = "Set the version or single values of a pack of a cluster.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<PoolEntity, ChangeAnswer> AddPool { get; } =
            new("AddClusterPool", "POST /v1/spectroclusters/{uid}/machinePools", Permissions.CloudConfig.Create)
            {
                Tag = "Clusters",
                Summary = "Add a machine pool to a cluster.",
                Query = [QueryParameters.Generation],
                Status = 201,
            };

        public static Operation<MachinePoolPatch, ChangeAnswer> PatchPool { get; } =
            new("PatchClusterPool", "PATCH /v1/spectroclusters/{uid}/machinePools/{poolName}", Permissions.CloudConfig.Update)
            {
                Tag = "Clusters",
                Summary = "Change single settings of a machine pool by a merge patch.",
                Query = [QueryParameters.Generation],
            };

        public static Operation<NoBody, ChangeAnswer> RemovePool { get; } =
            new("RemoveClusterPool", "DELETE /v1/spectroclusters/{uid}/machinePools/{poolName}", Permissions.CloudConfig.Delete)
            {
                Tag = "Clusters",
                Summary = "Remove a worker pool from a cluster and give its machines back.",
                Query = [QueryParameters.Generation],
            };
    }
}
