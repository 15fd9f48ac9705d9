namespace Gantry.Api;

public sealed record CertificateView(string Name, DateTimeOffset Expiry);

/// <param name="Expiry">Of the authority itself; absent: its gateway does not tell.</param>
public sealed record CertificateAuthorityView(string Name, DateTimeOffset? Expiry, IReadOnlyList<CertificateView> Certificates);

/// <param name="Name">Host name.</param>
public sealed record MachineCertificateView(string Name, IReadOnlyList<CertificateAuthorityView> CertificateAuthorities);

public sealed record CertificatesAnswer(IReadOnlyList<MachineCertificateView> MachineCertificates);
