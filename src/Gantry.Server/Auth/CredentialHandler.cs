using System.Security.Claims;
using System.Text.Encodings.Web;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Gantry.Server.Auth;

/// <summary>
/// The common part of all authentication handlers: an accepted credential sets the caller, and a refused one is answered
/// with its own error.
/// </summary>
public abstract class CredentialHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    Caller caller
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected AuthenticateResult Accept(Identity identity)
    {
        caller.Become(identity);
        var claims = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, identity.Uid), new Claim(ClaimTypes.Name, identity.Name)],
            Scheme.Name
        );
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(claims), Scheme.Name));
    }

    /// <param name="message">The text in the response and the log; it never quotes the credential.</param>
    protected static AuthenticateResult Refuse(string message) => AuthenticateResult.Fail(ApiError.Unauthorized(message));

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        throw result.Failure ?? ApiError.Unauthorized("The request carries no credential.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        throw ApiError.Forbidden("The caller may not do this.");
}
