namespace Gantry.Api;

public sealed record CertificateView(string Name, DateTimeOffset Expiry);

/// <param name="Expiry">Expiry of the certificate of the authority itself; absent when the gateway does not report it.</param>
public sealed record CertificateAuthorityView(string Name, DateTimeOffset? Expiry, IReadOnlyList<CertificateView> Certificates);

/// <param name="Name">Host name.</param>
public sealed record MachineCertificateView(string Name, IReadOnlyList<CertificateAuthorityView> CertificateAuthorities);

public sealed record CertificatesAnswer(IReadOnlyList<MachineCertificateView> MachineCertificates);
