using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Server.Security;

/// <summary>
/// Seals kubeconfigs for the store, with a key derived from that of sessions: all replicas have it, and a copy of the database
/// alone opens none. Whoever has both could sign in as anybody and download a kubeconfig anyway.
/// </summary>
public sealed class KubeconfigSeal(byte[] sessionKey)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        sessionKey,
        32,
        info: "gantry kubeconfigs"u8.ToArray()
    );

    /// <param name="place">The cluster and the person; the sealed text opens for no other.</param>
    public string Close(string yaml, (string Cluster, string User) place)
    {
        var text = Encoding.UTF8.GetBytes(yaml);
        var box = new byte[AesGcm.NonceByteSizes.MaxSize + text.Length + AesGcm.TagByteSizes.MaxSize];
        var (nonce, sealedText, tag) = Parts(box);
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(_key, tag.Length);
        aes.Encrypt(nonce.Span, text, sealedText.Span, tag.Span, Bound(place));
        return Convert.ToBase64String(box);
    }

    /// <returns><c>null</c> when it was sealed with another key or for another place.</returns>
    public string? Open(string box, (string Cluster, string User) place)
    {
        var (nonce, sealedText, tag) = Parts(Convert.FromBase64String(box));
        var text = new byte[sealedText.Length];
        using var aes = new AesGcm(_key, tag.Length);
        try
        {
            aes.Decrypt(nonce.Span, sealedText.Span, tag.Span, text, Bound(place));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static (Memory<byte> Nonce, Memory<byte> Text, Memory<byte> Tag) Parts(Memory<byte> box)
    {
        var (nonce, tag) = (AesGcm.NonceByteSizes.MaxSize, box.Length - AesGcm.TagByteSizes.MaxSize);
        return (box[..nonce], box[nonce..tag], box[tag..]);
    }

    private static byte[] Bound((string Cluster, string User) place) =>
        JsonSerializer.SerializeToUtf8Bytes((string[])[place.Cluster, place.User]);
}
