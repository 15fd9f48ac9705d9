using System.Reflection;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Api;

public static class HealthEndpoints
{
    public static string Version { get; } =
        typeof(HealthEndpoints)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "0.0.0";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Health.Get, GetAsync);

        // Load balancers ask so. Kestrel leaves the body out.
        routes.MapMethods(Operations.Health.Get.Route, [HttpMethods.Head], GetAsync).AllowAnonymous().ExcludeFromDescription();
        routes.Map(Operations.Health.Ping, () => TypedResults.Ok(new HealthPing("pong")));
        routes.Map(Operations.Health.Version, () => TypedResults.Ok(new SystemVersionInfo(Version)));
    }

    private static async Task<Ok<HealthAnswer>> GetAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        await db.Settings.AsNoTracking().AnyAsync(cancellationToken);
        return TypedResults.Ok(new HealthAnswer("ok", Version));
    }
}
