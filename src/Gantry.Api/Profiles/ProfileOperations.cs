namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Cluster profiles: draft, publish, read.</summary>
    public static class Profiles
    {
        public static Operation<ProfileEntity, UidAnswer> Create { get; } =
            new("v1ClusterProfilesCreate", "POST /v1/clusterprofiles", Permissions.ClusterProfile.Create)
            {
                Tag = "Cluster profiles",
                Summary = "Create a profile as a draft.",
                Query = [QueryParameters.Publish],
                Status = 201,
            };

        public static Operation<NoBody, ProfileView> Get { get; } =
            new("v1ClusterProfilesGet", "GET /v1/clusterprofiles/{uid}", Permissions.ClusterProfile.Get)
            {
                Tag = "Cluster profiles",
                Summary = "Read a profile with draft and published content.",
            };

        public static Operation<NoBody, ItemList<ProfileView>> List { get; } =
            new("ClusterProfilesList", "GET /v1/clusterprofiles", Permissions.ClusterProfile.List)
            {
                Tag = "Cluster profiles",
                Summary = "List profiles with draft and published content.",
                Query = [.. QueryParameters.List, QueryParameters.OfProfileName],
            };

        public static Operation<ProfilesFilterSpec, ItemList<ProfileSummary>> Search { get; } =
            new("v1ClusterProfilesFilterSummary", "POST /v1/dashboard/clusterprofiles", Permissions.ClusterProfile.List)
            {
                Tag = "Cluster profiles",
                Summary = "Search profiles.",
                Query = QueryParameters.Page,
            };

        public static Operation<NoBody, ItemList<ProfilePackView>> ListPacks { get; } =
            new("v1ClusterProfilesUidPacksGet", "GET /v1/clusterprofiles/{uid}/packs", Permissions.ClusterProfile.Get)
            {
                Tag = "Cluster profiles",
                Summary = "List the packs of a profile, as published or else as drafted.",
            };

        public static Operation<ProfileEntity, NoBody> Update { get; } =
            new("v1ClusterProfilesUpdate", "PUT /v1/clusterprofiles/{uid}", Permissions.ClusterProfile.Update)
            {
                Tag = "Cluster profiles",
                Summary = "Replace the draft of a profile.",
                Query = [QueryParameters.LastModifiedTimestamp],
            };

        public static Operation<NoBody, NoBody> Delete { get; } =
            new("v1ClusterProfilesDelete", "DELETE /v1/clusterprofiles/{uid}", Permissions.ClusterProfile.Delete)
            {
                Tag = "Cluster profiles",
                Summary = "Delete a profile that no cluster uses.",
            };

        public static Operation<NoBody, NoBody> Publish { get; } =
            new("v1ClusterProfilesPublish", "PATCH /v1/clusterprofiles/{uid}/publish", Permissions.ClusterProfile.Publish)
            {
                Tag = "Cluster profiles",
                Summary = "Publish the draft of a profile.",
            };

        public static Operation<ProfileMetaEntity, NoBody> UpdateMetadata { get; } =
            new(
                "v1ClusterProfilesUidMetadataUpdate",
                "PATCH /v1/clusterprofiles/{uid}/metadata",
                Permissions.ClusterProfile.Update
            )
            {
                Tag = "Cluster profiles",
                Summary = "Change name, version, labels and annotations of a profile.",
                Query = [QueryParameters.LastModifiedTimestamp],
            };

        public static Operation<NoBody, ItemList<ManifestView>> ListManifests { get; } =
            new(
                "v1ClusterProfilesUidPacksUidManifests",
                "GET /v1/clusterprofiles/{uid}/packs/{packName}/manifests",
                Permissions.ClusterProfile.Get
            )
            {
                Tag = "Cluster profiles",
                Summary = "List the manifests of a pack of a profile.",
            };

        public static Operation<NoBody, VariablesView> GetVariables { get; } =
            new("V1ClusterProfilesUidVariablesGet", "GET /v1/clusterprofiles/{uid}/variables", Permissions.ClusterProfile.Get)
            {
                Tag = "Cluster profiles",
                Summary = "List the variables of a profile; there are none.",
            };

        public static Operation<VariablesInput, NoBody> PutVariables { get; } =
            new("V1ClusterProfilesUidVariablesPut", "PUT /v1/clusterprofiles/{uid}/variables", Permissions.ClusterProfile.Update)
            {
                Tag = "Cluster profiles",
                Summary = "Accept an empty list of variables; variables are not available.",
            };

        public static Operation<VariablesInput, NoBody> PatchVariables { get; } =
            new(
                "V1ClusterProfilesUidVariablesPatch",
                "PATCH /v1/clusterprofiles/{uid}/variables",
                Permissions.ClusterProfile.Update
            )
            {
                Tag = "Cluster profiles",
                Summary = "Accept an empty list of variables; variables are not available.",
            };

        public static Operation<NoBody, NoBody> ValidateName { get; } =
            new(
                "v1ClusterProfilesValidateNameVersion",
                "GET /v1/clusterprofiles/validate/name",
                Permissions.ClusterProfile.Create
            )
            {
                Tag = "Cluster profiles",
                Summary = "Check that name and version of a profile are valid and free.",
                Query = [QueryParameters.ProfileName, QueryParameters.ProfileVersion],
            };

        public static Operation<NoBody, ItemList<ProfileMetadata>> ListMetadata { get; } =
            new("v1ClusterProfilesMetadata", "GET /v1/dashboard/clusterprofiles/metadata", Permissions.ClusterProfile.List)
            {
                Tag = "Cluster profiles",
                Summary = "List names, versions and uids of profiles.",
                Query = QueryParameters.List,
            };

        public static Operation<PackChange, ProfileRevision> PatchPack { get; } =
            new("PatchProfilePack", "PATCH /v1/clusterprofiles/{uid}/packs/{packName}", Permissions.ClusterProfile.Update)
            {
                Tag = "Cluster profiles",
                Summary = "Set the version or single values of a pack in the draft of a profile.",
                Query = [QueryParameters.LastModifiedTimestamp],
            };
    }
}
