using System.Security.Cryptography;
using System.Text;

namespace Gantry.Clusters.Planning;

/// <summary>Short digests for comparison: sixteen hex digits of a SHA-256.</summary>
internal static class Digest
{
    public static string Of(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))))[..16];
}
