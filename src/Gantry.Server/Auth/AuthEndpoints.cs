using Gantry.Server.Api;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Sessions: login, renewal, revocation, and the current user.</summary>
public static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Sessions.Authenticate, AuthenticateAsync).RequireRateLimiting(RateLimits.Guesses);
        routes.Map(Operations.Sessions.Refresh, RefreshAsync);
        routes.Map(Operations.Sessions.Revoke, RevokeAsync);
        routes.Map(Operations.Sessions.WhoAmI, (Caller caller, Tenancy tenancy) => TypedResults.Ok(Who(caller, tenancy)));
    }

    private static UserInfo Who(Caller caller, Tenancy tenancy) => new(tenancy.OrgName, caller.TenantUid, caller.Uid);

    private static async Task<Ok<UserToken>> AuthenticateAsync(
        AuthLogin login,
        RequestQuery query,
        HttpContext context,
        SessionTokens tokens,
        SignIn signIn
    )
    {
        var user = await signIn.CheckAsync(login.EmailId ?? "", login.Password ?? "", context.RequestAborted);
        return Issue(context, tokens.Issue(user), WantsCookie(query));
    }

    private static async Task<Ok<UserToken>> RefreshAsync(
        string token,
        RequestQuery query,
        HttpContext context,
        ConsoleDb db,
        SessionTokens tokens
    )
    {
        if (
            tokens.Read(token) is not { } session
            || await db.RevokedSessions.AnyAsync(row => row.Id == session.Id, context.RequestAborted)
            || !await db
                .Users.IgnoreQueryFilters()
                .AnyAsync(row => row.Uid == session.UserUid && row.IsActive, context.RequestAborted)
        )
        {
            throw ApiError.Unauthorized("The session token is not valid or has ended; log in again.");
        }

        return Issue(context, tokens.Issue(session.UserUid, session), WantsCookie(query));
    }

    private static bool WantsCookie(RequestQuery query) => query.Value(QueryParameters.SetCookie) is not false;

    private static Ok<UserToken> Issue(HttpContext context, string token, bool setCookie)
    {
        if (setCookie)
        {
            context.Response.Cookies.Append(
                SessionHandler.Cookie,
                token,
                new CookieOptions
                {
                    HttpOnly = true,
                    Secure = true,
                    SameSite = SameSiteMode.Strict,
                    MaxAge = SessionTokens.Lifetime,
                }
            );
        }

        return TypedResults.Ok(new UserToken(token, IsMfa: false));
    }

    private static async Task<NoContent> RevokeAsync(
        AuthTokenRevoke request,
        Caller caller,
        ConsoleDb db,
        SessionTokens tokens,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        // No token of the session is issued from now on, so the last one ends within a lifetime.
        var ended = time.GetUtcNow() + SessionTokens.Lifetime;
        await using var write = await changes.BeginAsync(cancellationToken);
        foreach (var session in (request.Tokens ?? []).Select(tokens.Read).OfType<Session>().DistinctBy(session => session.Id))
        {
            if (
                session.UserUid == caller.Uid
                && !await db.RevokedSessions.AnyAsync(row => row.Id == session.Id, cancellationToken)
            )
            {
                db.RevokedSessions.Add(new RevokedSessionRow { Id = session.Id, ExpiresAt = ended });
                write.Record(AuditAction.Delete, new Subject("session", session.Id, caller.Name));
            }
        }

        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
