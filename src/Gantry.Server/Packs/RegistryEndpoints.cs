using Gantry.Server.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Packs;

/// <summary>Pack registries: today only the built-in one.</summary>
public static class RegistryEndpoints
{
    private static readonly RegistrySyncStatus BuiltIn = new(IsSyncSupported: true, "Success", "Built into this console.");

    public static void MapRegistries(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Registries.ListMetadata, Metadata);
        routes.Map(Operations.Registries.ListPack, () => TypedResults.Ok(Whole([View()])));
        routes.Map(Operations.Registries.GetPack, Get);
        routes.Map(Operations.Registries.GetPackSyncStatus, SyncStatus);
        routes.Map(Operations.Registries.ListHelm, () => TypedResults.Ok(Whole<PackRegistryView>([])));
        routes.Map(Operations.Registries.ListOci, () => TypedResults.Ok(Whole<PackRegistryView>([])));
    }

    private static Ok<ItemList<RegistryMetadata>> Metadata(RequestQuery query) =>
        TypedResults.Ok(
            new ItemList<RegistryMetadata>(
                query.Text(QueryParameters.RegistryScope) is "tenant"
                    ? []
                    :
                    [
                        new RegistryMetadata(
                            PackRegistry.Uid,
                            PackRegistry.Name,
                            "pack",
                            "system",
                            IsDefault: true,
                            IsPrivate: false
                        ),
                    ]
            )
        );

    private static Ok<PackRegistryView> Get(string uid) =>
        TypedResults.Ok(uid == PackRegistry.Uid ? View() : throw ApiError.NotFound("registry", uid));

    private static Ok<RegistrySyncStatus> SyncStatus(string uid) =>
        TypedResults.Ok(uid == PackRegistry.Uid ? BuiltIn : throw ApiError.NotFound("registry", uid));

    private static ItemList<T> Whole<T>(IReadOnlyList<T> items) => new(items, new ListMeta("", items.Count, items.Count, 0));

    private static PackRegistryView View() =>
        new(
            "v1",
            "pack",
            new ObjectMeta
            {
                Name = PackRegistry.Name,
                Uid = PackRegistry.Uid,
                Labels = new Dictionary<string, string>(),
                Annotations = new Dictionary<string, string> { [Annotations.Scope] = "system" },
            },
            new PackRegistrySpec(
                PackRegistry.Name,
                "builtin",
                PackRegistry.Uid,
                "system",
                Private: false,
                new RegistryAuth("noAuth")
            ),
            new PackRegistryStatus(BuiltIn)
        );
}
