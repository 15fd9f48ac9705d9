using Gantry.Server.Api;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Marks an endpoint that answers without credentials of a user.</summary>
public sealed class OpenToAll;

/// <summary>Finds out who calls (API key or session token) and in which scope, before any endpoint runs.</summary>
public sealed class Authentication(RequestDelegate next)
{
    public const string ApiKeyHeader = "ApiKey";
    public const string ProjectHeader = "ProjectUid";
    public const string SessionCookie = "Authorization";

    public async Task InvokeAsync(HttpContext context, Caller caller, ConsoleDb db, SessionTokens tokens, TimeProvider time)
    {
        caller.RemoteAddress = context.Connection.RemoteIpAddress?.ToString() ?? "";
        if (context.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<OpenToAll>() is null)
        {
            var user = await UserOfAsync(context, db, tokens, time.GetUtcNow());
            caller.IsUser(user.Uid, user.Email);
            caller.ProjectUid = await ProjectOfAsync(context, db);
        }

        await next(context);
    }

    /// <summary>The raw token; the scheme that some clients put before it is taken off.</summary>
    public static string? SessionToken(HttpRequest request)
    {
        var value = request.Headers.Authorization.ToString();
        if (value.Length == 0)
        {
            return request.Cookies[SessionCookie];
        }

        const string bearer = "Bearer ";
        return value.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) ? value[bearer.Length..] : value;
    }

    private static async Task<UserRow> UserOfAsync(HttpContext context, ConsoleDb db, SessionTokens tokens, DateTimeOffset now)
    {
        var key = context.Request.Headers[ApiKeyHeader].ToString();
        if (key.Length > 0)
        {
            return await UserOfKeyAsync(db, key, now, context.RequestAborted);
        }

        var token = SessionToken(context.Request)
            ?? throw ApiError.Unauthorized("Send an API key in the header ApiKey, or a session token in the header Authorization.");
        return await UserOfTokenAsync(db, tokens, token, context.RequestAborted);
    }

    private static async Task<UserRow> UserOfKeyAsync(ConsoleDb db, string key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var hash = Passwords.HashKey(key);
        var found = await db.ApiKeys.AsNoTracking().Where(row => row.KeyHash == hash)
            .Join(db.Users, row => row.UserUid, user => user.Uid, (row, user) => new { row.IsActive, row.ExpiresAt, User = user })
            .FirstOrDefaultAsync(cancellationToken);
        return found switch
        {
            null => throw ApiError.Unauthorized("The API key is not known; it may have been deleted."),
            { IsActive: false } => throw ApiError.Unauthorized("The API key is deactivated."),
            { ExpiresAt: { } end } when end <= now => throw ApiError.Unauthorized($"The API key expired at {end:u}."),
            { User.IsActive: false } => throw ApiError.Unauthorized("The user of this API key is deactivated."),
            _ => found.User,
        };
    }

    private static async Task<UserRow> UserOfTokenAsync(
        ConsoleDb db, SessionTokens tokens, string token, CancellationToken cancellationToken)
    {
        if (tokens.Read(token) is not { } session
            || await db.RevokedSessions.AsNoTracking().AnyAsync(row => row.Id == session.Id, cancellationToken))
        {
            throw ApiError.Unauthorized("The session token is not valid or has ended; log in again.");
        }

        return await db.Users.AsNoTracking().FirstOrDefaultAsync(row => row.Uid == session.UserUid && row.IsActive, cancellationToken)
            ?? throw ApiError.Unauthorized("The user of this session is gone or deactivated.");
    }

    private static async Task<string?> ProjectOfAsync(HttpContext context, ConsoleDb db)
    {
        var uid = context.Request.Headers[ProjectHeader].ToString();
        if (uid.Length == 0)
        {
            return null;
        }

        return await db.Projects.AsNoTracking().AnyAsync(row => row.Uid == uid, context.RequestAborted)
            ? uid
            : throw ApiError.NotFound("project", uid);
    }
}
