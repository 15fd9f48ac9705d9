using Gantry.Server.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Packs;

/// <summary>The packs of profiles.</summary>
public static class PackEndpoints
{
    private static readonly string[] Clouds = ["maas"];
    private static readonly Dictionary<string, string> None = [];

    public static void MapPacks(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Packs.List, List);
        routes.Map(Operations.Packs.Search, Search);
        routes.Map(Operations.Packs.Get, Get);
        routes.Map(Operations.Packs.GetByName, GetByName);
        routes.Map(Operations.Packs.GetReadme, GetReadme);
        routes.Map(Operations.Packs.GetLogo, GetLogo);
    }

    // Clients read this list without following `continue`, so it comes whole unless a limit is given.
    private static Ok<ItemList<PackSummary>> List(ListQuery query) =>
        TypedResults.Ok(
            Paging.Page(PackRegistry.All.Select(Summary), query with { Limit = query.Limit ?? 0 }, view => view.Metadata.Uid!)
        );

    private static Ok<ItemList<PackMetadata>> Search(PacksFilterSpec body, ListQuery query)
    {
        var found = PackRegistry
            .All.GroupBy(pack => pack.Name)
            .Select(group => group.First())
            .Where(pack => Matches(pack, body.Filter));
        return TypedResults.Ok(
            Paging.Page(found.Select(Metadata), query with { Limit = query.Limit ?? 0 }, view => view.Metadata.Uid!)
        );
    }

    private static Ok<PackTagEntity> Get(string uid)
    {
        var pack = PackCatalog.Find(uid) ?? throw ApiError.NotFound("pack", uid);
        return TypedResults.Ok(Tags([pack]));
    }

    private static Ok<PackReadme> GetReadme(string uid)
    {
        var pack = PackCatalog.Find(uid) ?? throw ApiError.NotFound("pack", uid);
        return TypedResults.Ok(new PackReadme(pack.Readme));
    }

    private static FileContentHttpResult GetLogo(string uid)
    {
        var pack = PackCatalog.Find(uid) ?? throw ApiError.NotFound("pack", uid);
        return TypedResults.File(PackCatalog.Logo(pack), "image/png");
    }

    private static Ok<PackTagEntity> GetByName(string packName, string registryUid)
    {
        CatalogPack[] named = [.. PackRegistry.All.Where(pack => pack.Name == packName)];
        if (registryUid != PackRegistry.Uid || named.Length == 0)
        {
            throw ApiError.NotFound($"pack in registry '{ApiError.Shown(registryUid)}' named", packName);
        }

        return TypedResults.Ok(Tags(named));
    }

    private static bool Matches(CatalogPack pack, PackFilter? filter) =>
        filter is null
        || (
            Matches(pack.Name, filter.Name)
            && Matches(pack.DisplayName, filter.DisplayName)
            && Matches(pack.Layer, filter.Layer)
            && Matches("spectro", filter.Type)
            && Matches(PackRegistry.Uid, filter.RegistryUid)
            && filter.IsFips is not true
            && (filter.Environment is not { Count: > 0 } clouds || clouds.Contains("maas") || clouds.Contains("all"))
        );

    private static bool Matches(string value, IReadOnlyList<string>? wanted) =>
        wanted is not { Count: > 0 } || wanted.Contains(value);

    private static bool Matches(string value, PackNameFilter? filter)
    {
        var comparison = filter?.IgnoreCase is false ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return filter is null
            || (
                (string.IsNullOrEmpty(filter.Eq) || value.Equals(filter.Eq, comparison))
                && (string.IsNullOrEmpty(filter.Contains) || value.Contains(filter.Contains, comparison))
                && (string.IsNullOrEmpty(filter.BeginsWith) || value.StartsWith(filter.BeginsWith, comparison))
                && (string.IsNullOrEmpty(filter.Ne) || !value.Equals(filter.Ne, comparison))
            );
    }

    private static ObjectMeta Meta(CatalogPack pack) =>
        new()
        {
            Name = pack.Name,
            Uid = pack.Uid,
            Labels = None,
            Annotations = new Dictionary<string, string> { [Annotations.Scope] = "system" },
        };

    private static PackSummary Summary(CatalogPack pack) =>
        new(
            "v1",
            "pack",
            Meta(pack),
            new PackSpec(
                pack.Name,
                pack.DisplayName,
                pack.Version,
                pack.Layer,
                "spectro",
                PackRegistry.Uid,
                pack.Values,
                Clouds,
                AddonType: "",
                AddonSubType: "",
                Group: "",
                Digest: "",
                None,
                [],
                [],
                []
            ),
            new EmptyStatus()
        );

    private static PackMetadata Metadata(CatalogPack pack) =>
        new(
            "v1",
            "pack",
            Meta(pack),
            new PackMetadataSpec(
                pack.Name,
                pack.DisplayName,
                pack.Layer,
                "spectro",
                "",
                "",
                "",
                Clouds,
                [new RegistryPackMetadata(PackRegistry.Uid, PackRegistry.Name, "system", pack.Version, pack.Uid, "")]
            )
        );

    private static PackTagEntity Tags(IReadOnlyList<CatalogPack> versions) =>
        new(
            versions[0].Name,
            versions[0].DisplayName,
            versions[0].Layer,
            "",
            "",
            PackRegistry.Uid,
            "",
            Clouds,
            [.. versions.Select(pack => new PackTag(pack.Uid, pack.Version, pack.Version, "", []))],
            [.. versions.Select(pack => new PackUidValues(pack.Uid, pack.Values, pack.Readme, None, [], [], []))]
        );
}
