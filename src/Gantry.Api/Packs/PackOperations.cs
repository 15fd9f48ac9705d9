namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>The packs that profiles are made of.</summary>
    public static class Packs
    {
        public static Operation<NoBody, ItemList<PackSummary>> List { get; } =
            new("v1PacksSummaryList", "GET /v1/packs", Permissions.PackRegistry.List)
            {
                Tag = "Packs",
                Summary = "List packs with their values.",
                Query = QueryParameters.List,
            };

        public static Operation<PacksFilterSpec, ItemList<PackMetadata>> Search { get; } =
            new("v1PacksSearch", "POST /v1/packs/search", Permissions.PackRegistry.List)
            {
                Tag = "Packs",
                Summary = "Search packs.",
                Query = QueryParameters.List,
            };

        public static Operation<NoBody, PackTagEntity> Get { get; } =
            new("v1PacksUid", "GET /v1/packs/{uid}", Permissions.PackRegistry.Get)
            {
                Tag = "Packs",
                Summary = "Read one version of a pack.",
            };

        public static Operation<NoBody, PackTagEntity> GetByName { get; } =
            new("v1PacksNameRegistryUidList", "GET /v1/packs/{packName}/registries/{registryUid}", Permissions.PackRegistry.Get)
            {
                Tag = "Packs",
                Summary = "Read all versions of a pack.",
            };

        public static Operation<NoBody, PackReadme> GetReadme { get; } =
            new("v1PacksUidReadme", "GET /v1/packs/{uid}/readme", Permissions.PackRegistry.Get)
            {
                Tag = "Packs",
                Summary = "Read what a pack is for and what it can be told, as Markdown.",
            };

        public static Operation<NoBody, byte[]> GetLogo { get; } =
            new("v1PacksPackUidLogo", "GET /v1/packs/{uid}/logo", Permissions.PackRegistry.Get)
            {
                Tag = "Packs",
                Summary = "Download the logo of a pack.",
                ContentType = "image/png",
            };
    }
}
