using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Sync;
using Gantry.Maas;
using Gantry.Protocol;

namespace Gantry.Gateway.Accounts;

/// <summary>Opens a MAAS client; tests open one inside the process.</summary>
public delegate MaasClient OpenMaas(MaasClientOptions options, TimeProvider time);

/// <summary>The gateway's cloud accounts. A key is decrypted on first use.</summary>
internal sealed class AccountKeys(
    AccountOpener opener,
    GatewayLimits limits,
    IDesiredStore store,
    LimitNotes notes,
    Func<MaasClient, IRegion> openRegion,
    TimeProvider time
) : IAccounts, IRegionSource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, SealedAccount> _accounts = [];
    private readonly ConcurrentDictionary<AccountId, OpenAccount> _open = new();
    private readonly ConcurrentBag<OpenAccount> _retired = [];

    public IReadOnlySet<AccountId> Apply(IEnumerable<SealedAccount> changed, IEnumerable<AccountId> removed)
    {
        lock (_gate)
        {
            var news = new HashSet<AccountId>();
            foreach (var account in changed)
            {
                if (!_accounts.TryGetValue(account.Id, out var known) || known != account)
                {
                    _accounts[account.Id] = account;
                    Retire(account.Id);
                    news.Add(account.Id);
                }
            }

            foreach (var gone in removed)
            {
                _accounts.Remove(gone);
                Retire(gone);
            }

            return news;
        }
    }

    public IRegion? Find(AccountId account) => FindOpen(account)?.Limited;

    /// <summary>
    /// A client for the account; <c>null</c> while the account is unknown here. The caller does not dispose it.
    /// </summary>
    /// <exception cref="RegionException">The account cannot be used.</exception>
    public MaasClient? FindClient(AccountId account) => FindOpen(account)?.Client.Value;

    /// <returns><c>null</c> while the account is unknown here.</returns>
    public SealedAccount? FindSealed(AccountId account)
    {
        lock (_gate)
        {
            return _accounts.GetValueOrDefault(account);
        }
    }

    /// <summary>The region over a client of an account that is only tested.</summary>
    public IRegion OpenRegion(MaasClient client) => openRegion(client);

    public void Dispose()
    {
        foreach (var account in _open.Values.Concat(_retired).Where(account => account.Client.IsValueCreated))
        {
            account.Client.Value.Dispose();
        }
    }

    private OpenAccount? FindOpen(AccountId id)
    {
        lock (_gate)
        {
            return _accounts.TryGetValue(id, out var account) ? _open.GetOrAdd(id, _ => OpenLater(account)) : null;
        }
    }

    private OpenAccount OpenLater(SealedAccount account)
    {
        var client = new Lazy<MaasClient>(() => opener.Open(account));
        var region = new Lazy<IRegion>(() => openRegion(client.Value));
        return new OpenAccount(client, new LimitedRegion(account.Id, () => region.Value, limits, store, notes, time));
    }

    // Not disposed yet: a call with the old key may be in flight, and a write must not be interrupted.
    private void Retire(AccountId account)
    {
        if (_open.TryRemove(account, out var old))
        {
            _retired.Add(old);
        }
    }

    private sealed record OpenAccount(Lazy<MaasClient> Client, LimitedRegion Limited);
}
