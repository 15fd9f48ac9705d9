using System.Security.Cryptography;
using System.Text;

namespace Gantry.Server.Security;

/// <summary>
/// Passwords as PBKDF2-HMAC-SHA256 (stored as <c>pbkdf2$iterations$salt$hash</c>); keys with enough entropy as plain SHA-256.
/// </summary>
public static class Passwords
{
    // OWASP's figure for PBKDF2-HMAC-SHA256.
    private const int Iterations = 600_000;
    private const int HashSize = 32;
    private const string ReadableLetters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, HashSize);
        return $"pbkdf2${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    public static bool Matches(string password, string stored)
    {
        var parts = stored.Split('$');
        if (parts is not ["pbkdf2", var iterations, var salt, var hash])
        {
            return false;
        }

        var expected = Convert.FromBase64String(hash);
        var actual = Rfc2898DeriveBytes.Pbkdf2(
            password,
            Convert.FromBase64String(salt),
            int.Parse(iterations),
            HashAlgorithmName.SHA256,
            expected.Length
        );
        return CryptographicOperations.FixedTimeEquals(actual, expected);
    }

    /// <summary>24 letters and digits without look-alikes: 139 bits.</summary>
    public static string Generate() => RandomNumberGenerator.GetString(ReadableLetters, 24);

    /// <summary>256 bits in base64url, the form of API keys.</summary>
    public static string GenerateKey() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string HashKey(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
