using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Accounts;

/// <summary>The cloud accounts that the console has assigned to this gateway.</summary>
public interface IAccounts
{
    /// <returns>The accounts that are new or changed.</returns>
    IReadOnlySet<AccountId> Apply(IEnumerable<SealedAccount> changed, IEnumerable<AccountId> removed);
}
