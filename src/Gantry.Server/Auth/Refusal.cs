using Gantry.Server.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Gantry.Server.Auth;

/// <summary>Why an authorization failed, as the error that the client gets.</summary>
public sealed class Refusal(IAuthorizationHandler handler, ApiException error)
    : AuthorizationFailureReason(handler, error.Message)
{
    public ApiException Error { get; } = error;
}

/// <summary>Answers a failed authorization with the error that its handler gave; the scheme answers in all other cases.</summary>
public sealed class RefusalRenderer : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _scheme = new();

    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    ) =>
        authorizeResult.AuthorizationFailure?.FailureReasons.OfType<Refusal>().FirstOrDefault() is { } refusal
            ? throw refusal.Error
            : _scheme.HandleAsync(next, context, policy, authorizeResult);
}
