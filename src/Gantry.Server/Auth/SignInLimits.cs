using System.Threading.RateLimiting;
using Gantry.Server.Api;

namespace Gantry.Server.Auth;

/// <summary>A try to sign in.</summary>
/// <param name="Address">By <see cref="SourceAddress"/>.</param>
/// <param name="Email">Of the account, whether or not there is one.</param>
/// <param name="LastSuccess">Identifies the last time that this account signed in from this address; null when it has not.</param>
public sealed record SignInTry(string Address, string Email, long? LastSuccess)
{
    public bool IsKnown => LastSuccess is not null;
}

/// <summary>
/// Limits sign-ins by password, each try counted before its password is checked: tries of one account from one address, tries
/// of one account from all addresses that it has not signed in from, and the number of passwords that are checked at once,
/// because checking one is expensive. A success starts the first count again; an address that the account has signed in from
/// is not subject to the second, so strangers cannot lock anybody out. Each replica of a console counts on its own.
/// </summary>
public sealed class SignInLimits(ConsoleOptions options) : IDisposable
{
    /// <summary>Tries that wait for their turn, of known and of unknown addresses each; more are refused at once.</summary>
    private const int MaxWaiting = 64;

    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount / 2);

    private readonly PartitionedRateLimiter<SignInTry> _checks = PartitionedRateLimiter.Create<SignInTry, bool>(one =>
        RateLimitPartition.GetConcurrencyLimiter(
            one.IsKnown,
            _ => new ConcurrencyLimiterOptions
            {
                PermitLimit = AtOnce,
                QueueLimit = MaxWaiting,
                QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            }
        )
    );

    private readonly PartitionedRateLimiter<SignInTry> _ofSource = PartitionedRateLimiter.Create<SignInTry, SignInTry>(one =>
        RateLimitPartition.Get(one, _ => options.SignInLimit.Bucket())
    );

    private readonly PartitionedRateLimiter<SignInTry> _ofAccount = PartitionedRateLimiter.Create<SignInTry, string>(one =>
        one.IsKnown ? RateLimitPartition.GetNoLimiter("") : RateLimitPartition.Get(one.Email, _ => options.AccountLimit.Bucket())
    );

    /// <returns>The permission to check one password; checks of others wait until it is disposed.</returns>
    /// <exception cref="ApiException">Status 429: too many wait. Status 403, because clients repeat a 429 by themselves: too
    /// many tries.</exception>
    public async Task<IDisposable> AdmitAsync(SignInTry one, CancellationToken cancellationToken)
    {
        var check = await _checks.AcquireAsync(one, cancellationToken: cancellationToken);
        if (!check.IsAcquired)
        {
            check.Dispose();
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                "TooManyRequests",
                "Too many sign-ins wait to be checked; try again."
            )
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        try
        {
            Take(_ofSource, one, "of this account from this address");
            Take(_ofAccount, one, "of this account from addresses that it has not signed in from before");
            return check;
        }
        catch
        {
            check.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _checks.Dispose();
        _ofSource.Dispose();
        _ofAccount.Dispose();
    }

    private static void Take(PartitionedRateLimiter<SignInTry> limiter, SignInTry one, string what)
    {
        using var lease = limiter.AttemptAcquire(one);
        if (!lease.IsAcquired)
        {
            var pause = lease.TryGetMetadata(MetadataName.RetryAfter, out var given) ? given : TimeSpan.FromMinutes(1);
            throw ApiError.Forbidden(
                $"Too many sign-ins {what}; the next one is checked in {Math.Max(1, Math.Ceiling(pause.TotalSeconds)):0} s."
            );
        }
    }
}
