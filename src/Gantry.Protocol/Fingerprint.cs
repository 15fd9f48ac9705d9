using System.Security.Cryptography;

namespace Gantry.Protocol;

/// <summary>A key's fingerprint, shown on both sides of a pairing for people to compare.</summary>
public static class Fingerprint
{
    /// <param name="publicKey">SubjectPublicKeyInfo in base64.</param>
    /// <returns>The first 16 bytes of the key's SHA-256 as <c>ab:cd:…</c>.</returns>
    public static string Of(string publicKey) =>
        string.Join(':', SHA256.HashData(Convert.FromBase64String(publicKey)).Take(16).Select(part => part.ToString("x2")));
}
