using System.Text.Encodings.Web;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Auth;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Gantry.Server.Gateways;

/// <summary>The gateway of the request, as it was in the store when its token was accepted.</summary>
public sealed class CallingGateway
{
    private GatewayRow? _row;

    /// <exception cref="InvalidOperationException">The request is not a gateway's.</exception>
    public GatewayRow Row
    {
        get => _row ?? throw new InvalidOperationException("The request carries no accepted gateway token.");
        set => _row = value;
    }
}

/// <summary>
/// Accepts a fresh token of a paired gateway. The body is not read here: the endpoint reads it, and it is held against the
/// token meanwhile. The gateway's key is read each time, so a revocation holds at once.
/// </summary>
public sealed class GatewayTokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    Caller caller,
    ConsoleDb db,
    GatewayTokenVerifier verifier,
    CallingGateway calling
) : CredentialHandler(options, loggers, encoder, caller)
{
    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.Ordinal))
        {
            return Refuse("A gateway signs each request: Authorization: Bearer TOKEN.");
        }

        var path = Request.PathBase + Request.Path + Request.QueryString.ToString();
        GatewayRow? gateway = null;
        var verdict = await verifier.VerifyAsync(
            header[Bearer.Length..],
            Request.Method,
            path,
            async uid =>
            {
                gateway = await db
                    .Gateways.IgnoreQueryFilters()
                    .AsNoTracking()
                    .FirstOrDefaultAsync(row => row.Uid == uid, Context.RequestAborted);
                return gateway?.SigningKey;
            },
            Context.RequestAborted
        );
        switch (verdict)
        {
            case GatewayTokenVerdict.Accepted accepted when gateway!.RevokedAt is null:
                Request.Body = new SignedBody(Request.Body, accepted.BodyHash);
                calling.Row = gateway;
                return Accept(Identity.Of(gateway));
            case GatewayTokenVerdict.Refused refused:
                return AuthenticateResult.Fail(
                    new ApiException(StatusCodes.Status401Unauthorized, refused.Code, refused.Message)
                );
            default:
                // Only the holder of the key learns the gateway's name and the time of its deletion.
                return AuthenticateResult.Fail(Revoked(gateway!));
        }
    }

    public static ApiException Revoked(GatewayRow gateway) =>
        new(
            StatusCodes.Status401Unauthorized,
            "GatewayRevoked",
            $"Gateway '{gateway.Name}' was deleted at {gateway.RevokedAt:u}; pair it again."
        );
}
