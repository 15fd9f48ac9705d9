using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Auth;
using Microsoft.AspNetCore.Mvc;

namespace Gantry.Server.Gateways;

/// <summary>The four endpoints for gateways. Gateways authenticate with their own keys, not as users.</summary>
public static class GatewayEndpoints
{
    public static void MapGateways(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost(GatewayPaths.Pair, PairEndpoint.PairAsync)
            .AllowAnonymous()
            .WithMetadata(new RequestSizeLimitAttribute(Limits.SmallBody))
            .RequireRateLimiting(RateLimits.Guesses)
            .ExcludeFromDescription();
        var gateway = routes
            .MapGroup("")
            .ExcludeFromDescription()
            .RequireAuthorization(policy => policy.AddAuthenticationSchemes(Schemes.Gateway).RequireAuthenticatedUser());
        gateway
            .MapPost(GatewayPaths.Desired, DesiredEndpoint.DesiredAsync)
            .WithMetadata(new RequestSizeLimitAttribute(Limits.SmallBody));
        gateway
            .MapPost(GatewayPaths.Status, ReportEndpoints.StatusAsync)
            .RequireRateLimiting(RateLimits.GatewayBodies)
            .WithMetadata(new RequestSizeLimitAttribute(Limits.GatewayBody));
        gateway
            .MapPost(GatewayPaths.Answers, ReportEndpoints.AnswersAsync)
            .RequireRateLimiting(RateLimits.GatewayBodies)
            .WithMetadata(new RequestSizeLimitAttribute(Limits.GatewayBody));
    }
}
