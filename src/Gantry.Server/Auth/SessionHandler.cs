using System.Text.Encodings.Web;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Gantry.Server.Auth;

/// <summary>
/// Accepts a session token in the header <c>Authorization</c>, with or without <c>Bearer</c> before it, or in the cookie of
/// the same name. A browser sends the cookie by itself, so a change that another site makes it send is refused.
/// </summary>
public sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    Caller caller,
    ConsoleDb db,
    SessionTokens tokens
) : CredentialHandler(options, loggers, encoder, caller)
{
    public const string Cookie = "Authorization";

    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var token =
            header.Length == 0 ? Request.Cookies[Cookie]
            : header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..]
            : header;
        if (string.IsNullOrEmpty(token))
        {
            return Refuse("Send an API key in the header ApiKey, or a session token in the header Authorization.");
        }

        if (header.Length == 0 && CrossSiteRequests.IsForeignChange(Request))
        {
            return Refuse(
                "The session cookie does not count for a change that another site sends; send the token in the header "
                    + "Authorization."
            );
        }

        if (
            tokens.Read(token) is not { } session
            || await db.RevokedSessions.AsNoTracking().AnyAsync(row => row.Id == session.Id, Context.RequestAborted)
        )
        {
            return Refuse("The session token is not valid or has ended; log in again.");
        }

        var user = await db
            .Users.IgnoreQueryFilters()
            .AsNoTracking()
            .FirstOrDefaultAsync(row => row.Uid == session.UserUid && row.IsActive, Context.RequestAborted);
        return user is null ? Refuse("The user of this session is gone or deactivated.") : Accept(Identity.Of(user));
    }
}
