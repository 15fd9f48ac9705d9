using System.Collections.Concurrent;
using Gantry.Gateway.Limits;
using Gantry.Maas;
using Gantry.Protocol;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Accounts;

/// <summary>
/// Which addresses this gateway knows as MAAS regions. Whoever may use the console's API can have any address tried with a key of
/// their own. Of an address that is not known they learn only whether a MAAS there takes the key; every other answer is the same
/// and comes after the same time, whatever is there, so that nobody maps the data centre's network with the gateway.
/// </summary>
internal sealed partial class KnownRegions(AccountOpener opener, GatewayLimits limits, TimeProvider time, ILogger log)
{
    /// <summary>For one call of MAAS on request.</summary>
    public static readonly TimeSpan OneAttempt = TimeSpan.FromSeconds(10);

    /// <summary>An address without a MAAS is answered after this time: longer than <see cref="OneAttempt"/>.</summary>
    public static readonly TimeSpan NoRegionAfter = OneAttempt + TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<MaasEndpoint, bool> _tookKey = new();

    /// <summary>Tries the account when its address is not known.</summary>
    /// <returns>The answer about an address that is no known region; <c>null</c> when it is one, or has just become one.</returns>
    /// <exception cref="RegionException">The account cannot be used; nothing was sent.</exception>
    public async Task<GatewayError?> RefuseUnknownAsync(SealedAccount account, CancellationToken cancellationToken)
    {
        var endpoint = MaasEndpoint.TryParse(account.Endpoint, out var parsed, out _) ? parsed : null;
        if (endpoint is not null && (limits.MaasEndpoints.Contains(endpoint) || _tookKey.ContainsKey(endpoint)))
        {
            return null;
        }

        using var maas = opener.Open(account, OneAttempt);
        var begun = time.GetTimestamp();
        var isMaas = false;
        try
        {
            // MAAS returns its version without a key: what refuses the key afterwards is a MAAS.
            var version = await maas.Version.GetAsync(cancellationToken);
            isMaas = version.Version is { Length: > 0 } && version.Line.Major > 0;
            await maas.Users.WhoAmIAsync(cancellationToken);
            if (isMaas)
            {
                _tookKey[endpoint!] = true;
                return null;
            }

            NoRegion(account.Endpoint, "what answers has no version of MAAS");
        }
        catch (MaasCredentialsRejectedException rejected) when (isMaas)
        {
            return new GatewayError("CredentialsRejected", rejected.Message);
        }
        catch (MaasException failure)
        {
            NoRegion(account.Endpoint, failure.Message);
        }

        var rest = NoRegionAfter - time.GetElapsedTime(begun);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, time, cancellationToken);
        }

        return new GatewayError(
            "Unreachable",
            $"The gateway finds no MAAS that it trusts at {endpoint}: write its address as http://maas.example:5240/MAAS, and give "
                + "the CA of an HTTPS region (caCert, --maas-ca). The gateway's log says what it saw, and so does an answer "
                + $"about an address in maasEndpoints of {GatewayLimits.FileName}."
        );
    }

    [LoggerMessage(2033, LogLevel.Warning, "An account was tried at {Endpoint}, where no known MAAS answers: {Problem}")]
    private partial void NoRegion(string endpoint, string problem);
}
