using System.Reflection;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Api;

public sealed record HealthAnswer(string Status, string Version);

public sealed record HealthPing(string Msg);

public sealed record SystemVersionInfo(string Version);

public static class HealthEndpoints
{
    public static string Version { get; } =
        typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/v1").WithTags("Health");
        health.MapGet("/health", async (ConsoleDb db, CancellationToken cancellationToken) =>
        {
            await db.Settings.AsNoTracking().AnyAsync(cancellationToken);
            return TypedResults.Ok(new HealthAnswer("ok", Version));
        }).WithName("Health").AllowAnonymous();
        health.MapGet("/health/ping", () => TypedResults.Ok(new HealthPing("pong"))).WithName("V1HealthPing").AllowAnonymous();
        health.MapGet("/system/version/installed", () => TypedResults.Ok(new SystemVersionInfo(Version))).WithName("V1SystemVersionInstalled");
    }
}
