using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Resets the administrator's password for the owner of the console's machine.</summary>
public sealed class LocalAdministrator(ConsoleDb db, Changes changes, Tenancy tenancy, TimeProvider time)
{
    public async Task<Bootstrap> ReissueAsync(CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var admin =
            await db.Users.FirstOrDefaultAsync(row => row.Email == tenancy.AdminEmail, cancellationToken)
            ?? await db.Users.OrderBy(row => row.CreatedAt).FirstAsync(cancellationToken);
        var password = Passwords.Generate();
        admin.PasswordHash = Passwords.Hash(password);
        admin.IsActive = true;
        db.ApiKeys.RemoveRange(
            await db.ApiKeys.Where(row => row.UserUid == admin.Uid && row.IsLocal).ToListAsync(cancellationToken)
        );
        var (row, key) = FirstStart.NewKey("reissued", admin.Uid, time.GetUtcNow());
        row.IsLocal = true;
        db.ApiKeys.Add(row);
        write.Record(AuditAction.Update, new Subject("user", admin.Uid, admin.Email), after: new { credentials = "reissued" });
        await write.CommitAsync(cancellationToken);
        return new Bootstrap(admin.Email, password, key);
    }
}
