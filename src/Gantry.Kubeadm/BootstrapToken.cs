using System.Security.Cryptography;
using System.Text;

namespace Gantry.Kubeadm;

/// <summary>
/// Bootstrap tokens of a cluster, one for each machine, derived from the cluster's token key: the same machine always
/// gets the same token, so the one in its document can be made to work whenever its turn comes.
/// </summary>
internal static class BootstrapToken
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>kubeadm's form: six characters, a dot, sixteen characters.</summary>
    public static string For(byte[] key, string intent)
    {
        var text = new StringBuilder(23);
        for (byte round = 0; text.Length < 23; round++)
        {
            foreach (var value in HMACSHA256.HashData(key, (byte[])[round, .. Encoding.UTF8.GetBytes(intent)]))
            {
                // 252 is the largest multiple of 36 in a byte; the rest would favour some letters.
                if (value < 252 && text.Length < 23)
                {
                    text.Append(text.Length is 6 ? '.' : Letters[value % 36]);
                }
            }
        }

        return text.ToString();
    }
}
