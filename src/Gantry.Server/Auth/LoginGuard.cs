using Gantry.Server.Api;

namespace Gantry.Server.Auth;

/// <summary>Limits guessing: after several wrong passwords for one e-mail, further logins are refused for a while.</summary>
public sealed class LoginGuard(ILoginFailures failures, TimeProvider time)
{
    private const int Tries = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <exception cref="ApiException">403, not 429: clients repeat a 429 by themselves.</exception>
    public async Task AdmitAsync(string email, CancellationToken cancellationToken)
    {
        if (
            await failures.FindAsync(email, cancellationToken) is { Count: >= Tries } seen
            && time.GetUtcNow() < seen.Since + Window
        )
        {
            throw ApiError.Forbidden($"Too many wrong passwords; try again after {seen.Since + Window:u}.");
        }
    }

    public Task FailedAsync(string email, CancellationToken cancellationToken) =>
        failures.AddAsync(email, time.GetUtcNow(), Window, cancellationToken);

    public Task SucceededAsync(string email, CancellationToken cancellationToken) =>
        failures.ForgetAsync(email, cancellationToken);
}
