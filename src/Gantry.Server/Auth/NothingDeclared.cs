using Microsoft.AspNetCore.Authorization;

namespace Gantry.Server.Auth;

/// <summary>
/// The requirement of endpoints that declare neither a permission nor that they are open to all. No endpoint of ours
/// meets it, so an operation whose declaration was forgotten is closed.
/// </summary>
public sealed class NothingDeclared : IAuthorizationRequirement;

/// <summary>Allows requests that reach no endpoint: unknown paths, and the answers 405 and 415 of routing.</summary>
public sealed class NothingDeclaredHandler : AuthorizationHandler<NothingDeclared, HttpContext>
{
    protected override Task HandleRequirementAsync(
        AuthorizationHandlerContext context,
        NothingDeclared requirement,
        HttpContext http
    )
    {
        var endpoint = http.GetEndpoint();
        var isAnswerOfRouting = endpoint is not RouteEndpoint && context.User.Identity?.IsAuthenticated is true;
        if (endpoint is null || isAnswerOfRouting)
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
