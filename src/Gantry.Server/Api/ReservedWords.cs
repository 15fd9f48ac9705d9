using Microsoft.AspNetCore.Mvc;

namespace Gantry.Server.Api;

/// <summary>
/// Routes of Palette that this console has not, and that would else be read as an object whose uid is their last word. They are
/// answered as any other unknown route.
/// </summary>
internal static class ReservedWords
{
    private static readonly string[] Routes =
    [
        "/v1/clusterprofiles/bulk",
        "/v1/clusterprofiles/macros",
        "/v1/dashboard/spectroclusters/meta",
        "/v1/projects/alerts",
        "/v1/registries/pack/summary",
        "/v1/spectroclusters/meta",
        "/v1/spectroclusters/{uid}/packs/status",
    ];

    public static void MapReservedWords(this IEndpointRouteBuilder routes)
    {
        foreach (var route in Routes)
        {
            routes
                .Map(
                    route,
                    context =>
                    {
                        context.Response.StatusCode = StatusCodes.Status404NotFound;
                        return Task.CompletedTask;
                    }
                )
                .AllowAnonymous()
                .WithMetadata(new ExcludeFromDescriptionAttribute());
        }
    }
}
