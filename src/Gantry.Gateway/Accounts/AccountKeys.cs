using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Pairing;
using Gantry.Gateway.Sync;
using Gantry.Maas;
using Gantry.Protocol;

namespace Gantry.Gateway.Accounts;

/// <summary>Opens a MAAS client; tests open one inside the process.</summary>
public delegate MaasClient OpenMaas(MaasClientOptions options, TimeProvider time);

/// <summary>
/// The gateway's cloud accounts. Their keys are decrypted with the sealing key on use; the plain keys exist in memory only.
/// </summary>
internal sealed class AccountKeys(
    GatewayIdentity identity,
    GatewayLimits limits,
    IDesiredStore store,
    LimitNotes notes,
    OpenMaas openMaas,
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

    /// <summary>A separate client, for an account that is only tested.</summary>
    /// <exception cref="RegionException">The account cannot be used; the message names the reason.</exception>
    public MaasClient Open(SealedAccount account, TimeSpan? timeout = null)
    {
        try
        {
            var endpoint = MaasEndpoint.Parse(account.Endpoint);
            CheckEndpoint(endpoint);
            var options = new MaasClientOptions(endpoint, MaasApiKey.Parse(account.Key.Open(identity.Sealing)))
            {
                CaPem = account.CaPem,
                Proxy = account.Proxy,
            };
            return openMaas(timeout is { } attempt ? options with { Timeout = attempt, ReadAttempts = 1 } : options, time);
        }
        catch (CryptographicException)
        {
            throw new RegionException(
                RegionFailure.CredentialsRejected,
                $"The MAAS key of account '{account.Name}' is not sealed to this gateway; enter the key again."
            );
        }
        catch (FormatException wrong)
        {
            throw new RegionException(RegionFailure.Invalid, $"Account '{account.Name}': {wrong.Message}");
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
        var client = new Lazy<MaasClient>(() => Open(account));
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

    // The console supplies the URL that a key is sent to; only the data centre's own file decides which URLs are allowed.
    private void CheckEndpoint(MaasEndpoint endpoint)
    {
        if (limits.MaasEndpoints.Count > 0 && !limits.MaasEndpoints.Contains(endpoint))
        {
            throw new RegionException(
                RegionFailure.Forbidden,
                $"MAAS keys are not sent to '{endpoint}': maasEndpoints in {GatewayLimits.FileName} has only "
                    + $"{string.Join(", ", limits.MaasEndpoints)}."
            );
        }
    }

    private sealed record OpenAccount(Lazy<MaasClient> Client, LimitedRegion Limited);
}
