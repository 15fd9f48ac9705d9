using System.Collections.Concurrent;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Wrong passwords for one e-mail.</summary>
/// <param name="Since">When the first of them was entered.</param>
public sealed record LoginFailure(int Count, DateTimeOffset Since);

/// <summary>Counts wrong passwords by e-mail, whether or not such a user exists.</summary>
public interface ILoginFailures
{
    Task<LoginFailure?> FindAsync(string email, CancellationToken cancellationToken);

    /// <param name="window">The time after which the count starts again.</param>
    Task AddAsync(string email, DateTimeOffset now, TimeSpan window, CancellationToken cancellationToken);

    Task ForgetAsync(string email, CancellationToken cancellationToken);
}

/// <summary>Counts in this process.</summary>
public sealed class ProcessLoginFailures : ILoginFailures
{
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<string, LoginFailure> _failures = new();

    public Task<LoginFailure?> FindAsync(string email, CancellationToken cancellationToken) =>
        Task.FromResult(_failures.GetValueOrDefault(email));

    public Task AddAsync(string email, DateTimeOffset now, TimeSpan window, CancellationToken cancellationToken)
    {
        if (_failures.Count > MostRemembered)
        {
            _failures.Clear();
        }

        _failures.AddOrUpdate(
            email,
            new LoginFailure(1, now),
            (_, seen) => now < seen.Since + window ? seen with { Count = seen.Count + 1 } : new LoginFailure(1, now)
        );
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string email, CancellationToken cancellationToken)
    {
        _failures.TryRemove(email, out _);
        return Task.CompletedTask;
    }
}

/// <summary>Counts in rows, for all consoles on one store.</summary>
public sealed class StoredLoginFailures(ConsoleDb db) : ILoginFailures
{
    public async Task<LoginFailure?> FindAsync(string email, CancellationToken cancellationToken) =>
        await db
            .LoginFailures.AsNoTracking()
            .Where(row => row.Email == email)
            .Select(row => new LoginFailure(row.Count, row.Since))
            .FirstOrDefaultAsync(cancellationToken);

    public async Task AddAsync(string email, DateTimeOffset now, TimeSpan window, CancellationToken cancellationToken)
    {
        var (oldest, since) = (now - window, now.ToUnixTimeMilliseconds());
        await db.LoginFailures.Where(row => row.Since <= oldest).ExecuteDeleteAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into "LoginFailures" ("Email", "Count", "Since") values ({email}, 1, {since})
            on conflict ("Email") do update set "Count" = "LoginFailures"."Count" + 1
            """,
            cancellationToken
        );
    }

    public Task ForgetAsync(string email, CancellationToken cancellationToken) =>
        db.LoginFailures.Where(row => row.Email == email).ExecuteDeleteAsync(cancellationToken);
}
