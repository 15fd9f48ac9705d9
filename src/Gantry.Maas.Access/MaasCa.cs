using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Maas;

/// <summary>
/// The certificates to trust beside the system's for a region whose HTTPS certificate a private CA signed. Holds at least one
/// certificate and no private key.
/// </summary>
public sealed record MaasCa
{
    /// <summary>
    /// Characters of the text. A bundle of all public authorities is twice as long; a private CA is two certificates.
    /// </summary>
    public const int LongestText = 100_000;

    private const string Form = "give a PEM file that begins with -----BEGIN CERTIFICATE-----";

    private MaasCa(string pem) => Pem = pem;

    /// <summary>The certificates alone, in the order given: two texts with the same certificates give the same PEM.</summary>
    public string Pem { get; }

    /// <exception cref="FormatException">
    /// The text holds no certificate, or a private key. The message repeats nothing of it.
    /// </exception>
    public static MaasCa Parse(string text) =>
        ProblemOf(text, out var certificates) is { } problem ? throw new FormatException(problem) : certificates!;

    /// <summary>As <see cref="Parse"/>, for a caller that collects problems.</summary>
    /// <param name="text">A PEM file's content.</param>
    /// <param name="certificates">The certificates, when there is no problem.</param>
    /// <param name="problem">What is wrong and what to give; nothing of the text, which can be a private key.</param>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out MaasCa? certificates,
        [NotNullWhen(false)] out string? problem
    )
    {
        problem = ProblemOf(text, out certificates);
        return problem is null;
    }

    /// <inheritdoc/>
    public override string ToString() => "CA certificates of a MAAS region";

    private static string? ProblemOf(string? text, out MaasCa? certificates)
    {
        certificates = null;
        if (text is null || text.Length > LongestText)
        {
            return $"The CA of a MAAS region is missing or longer than {LongestText} characters: {Form}.";
        }

        if (text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return $"The CA of a MAAS region is certificates only, and this file holds a private key: {Form}.";
        }

        var read = new X509Certificate2Collection();
        try
        {
            read.ImportFromPem(text);
            if (read.Count is 0)
            {
                return $"The CA of a MAAS region holds no certificate: {Form}.";
            }

            certificates = new MaasCa(string.Concat(read.Select(one => one.ExportCertificatePem() + "\n")));
            return null;
        }
        catch (CryptographicException)
        {
            return $"The CA of a MAAS region cannot be read as certificates: {Form}.";
        }
        finally
        {
            foreach (var certificate in read)
            {
                certificate.Dispose();
            }
        }
    }
}
