using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Maas.Http;

/// <summary>The certificate of a region is refused; the message says why, and what to do.</summary>
internal sealed class CertificateRefusal(string message) : AuthenticationException(message)
{
    private const int MostNames = 5;
    private const X509ChainStatusFlags Unknown = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>The validation of a handshake: refuses with what is wrong instead of with a flag.</summary>
    /// <exception cref="CertificateRefusal">The certificate is not valid for the host.</exception>
    public static RemoteCertificateValidationCallback Validation(string host, TimeProvider time) =>
        (_, certificate, chain, errors) =>
            errors is SslPolicyErrors.None
                ? true
                : throw new CertificateRefusal(Describe(host, certificate, chain, errors, time));

    private static string Describe(
        string host,
        X509Certificate? shown,
        X509Chain? chain,
        SslPolicyErrors errors,
        TimeProvider time
    )
    {
        if (shown is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return $"{host} shows no certificate.";
        }

        using var certificate = new X509Certificate2(shown);
        var problems = new List<string>();
        var now = time.GetUtcNow();
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            problems.Add($"it expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}: renew it in MAAS");
        }
        else if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            problems.Add(
                $"it is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC on, and the clock here shows "
                    + $"{now.UtcDateTime:yyyy-MM-dd HH:mm}: check the clock"
            );
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            problems.Add(
                NamesOf(certificate) is { Count: > 0 } names
                    ? $"it is for {string.Join(", ", names)} and not for {host}: use an address that it names"
                    : $"it names no host: use one that is for {host}"
            );
        }

        var status = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if ((status & Unknown) is not X509ChainStatusFlags.NoError)
        {
            problems.Insert(
                0,
                $"nobody here knows the authority that signed it ({Issuer(certificate)}): add the CA to the account"
            );
        }
        else if (problems.Count is 0)
        {
            problems.Add($"its chain is not valid ({status})");
        }

        return $"The certificate of {host} is not trusted: {string.Join("; ", problems)}.";
    }

    private static string Issuer(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
            ? "itself"
            : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true);

    private static List<string> NamesOf(X509Certificate2 certificate) =>
        [
            .. certificate
                .Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(names =>
                    names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()))
                )
                .Take(MostNames),
        ];
}
