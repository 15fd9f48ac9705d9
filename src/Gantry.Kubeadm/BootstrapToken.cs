using System.Security.Cryptography;
using System.Text;

namespace Gantry.Kubeadm;

/// <summary>
/// The bootstrap token of a machine, derived from the cluster's token key and the machine's intent. The same machine always
/// gets the same token, so the engine can create the token long after the machine got its document.
/// </summary>
internal static class BootstrapToken
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>The token as kubeadm writes it: six characters, a dot, sixteen characters.</summary>
    public static string For(byte[] key, string intent)
    {
        var text = new StringBuilder(23);
        for (byte round = 0; text.Length < 23; round++)
        {
            foreach (var value in HMACSHA256.HashData(key, (byte[])[round, .. Encoding.UTF8.GetBytes(intent)]))
            {
                // 252 is the largest multiple of 36 in a byte. Larger values would make some characters more likely.
                if (value < 252 && text.Length < 23)
                {
                    text.Append(text.Length is 6 ? '.' : Alphabet[value % 36]);
                }
            }
        }

        return text.ToString();
    }
}
