using Microsoft.AspNetCore.Authorization;

namespace Gantry.Server.Auth;

/// <summary>
/// The requirement of endpoints that declare neither a permission nor anonymous access. It is never met, so an operation
/// without a declaration is closed.
/// </summary>
public sealed class NothingDeclared : IAuthorizationRequirement;

/// <summary>Allows requests that match no endpoint: unknown paths, and routing's responses 405 and 415.</summary>
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
