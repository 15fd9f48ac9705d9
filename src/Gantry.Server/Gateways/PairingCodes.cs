using System.Security.Cryptography;
using Gantry.Server.Security;
using Gantry.Server.Store;

namespace Gantry.Server.Gateways;

/// <summary>Codes for the pairing of new gateways: single use, expiring, stored as a hash.</summary>
public sealed class PairingCodes(ConsoleDb db, Changes changes, ConsoleOptions options, TimeProvider time)
{
    // Without look-alikes: operators read these codes aloud. 20 letters of 32 are 100 bits.
    private const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <param name="name">The default name of the gateway.</param>
    public async Task<string> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var code = string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Letters, 5)));
        var now = time.GetUtcNow();
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = new PairingCodeRow
        {
            CodeHash = Hash(code),
            Name = name,
            CreatedAt = now,
            ExpiresAt = now + options.PairingCodeLifetime,
        };
        db.PairingCodes.Add(row);
        write.Record(AuditAction.Create, new Subject("pairingcode", row.CodeHash[..12], name), after: new { row.ExpiresAt });
        await write.CommitAsync(cancellationToken);
        return code;
    }

    public static string Hash(string code) => Passwords.HashKey(code.Trim().ToUpperInvariant());
}
