namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Where packs come from.</summary>
    public static class Registries
    {
        public static Operation<NoBody, ItemList<RegistryMetadata>> ListMetadata { get; } =
            new("v1RegistriesMetadata", "GET /v1/registries/metadata", Permissions.PackRegistry.List)
            {
                Tag = "Registries",
                Summary = "List names and uids of registries.",
                Query = [QueryParameters.RegistryScope],
            };

        public static Operation<NoBody, ItemList<PackRegistryView>> ListPack { get; } =
            new("v1RegistriesPackList", "GET /v1/registries/pack", Permissions.PackRegistry.List)
            {
                Tag = "Registries",
                Summary = "List pack registries.",
            };

        public static Operation<NoBody, PackRegistryView> GetPack { get; } =
            new("v1RegistriesPackUidGet", "GET /v1/registries/pack/{uid}", Permissions.PackRegistry.Get)
            {
                Tag = "Registries",
                Summary = "Read a pack registry.",
            };

        public static Operation<NoBody, RegistrySyncStatus> GetPackSyncStatus { get; } =
            new("v1RegistriesPackUidSyncStatus", "GET /v1/registries/pack/{uid}/sync/status", Permissions.PackRegistry.Get)
            {
                Tag = "Registries",
                Summary = "Read when a pack registry was synchronized.",
            };

        public static Operation<NoBody, ItemList<PackRegistryView>> ListHelm { get; } =
            new("v1RegistriesHelmList", "GET /v1/registries/helm", Permissions.PackRegistry.List)
            {
                Tag = "Registries",
                Summary = "List Helm registries; there are none.",
            };

        public static Operation<NoBody, ItemList<PackRegistryView>> ListOci { get; } =
            new("v1OciRegistriesSummary", "GET /v1/registries/oci/summary", Permissions.PackRegistry.List)
            {
                Tag = "Registries",
                Summary = "List OCI registries; there are none.",
            };
    }
}
