namespace Gantry.Server.Api;

/// <summary>
/// Logs each request with its route. A path can hold a secret: <c>/v1/auth/refresh/{token}</c> has the session token in it,
/// so the framework's log entries with paths are left out.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> log)
{
    /// <summary>The framework's log categories that hold whole paths.</summary>
    public static IReadOnlyList<string> CategoriesWithPaths { get; } =
    ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Routing.Matching"];

    /// <summary>The route of a request, as the contract declares it.</summary>
    public static string RouteOf(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

    public async Task InvokeAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        await next(context);
        if (log.IsEnabled(LogLevel.Debug))
        {
            RequestAnswered(
                context.Request.Method,
                RouteOf(context),
                context.Response.StatusCode,
                time.GetElapsedTime(start).TotalMilliseconds
            );
        }
    }

    [LoggerMessage(3022, LogLevel.Debug, "{Method} {Route} {Status} in {Milliseconds:0.0} ms")]
    private partial void RequestAnswered(string method, string route, int status, double milliseconds);
}
