using System.Collections.Concurrent;
using Gantry.Server.Api;

namespace Gantry.Server.Auth;

/// <summary>Slows down guessing: after some wrong passwords for one e-mail, none is looked at for a while.</summary>
public sealed class LoginGuard(TimeProvider time)
{
    private const int Tries = 10;
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, (int Count, DateTimeOffset Since)> failures = new();

    /// <exception cref="ApiException">403, not 429: clients repeat a 429 by themselves.</exception>
    public void Admit(string email)
    {
        if (failures.TryGetValue(email, out var seen) && seen.Count >= Tries && time.GetUtcNow() < seen.Since + Window)
        {
            throw ApiError.Forbidden($"Too many wrong passwords; try again after {seen.Since + Window:u}.");
        }
    }

    public void Failed(string email)
    {
        var now = time.GetUtcNow();
        if (failures.Count > MostRemembered)
        {
            failures.Clear();
        }

        failures.AddOrUpdate(email, (1, now), (_, seen) => now < seen.Since + Window ? (seen.Count + 1, seen.Since) : (1, now));
    }

    public void Succeeded(string email) => failures.TryRemove(email, out _);
}
