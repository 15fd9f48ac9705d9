using Gantry.Server.Api;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Signs users in by e-mail and password. The audit has each success and each refusal, the log each refusal.</summary>
public sealed partial class SignIn(
    ConsoleDb db,
    Caller caller,
    Changes changes,
    Tenancy tenancy,
    SignInLimits limits,
    TimeProvider time,
    ILogger<SignIn> log
)
{
    /// <summary>The request of a success in the audit.</summary>
    public const string Succeeded = "signed in";

    // Entered by mistake into the field of the e-mail, a password must not reach the log or the audit.
    private const string Unknown = "unknown e-mail";

    private const int MaxLength = 1024;
    private const int RecentSuccesses = 100;

    /// <summary>How long an address counts as known after a sign-in.</summary>
    private static readonly TimeSpan Known = TimeSpan.FromDays(90);

    // Compared against for an unknown e-mail, so that the response time does not reveal whether the user exists.
    private static readonly string UnknownUserHash = Passwords.Hash("");

    /// <returns>The uid of the user.</returns>
    /// <exception cref="ApiException">401, 403 or 429</exception>
    public async Task<string> CheckAsync(string email, string password, CancellationToken cancellationToken)
    {
        email = email.Trim().ToLowerInvariant();
        var isTooLong = email.Length > MaxLength || password.Length > MaxLength;
        var user = await db
            .Users.IgnoreQueryFilters()
            .AsNoTracking()
            .FirstOrDefaultAsync(row => row.Email == email, cancellationToken);
        var one = new SignInTry(
            SourceAddress.Of(caller.RemoteAddress),
            isTooLong ? Unknown : email,
            await LastSuccessAsync(user?.Uid ?? "", cancellationToken)
        );
        bool matches;
        using (await AdmitAsync(one, user, cancellationToken))
        {
            matches = Passwords.Matches(isTooLong ? "" : password, user?.PasswordHash ?? UnknownUserHash) && !isTooLong;
        }

        var refusal = user switch
        {
            null => Unknown,
            _ when !matches => "wrong password",
            { IsActive: false } => "the user is deactivated",
            _ => null,
        };
        if (refusal is not null)
        {
            await RecordAsync(user, refusal, cancellationToken);
            throw ApiError.Unauthorized("The e-mail or the password is wrong.");
        }

        caller.Become(Identity.Of(user!));
        await using var write = await changes.BeginAsync(cancellationToken);
        write.Record(AuditAction.Action, About(user), request: Succeeded);
        await write.CommitAsync(cancellationToken);
        return user!.Uid;
    }

    private async Task<IDisposable> AdmitAsync(SignInTry one, UserRow? user, CancellationToken cancellationToken)
    {
        try
        {
            return await limits.AdmitAsync(one, cancellationToken);
        }
        catch (ApiException limited)
        {
            // Not audited: this costs a flood nothing, and rows of the audit are kept.
            Limited(user?.Email ?? Unknown, caller.RemoteAddress, limited.Message);
            throw;
        }
    }

    private async Task RecordAsync(UserRow? user, string refusal, CancellationToken cancellationToken)
    {
        Refused(user?.Email ?? Unknown, caller.RemoteAddress, refusal);
        caller.Become(Identity.Anonymous(user?.TenantUid ?? tenancy.TenantUid));
        await using var write = await changes.BeginAsync(cancellationToken);
        write.Record(AuditAction.Action, About(user), request: $"sign-in refused: {refusal}");
        await write.CommitAsync(cancellationToken);
    }

    private async Task<long?> LastSuccessAsync(string userUid, CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow() - Known;
        var recent = await db
            .Audits.IgnoreQueryFilters()
            .AsNoTracking()
            .Where(row => row.ResourceUid == userUid && row.ActorUid == userUid && row.Request == Succeeded && row.At > since)
            .OrderByDescending(row => row.Number)
            .Select(row => new { row.Number, row.RemoteAddress })
            .Take(RecentSuccesses)
            .ToListAsync(cancellationToken);
        var address = SourceAddress.Of(caller.RemoteAddress);
        return recent.FirstOrDefault(row => SourceAddress.Of(row.RemoteAddress) == address)?.Number;
    }

    private static Subject About(UserRow? user) => new("user", user?.Uid ?? "", user?.Email ?? Unknown);

    [LoggerMessage(3031, LogLevel.Warning, "Sign-in of {User} from {Address} refused: {Reason}")]
    private partial void Refused(string user, string address, string reason);

    [LoggerMessage(3032, LogLevel.Warning, "Sign-in of {User} from {Address} not checked: {Reason}")]
    private partial void Limited(string user, string address, string reason);
}
