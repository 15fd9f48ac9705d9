using Gantry.Gateway.Link;
using Gantry.Protocol;

namespace Gantry.Gateway.Pairing;

/// <summary>Pairs the gateway with its console, once.</summary>
internal static class FirstPairing
{
    /// <summary>The stored pairing, or a new one when there is none or when it was revoked and a new code is given.</summary>
    /// <exception cref="GatewayException">There is no code, the console refuses it, or the console is unreachable.</exception>
    public static async Task<(PairedConsole Paired, bool IsNew)> EnsureAsync(
        GatewayOptions options,
        GatewayIdentity identity,
        Func<Uri, ConsoleLink> open,
        CancellationToken cancellationToken
    )
    {
        var known = PairedConsole.Read(options.DataFolder);
        var code = string.IsNullOrWhiteSpace(options.PairingCode) ? null : options.PairingCode.Trim();
        if (known is not null && (known.Revoked is null || code is null || PairedConsole.HashOf(code) == known.CodeHash))
        {
            return (At(options.ConsoleUrl ?? known.ConsoleUrl, known, options.DataFolder), false);
        }

        if (code is null)
        {
            throw new GatewayException(
                $"This gateway ('{options.DataFolder}') is not paired yet: take a pairing code from the console and give "
                    + "it as PairingCode."
            );
        }

        var console =
            options.ConsoleUrl
            ?? known?.ConsoleUrl
            ?? throw new GatewayException("ConsoleUrl is missing: write the console's address, as https://console.example:8443.");
        using var link = open(console);
        var paired = await PairAsync(link, console, code, options.Name, identity, cancellationToken);
        paired.Write(options.DataFolder);
        return (paired, true);
    }

    private static PairedConsole At(Uri console, PairedConsole known, string dataFolder)
    {
        if (console == known.ConsoleUrl)
        {
            return known;
        }

        var moved = known with { ConsoleUrl = console };
        moved.Write(dataFolder);
        return moved;
    }

    private static async Task<PairedConsole> PairAsync(
        ConsoleLink link,
        Uri console,
        string code,
        string name,
        GatewayIdentity identity,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var answer = await link.PairAsync(
                new PairRequest(code, name, identity.SigningKey, identity.SealingKey, GatewayVersion.Text),
                cancellationToken
            );
            return answer.Fingerprint == identity.Fingerprint
                ? new PairedConsole(answer.GatewayUid, answer.Name, console, PairedConsole.HashOf(code))
                : throw new GatewayException(
                    $"The console recorded another key ({answer.Fingerprint}) than this gateway's ({identity.Fingerprint}): "
                        + "something on the "
                        + "way changes requests. Delete the gateway in the console and pair again over a way you trust."
                );
        }
        catch (ConsoleRefusedException refused)
        {
            throw new GatewayException($"The console did not pair this gateway. {refused.Message}", refused);
        }
        catch (ConsoleFailure failure)
        {
            throw new GatewayException(failure.Message, failure);
        }
    }
}
