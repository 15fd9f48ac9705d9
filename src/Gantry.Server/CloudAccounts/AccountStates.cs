using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudAccounts;

/// <summary>The state of an account's key after it was accepted, reported only by the clusters that use it.</summary>
public static class AccountStates
{
    /// <summary>
    /// <c>Running</c>, or <c>CredentialsRejected</c> while a cluster of the account reports that MAAS refuses the key.
    /// </summary>
    /// <returns>By uid, one for each account given.</returns>
    public static async Task<IReadOnlyDictionary<string, AccountStatus>> StatesAsync(
        this ConsoleDb db,
        IReadOnlyList<AccountRow> accounts,
        CancellationToken cancellationToken
    )
    {
        string[] uids = [.. accounts.Select(account => account.Uid)];

        // Statuses are long, and most do not contain the word.
        var suspects = await db
            .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .AsNoTracking()
            .Include(row => row.Report)
            .Where(row =>
                uids.Contains(row.AccountUid)
                && row.DeletedAt == null
                && row.Report!.StatusJson.Contains(Reasons.CredentialsRejected)
            )
            .ToListAsync(cancellationToken);
        return accounts.ToDictionary(
            account => account.Uid,
            account => new AccountStatus(
                suspects.Exists(row => row.AccountUid == account.Uid && IsRefused(row, account))
                    ? CloudAccountStates.CredentialsRejected
                    : CloudAccountStates.Running
            )
        );
    }

    // A report older than the account's last change is about the previous key.
    private static bool IsRefused(ClusterRow row, AccountRow account) =>
        row.Report!.ReportedAt >= account.ModifiedAt
        && ClusterViews
            .Status(row)!
            .Conditions.Any(condition => condition is { Status: ConditionStatus.False, Reason: Reasons.CredentialsRejected });
}
