using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Accounts;

/// <summary>The cloud accounts that the console has told this gateway of.</summary>
public interface IAccounts
{
    /// <returns>The accounts that are new or other than before.</returns>
    IReadOnlySet<AccountId> Apply(IEnumerable<SealedAccount> changed, IEnumerable<AccountId> removed);
}
