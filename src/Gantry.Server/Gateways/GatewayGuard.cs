using Gantry.Server.Api;
using Gantry.Server.Store;
using Gantry.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>Admits requests that carry a fresh token of a paired gateway. The key is read each time, so a revocation holds at once.</summary>
public sealed class GatewayGuard(ConsoleDb db, GatewayTokenVerifier verifier)
{
    private const string Scheme = "Bearer ";

    public async Task<(GatewayRow Gateway, byte[] Body)> AdmitAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw ApiError.Unauthorized("A gateway signs each request: Authorization: Bearer TOKEN.");
        }

        var body = await GatewayBody.BytesAsync(context, cancellationToken);
        var path = context.Request.PathBase + context.Request.Path + context.Request.QueryString.ToString();
        GatewayRow? gateway = null;
        var verdict = verifier.Verify(header[Scheme.Length..], context.Request.Method, path, body, uid =>
        {
            gateway = db.Gateways.AsNoTracking().FirstOrDefault(row => row.Uid == uid);
            return gateway is { RevokedAt: null } ? gateway.SigningKey : null;
        });
        return verdict switch
        {
            GatewayTokenVerdict.Accepted => (gateway!, body),
            _ when gateway is { RevokedAt: not null } => throw Revoked(gateway),
            GatewayTokenVerdict.Refused refused =>
                throw new ApiException(StatusCodes.Status401Unauthorized, refused.Code, refused.Message),
            _ => throw ApiError.Unauthorized("The token was refused."),
        };
    }

    public static ApiException Revoked(GatewayRow gateway) => new(
        StatusCodes.Status401Unauthorized, "GatewayRevoked", $"Gateway '{gateway.Name}' was deleted at {gateway.RevokedAt:u}; pair it again.");
}
