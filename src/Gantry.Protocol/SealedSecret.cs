using System.Security.Cryptography;
using System.Text;

namespace Gantry.Protocol;

/// <summary>
/// A secret that only the holder of one private key can read: an ephemeral P-256 key agreement, HKDF-SHA256 and AES-256-GCM. The
/// console can create and store one, but not open it.
/// </summary>
/// <param name="EphemeralKey">SubjectPublicKeyInfo in base64.</param>
/// <param name="Box">Nonce, ciphertext and tag, in base64.</param>
public sealed record SealedSecret(string EphemeralKey, string Box)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("gantry sealed secret v1");

    /// <param name="recipient">ECDH P-256 public key, SubjectPublicKeyInfo in base64.</param>
    public static SealedSecret Seal(string secret, string recipient)
    {
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(Convert.FromBase64String(recipient), out _);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = ephemeral.ExportSubjectPublicKeyInfo();

        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var cipher = new AesGcm(Agree(ephemeral, theirs, publicKey), TagSize);
        cipher.Encrypt(
            box.AsSpan(0, NonceSize),
            plain,
            box.AsSpan(NonceSize, plain.Length),
            box.AsSpan(NonceSize + plain.Length)
        );
        return new SealedSecret(Convert.ToBase64String(publicKey), Convert.ToBase64String(box));
    }

    /// <exception cref="CryptographicException">The secret was sealed to another key, or was modified.</exception>
    public string Open(ECDiffieHellman recipient)
    {
        var publicKey = Convert.FromBase64String(EphemeralKey);
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(publicKey, out _);
        var box = Convert.FromBase64String(Box);
        if (box.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("The sealed secret is shorter than its nonce and tag.");
        }

        var plain = new byte[box.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(Agree(recipient, theirs, publicKey), TagSize);
        cipher.Decrypt(
            box.AsSpan(0, NonceSize),
            box.AsSpan(NonceSize, plain.Length),
            box.AsSpan(NonceSize + plain.Length),
            plain
        );
        return Encoding.UTF8.GetString(plain);
    }

    private static byte[] Agree(ECDiffieHellman mine, ECDiffieHellman theirs, byte[] ephemeralKey) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            mine.DeriveRawSecretAgreement(theirs.PublicKey),
            outputLength: 32,
            salt: ephemeralKey,
            info: Purpose
        );
}
