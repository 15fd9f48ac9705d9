using System.Globalization;
using Gantry.Protocol;
using Gantry.Server.Api;

namespace Gantry.Server.Gateways;

/// <summary>
/// Refuses gateways with another contract version before the request is read; every response carries the console's own
/// version.
/// </summary>
internal sealed class ContractGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(GatewayPaths.Root, StringComparison.Ordinal))
        {
            return next(context);
        }

        context.Response.OnStarting(() =>
        {
            context.Response.Headers[ProtocolContract.Header] = ProtocolContract.Version.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        return
            ProtocolContract.Mismatch(
                ProtocolContract.Read(context.Request.Headers[ProtocolContract.Header]),
                ProtocolContract.Version
            )
                is { } message
            ? throw new ApiException(StatusCodes.Status409Conflict, ProtocolContract.MismatchCode, message)
            : next(context);
    }
}
