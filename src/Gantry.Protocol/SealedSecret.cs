using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Gantry.Protocol;

/// <summary>
/// A secret that only the holder of one private key can read: an ephemeral P-256 key agreement, HKDF-SHA256 and
/// AES-256-GCM. The console can create and store one, but not open it. It opens only with the associated data that it was
/// sealed with.
/// </summary>
/// <param name="EphemeralKey">SubjectPublicKeyInfo in base64.</param>
/// <param name="Box">
/// <c>v2:</c> and in base64 nonce, ciphertext and tag. Version 0.1 wrote the base64 alone and no associated data.
/// </param>
public sealed record SealedSecret(string EphemeralKey, string Box)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const string BoundMark = "v2:";
    private static readonly byte[] BoundPurpose = Encoding.ASCII.GetBytes("gantry sealed secret v2");
    private static readonly byte[] UnboundPurpose = Encoding.ASCII.GetBytes("gantry sealed secret v1");

    /// <summary>Whether it was sealed with associated data; version 0.1 sealed without.</summary>
    [JsonIgnore]
    public bool IsBound => Box.StartsWith(BoundMark, StringComparison.Ordinal);

    /// <param name="recipient">ECDH P-256 public key, SubjectPublicKeyInfo in base64.</param>
    /// <param name="boundTo">Not secret. Opening needs the same bytes.</param>
    public static SealedSecret Seal(string secret, string recipient, ReadOnlySpan<byte> boundTo)
    {
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(Convert.FromBase64String(recipient), out _);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = ephemeral.ExportSubjectPublicKeyInfo();

        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var cipher = new AesGcm(Agree(ephemeral, theirs, publicKey, BoundPurpose), TagSize);
        cipher.Encrypt(
            box.AsSpan(0, NonceSize),
            plain,
            box.AsSpan(NonceSize, plain.Length),
            box.AsSpan(NonceSize + plain.Length),
            boundTo
        );
        return new SealedSecret(Convert.ToBase64String(publicKey), BoundMark + Convert.ToBase64String(box));
    }

    /// <exception cref="CryptographicException">
    /// The secret was sealed to another key, with other associated data or by version 0.1, or was modified.
    /// </exception>
    /// <exception cref="FormatException">The secret is not base64.</exception>
    public string Open(ECDiffieHellman recipient, ReadOnlySpan<byte> boundTo) =>
        IsBound
            ? Open(recipient, Box[BoundMark.Length..], BoundPurpose, boundTo)
            : throw new CryptographicException("The secret is sealed without associated data.");

    /// <summary>Opens a secret that version 0.1 sealed. The caller answers for where it may be used.</summary>
    /// <exception cref="CryptographicException">The secret was sealed to another key, or was modified.</exception>
    /// <exception cref="FormatException">The secret is not base64.</exception>
    public string OpenUnbound(ECDiffieHellman recipient) => Open(recipient, Box, UnboundPurpose, []);

    private string Open(ECDiffieHellman recipient, string base64, byte[] purpose, ReadOnlySpan<byte> boundTo)
    {
        var publicKey = Convert.FromBase64String(EphemeralKey);
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(publicKey, out _);
        var box = Convert.FromBase64String(base64);
        if (box.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("The sealed secret is shorter than its nonce and tag.");
        }

        var plain = new byte[box.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(Agree(recipient, theirs, publicKey, purpose), TagSize);
        cipher.Decrypt(
            box.AsSpan(0, NonceSize),
            box.AsSpan(NonceSize, plain.Length),
            box.AsSpan(NonceSize + plain.Length),
            plain,
            boundTo
        );
        return Encoding.UTF8.GetString(plain);
    }

    private static byte[] Agree(ECDiffieHellman mine, ECDiffieHellman theirs, byte[] ephemeralKey, byte[] purpose)
    {
        try
        {
            return HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                mine.DeriveRawSecretAgreement(theirs.PublicKey),
                outputLength: 32,
                salt: ephemeralKey,
                info: purpose
            );
        }
        catch (ArgumentException otherCurve)
        {
            throw new CryptographicException("The ephemeral key is not on the recipient's curve.", otherCurve);
        }
    }
}
