using System.Security.Cryptography;
using Gantry.Engine.Ports;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Pairing;
using Gantry.Maas;
using Gantry.Protocol;

namespace Gantry.Gateway.Accounts;

/// <summary>
/// Opens a sealed account: the only place where a MAAS key exists in the clear, and where it is decided whether the key may go
/// where the console says. The key goes only to the endpoint, trusting only the certificates, that it was sealed with; only
/// to an endpoint that the limits allow; and only through the proxy of the limits or of this machine.
/// </summary>
/// <param name="earlier">Keys that version 0.1 sealed, which are bound to nothing: the endpoint of each.</param>
internal sealed class AccountOpener(
    GatewayIdentity identity,
    GatewayLimits limits,
    IReadOnlyDictionary<SealedSecret, string> earlier,
    OpenMaas openMaas,
    TimeProvider time
)
{
    /// <summary>A client that the caller disposes.</summary>
    /// <exception cref="RegionException">The account cannot be used; the message names the reason.</exception>
    public MaasClient Open(SealedAccount account, TimeSpan? timeout = null)
    {
        try
        {
            var endpoint = MaasEndpoint.Parse(account.Endpoint);
            RequireAllowed(endpoint);
            var options = new MaasClientOptions(endpoint, MaasApiKey.Parse(Reveal(account, endpoint)))
            {
                CaPem = account.CaPem is { } pem ? MaasCa.Parse(pem).Pem : null,
                Proxy = limits.MaasProxy,
            };
            return openMaas(timeout is { } attempt ? options with { Timeout = attempt, ReadAttempts = 1 } : options, time);
        }
        catch (CryptographicException)
        {
            throw new RegionException(
                RegionFailure.CredentialsRejected,
                $"The MAAS key of account '{account.Name}' is not sealed to this gateway for this address and CA; enter the key "
                    + "again with `gantry account update`."
            );
        }
        catch (FormatException wrong)
        {
            throw new RegionException(RegionFailure.Invalid, $"Account '{account.Name}': {wrong.Message}");
        }
    }

    // The canonical forms are sealed, so that another spelling of the same address opens too.
    private string Reveal(SealedAccount account, MaasEndpoint endpoint)
    {
        if (account.Key.IsBound)
        {
            var destination = account.Destination with { Endpoint = endpoint.ToString() };
            return account.Key.Open(identity.Sealing, destination.AssociatedData());
        }

        RequireKnownDestination(account, endpoint);
        return account.Key.OpenUnbound(identity.Sealing);
    }

    private void RequireKnownDestination(SealedAccount account, MaasEndpoint endpoint)
    {
        var known =
            earlier.TryGetValue(account.Key, out var text)
            && MaasEndpoint.TryParse(text, out var first, out _)
            && first == endpoint;
        if (account.CaPem is not null || !(known || limits.MaasEndpoints.Contains(endpoint)))
        {
            throw new RegionException(
                RegionFailure.Forbidden,
                $"The MAAS key of account '{account.Name}' was sealed by version 0.1, without its address, and this gateway did "
                    + $"not use it with {endpoint} before: enter the key again with `gantry account update`."
            );
        }
    }

    // The console supplies the URL that a key is sent to; only the data centre's own file decides which URLs are allowed.
    private void RequireAllowed(MaasEndpoint endpoint)
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
}
