using System.Text;

namespace Gantry.Lab.Maas.Machines;

/// <summary>User-data as MAAS stores and serves it.</summary>
internal static class UserData
{
    /// <summary>
    /// Valid base64 is decoded once; any other text is served unchanged, so that broken base64 reaches cloud-init as garbage.
    /// </summary>
    public static byte[] Served(string? stored)
    {
        if (string.IsNullOrEmpty(stored))
        {
            return [];
        }

        var packed = string.Concat(stored.Where(letter => !char.IsWhiteSpace(letter)));
        var decoded = new byte[(packed.Length / 4 * 3) + 3];
        return
            packed.Length > 0
            && Convert.TryFromBase64String(packed, decoded, out var length)
            && Convert.ToBase64String(decoded, 0, length) == packed
            ? decoded[..length]
            : Encoding.UTF8.GetBytes(stored);
    }
}
