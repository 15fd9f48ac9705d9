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

        // Load balancers ask so. Over HTTP/2, Kestrel would send a body if there were one.
        routes.MapMethods(Operations.Health.Get.Route, [HttpMethods.Head], HeadAsync).AllowAnonymous().ExcludeFromDescription();
        routes.Map(Operations.Health.Ping, () => TypedResults.Ok(new HealthPing("pong")));
        routes.Map(Operations.Health.Version, () => TypedResults.Ok(new SystemVersionInfo(Version)));
    }

    private static async Task<Ok<HealthAnswer>> GetAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        await ReadStoreAsync(db, cancellationToken);
        return TypedResults.Ok(new HealthAnswer("ok", Version));
    }

    private static async Task<Ok> HeadAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        await ReadStoreAsync(db, cancellationToken);
        return TypedResults.Ok();
    }

    private static Task ReadStoreAsync(ConsoleDb db, CancellationToken cancellationToken) =>
        db.Settings.AsNoTracking().AnyAsync(cancellationToken);
}
