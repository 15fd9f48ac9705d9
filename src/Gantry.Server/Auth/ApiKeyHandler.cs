using System.Text.Encodings.Web;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Gantry.Server.Auth;

/// <summary>
/// Accepts the key in the header <c>ApiKey</c> while the key and its user are active and the key has not expired.
/// </summary>
public sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    Caller caller,
    ConsoleDb db
) : CredentialHandler(options, loggers, encoder, caller)
{
    public const string Header = "ApiKey";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var hash = Passwords.HashKey(Request.Headers[Header].ToString());
        var found = await db
            .ApiKeys.IgnoreQueryFilters()
            .AsNoTracking()
            .Where(row => row.KeyHash == hash)
            .Join(
                db.Users.IgnoreQueryFilters(),
                row => row.UserUid,
                user => user.Uid,
                (row, user) =>
                    new
                    {
                        row.IsActive,
                        row.ExpiresAt,
                        User = user,
                    }
            )
            .FirstOrDefaultAsync(Context.RequestAborted);
        return found switch
        {
            null => Refuse("The API key is not known; it may have been deleted."),
            { IsActive: false } => Refuse("The API key is deactivated."),
            { ExpiresAt: { } end } when end <= TimeProvider.GetUtcNow() => Refuse($"The API key expired at {end:u}."),
            { User.IsActive: false } => Refuse("The user of this API key is deactivated."),
            _ => Accept(Identity.Of(found.User)),
        };
    }
}
