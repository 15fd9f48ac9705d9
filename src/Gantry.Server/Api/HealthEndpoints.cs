using System.Reflection;
using Gantry.Server.Store;
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
        routes.Map(
            Operations.Health.Get,
            async (ConsoleDb db, CancellationToken cancellationToken) =>
            {
                await db.Settings.AsNoTracking().AnyAsync(cancellationToken);
                return TypedResults.Ok(new HealthAnswer("ok", Version));
            }
        );
        routes.Map(Operations.Health.Ping, () => TypedResults.Ok(new HealthPing("pong")));
        routes.Map(Operations.Health.Version, () => TypedResults.Ok(new SystemVersionInfo(Version)));
    }
}
