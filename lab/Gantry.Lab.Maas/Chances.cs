using System.Security.Cryptography;
using System.Text;

namespace Gantry.Lab.Maas;

/// <summary>Order-independent random numbers: the same arguments give the same number in every run.</summary>
public static class Chances
{
    /// <returns>At least 0, below 1.</returns>
    public static double Of(int seed, string subject, params ReadOnlySpan<int> occasion)
    {
        var question = new StringBuilder().Append(seed).Append('/').Append(subject);
        foreach (var part in occasion)
        {
            question.Append('/').Append(part);
        }

        return BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(question.ToString()))) / (uint.MaxValue + 1.0);
    }
}
