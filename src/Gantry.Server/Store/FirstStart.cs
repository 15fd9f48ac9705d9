using Gantry.Server.Api;
using Gantry.Server.Security;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

/// <summary>
/// The credentials created on the first start. The store keeps only their hashes, so they are shown only once.
/// </summary>
public sealed record Bootstrap(string AdminEmail, string AdminPassword, string ApiKey)
{
    public override string ToString() => $"first credentials of {AdminEmail}";
}

/// <summary>The settings that apply to the whole console.</summary>
public sealed record Tenancy(string TenantUid, string OrgName, string AdminEmail);

/// <summary>Migrates the store and creates the rows that every console needs.</summary>
public static class FirstStart
{
    public const string DefaultProject = "Default";
    private const string TenantSetting = "tenantUid";

    // The key of session tokens in stores of version 0.1; it counts no more.
    private const string FormerSessionKeySetting = "sessionKey";
    private const string EpochSetting = "epoch";

    public static async Task<(Tenancy Tenancy, Bootstrap? Bootstrap)> EnsureAsync(
        ConsoleDb db,
        ConsoleOptions options,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await db.Database.MigrateAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var tenant = await SettingAsync(db, TenantSetting, Uids.New, cancellationToken);
        await db.Settings.Where(row => row.Name == FormerSessionKeySetting).ExecuteDeleteAsync(cancellationToken);
        await BeginEpochAsync(db, cancellationToken);
        var email = options.AdminEmail.ToLowerInvariant();
        var bootstrap = await db.Users.AnyAsync(cancellationToken)
            ? null
            : MakeAdministrator(db, tenant, email, time.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (new Tenancy(tenant, "Default", email), bootstrap);
    }

    /// <summary>Identifies the period since a console last started on this store; the same for all replicas.</summary>
    public static async Task<string?> EpochAsync(ConsoleDb db, CancellationToken cancellationToken) =>
        (await db.Settings.AsNoTracking().SingleOrDefaultAsync(row => row.Name == EpochSetting, cancellationToken))?.Value;

    // The store may have been restored from a backup since the last start, which cannot be detected.
    private static async Task BeginEpochAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        if (await db.Settings.FindAsync([EpochSetting], cancellationToken) is { } before)
        {
            db.Settings.Remove(before);
            await db.SaveChangesAsync(cancellationToken);
        }

        db.Settings.Add(new SettingRow { Name = EpochSetting, Value = Uids.New() });
    }

    /// <summary>Creates a key of a user, valid until it is deleted.</summary>
    public static (ApiKeyRow Row, string Key) NewKey(string name, string userUid, DateTimeOffset now)
    {
        var key = Passwords.GenerateKey();
        return (
            new ApiKeyRow
            {
                Uid = Uids.New(),
                Name = name,
                KeyHash = Passwords.HashKey(key),
                UserUid = userUid,
                CreatedAt = now,
                ModifiedAt = now,
            },
            key
        );
    }

    private static Bootstrap MakeAdministrator(ConsoleDb db, string tenant, string email, DateTimeOffset now)
    {
        var password = Passwords.Generate();
        var user = new UserRow
        {
            TenantUid = tenant,
            Uid = Uids.New(),
            Email = email,
            FirstName = "Local",
            LastName = "Administrator",
            PasswordHash = Passwords.Hash(password),
            CreatedAt = now,
        };
        var (row, key) = NewKey("first start", user.Uid, now);
        (row.TenantUid, row.IsLocal) = (tenant, true);
        db.Users.Add(user);
        db.ApiKeys.Add(row);
        db.Projects.Add(
            new ProjectRow
            {
                TenantUid = tenant,
                Uid = Uids.New(),
                Name = DefaultProject,
                CreatedAt = now,
                ModifiedAt = now,
            }
        );
        db.Audits.Add(
            new AuditRow
            {
                TenantUid = tenant,
                Uid = Uids.New(),
                At = now,
                ActorType = "system",
                ActorUid = "",
                ActorName = "console",
                RemoteAddress = "",
                Action = "create",
                ResourceKind = "user",
                ResourceUid = user.Uid,
                ResourceName = email,
                AfterJson = StoreJson.Write(new { email, project = DefaultProject }),
            }
        );
        return new Bootstrap(email, password, key);
    }

    private static async Task<string> SettingAsync(
        ConsoleDb db,
        string name,
        Func<string> make,
        CancellationToken cancellationToken
    )
    {
        if (await db.Settings.FindAsync([name], cancellationToken) is { } existing)
        {
            return existing.Value;
        }

        var row = new SettingRow { Name = name, Value = make() };
        db.Settings.Add(row);
        return row.Value;
    }
}
