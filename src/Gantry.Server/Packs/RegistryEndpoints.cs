using Gantry.Server.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.Packs;

public sealed record RegistryMetadata(string Uid, string Name, string Kind, string Scope, bool IsDefault, bool IsPrivate);

public sealed record RegistryAuth(string Type);

public sealed record PackRegistrySpec(string Name, string Endpoint, string RegistryUid, string Scope, bool Private, RegistryAuth Auth);

public sealed record RegistrySyncStatus(bool IsSyncSupported, string Status, string Message);

public sealed record PackRegistryStatus(RegistrySyncStatus PackSyncStatus);

public sealed record PackRegistryView(string ApiVersion, string Kind, ObjectMeta Metadata, PackRegistrySpec Spec, PackRegistryStatus Status);

/// <summary>Where packs come from: today the registry that is built in.</summary>
public static class RegistryEndpoints
{
    private static readonly RegistrySyncStatus BuiltIn = new(IsSyncSupported: true, "Success", "Built into this console.");

    public static void MapRegistries(this IEndpointRouteBuilder routes)
    {
        var registries = routes.MapGroup("/v1/registries").WithTags("Registries");
        registries.MapGet("/metadata", Metadata).WithName("v1RegistriesMetadata");
        registries.MapGet("/pack", () => TypedResults.Ok(Whole([View()]))).WithName("v1RegistriesPackList");
        registries.MapGet("/pack/{uid}", Get).WithName("v1RegistriesPackUidGet");
        registries.MapGet("/pack/{uid}/sync/status", SyncStatus).WithName("v1RegistriesPackUidSyncStatus");
        registries.MapGet("/helm", () => TypedResults.Ok(Whole<PackRegistryView>([]))).WithName("v1RegistriesHelmList");
        registries.MapGet("/oci/summary", () => TypedResults.Ok(Whole<PackRegistryView>([]))).WithName("v1OciRegistriesSummary");
    }

    private static Ok<ItemList<RegistryMetadata>> Metadata(string? scope = null) => TypedResults.Ok(new ItemList<RegistryMetadata>(
        scope is "tenant" ? [] : [new RegistryMetadata(PackRegistry.Uid, PackRegistry.Name, "pack", "system", IsDefault: true, IsPrivate: false)]));

    private static Ok<PackRegistryView> Get(string uid) => TypedResults.Ok(uid == PackRegistry.Uid ? View() : throw ApiError.NotFound("registry", uid));

    private static Ok<RegistrySyncStatus> SyncStatus(string uid) =>
        TypedResults.Ok(uid == PackRegistry.Uid ? BuiltIn : throw ApiError.NotFound("registry", uid));

    private static ItemList<T> Whole<T>(IReadOnlyList<T> items) => new(items, new ListMeta("", items.Count, items.Count, 0));

    private static PackRegistryView View() => new(
        "v1", "pack",
        new ObjectMeta
        {
            Name = PackRegistry.Name,
            Uid = PackRegistry.Uid,
            Labels = new Dictionary<string, string>(),
            Annotations = new Dictionary<string, string> { [Annotations.Scope] = "system" },
        },
        new PackRegistrySpec(PackRegistry.Name, "builtin", PackRegistry.Uid, "system", Private: false, new RegistryAuth("noAuth")),
        new PackRegistryStatus(BuiltIn));
}
