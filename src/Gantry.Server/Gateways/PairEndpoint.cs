using System.Security.Cryptography;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>Pairs a new gateway by its code and its public keys.</summary>
public static class PairEndpoint
{
    public static async Task<IResult> PairAsync(
        HttpContext context,
        ConsoleDb db,
        Changes changes,
        Caller caller,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var request = await GatewayBody.ReadAsync<PairRequest>(context);
        var check = new Check();
        check.That(!string.IsNullOrWhiteSpace(request.Code), "code", "is missing; take one from the console");
        CheckKey(check, "signingKey", request.SigningKey);
        CheckKey(check, "sealingKey", request.SealingKey);
        check.ThrowIfFailed();

        await using var write = await changes.BeginAsync(cancellationToken);
        var hash = PairingCodes.Hash(request.Code);
        var code = await db.PairingCodes.IgnoreQueryFilters().FirstOrDefaultAsync(row => row.CodeHash == hash, cancellationToken);
        if (
            code is { GatewayUid: { } known }
            && await db
                .Gateways.IgnoreQueryFilters()
                .AsNoTracking()
                .FirstOrDefaultAsync(
                    row => row.Uid == known && row.SigningKey == request.SigningKey && row.RevokedAt == null,
                    cancellationToken
                )
                is { } paired
        )
        {
            // The response to the first request was lost; the key proves that it is the same gateway.
            return Answer(paired);
        }

        Refuse(code, time.GetUtcNow());
        var name = !string.IsNullOrWhiteSpace(request.Name) ? request.Name.Trim() : code!.Name;
        check.Name(name, "name");
        check.ThrowIfFailed();

        // The gateway belongs to the tenant of the code.
        caller.Become(new Identity(Identity.GatewayType, Uids.New(), name, code!.TenantUid));
        if (await db.Gateways.AnyAsync(row => row.ActiveName == name, cancellationToken))
        {
            throw ApiError.Duplicate("gateway", name);
        }

        var now = time.GetUtcNow();
        var gateway = new GatewayRow
        {
            Uid = caller.Uid,
            Name = name,
            ActiveName = name,
            SigningKey = request.SigningKey,
            SealingKey = request.SealingKey,
            Fingerprint = Fingerprint.Of(request.SigningKey),
            Version = request.Version ?? "",
            PairedAt = now,
        };
        db.Gateways.Add(gateway);
        code.UsedAt = now;
        code.GatewayUid = gateway.Uid;
        write.Record(
            AuditAction.Create,
            new Subject("overlord", gateway.Uid, gateway.Name),
            after: new { gateway.Name, gateway.Fingerprint }
        );
        await write.CommitAsync(cancellationToken);
        context
            .RequestServices.GetRequiredService<ILoggerFactory>()
            .CreateLogger("Gantry.Server")
            .GatewayPaired(gateway.Name, gateway.Fingerprint, gateway.Version);
        return Answer(gateway);
    }

    private static void Refuse(PairingCodeRow? code, DateTimeOffset now)
    {
        if (code is null)
        {
            throw ApiError.Unauthorized("The pairing code is not known; take a new one from the console.");
        }

        if (code.UsedAt is { } used)
        {
            throw ApiError.Unauthorized($"The pairing code was used at {used:u} already; take a new one from the console.");
        }

        if (code.ExpiresAt <= now)
        {
            throw ApiError.Unauthorized($"The pairing code expired at {code.ExpiresAt:u}; take a new one from the console.");
        }
    }

    private static void CheckKey(Check check, string field, string? key)
    {
        const string wanted = "send a P-256 public key as SubjectPublicKeyInfo in base64";
        try
        {
            using var parsed = ECDiffieHellman.Create();
            parsed.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key ?? ""), out _);
            check.That(parsed.KeySize is 256, field, $"is a key of {parsed.KeySize} bits; {wanted}");
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or FormatException)
        {
            check.Problem(field, $"is not a public key; {wanted}");
        }
    }

    private static IResult Answer(GatewayRow gateway) =>
        Results.Json(new PairResponse(gateway.Uid, gateway.Name, gateway.Fingerprint), ProtocolJson.Options);
}
